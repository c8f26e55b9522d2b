# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The days of service that an invoice line is for."""

from dataclasses import replace

from odoo import fields, models

from ..charges import Charge
from ..suspension import DAY


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    # written where the invoice is made, by whoever may make one; a credit note has the
    # days of its invoice
    service_start = fields.Date(
        string="Service from",
        readonly=True,
        help="The first day of the service that the line is for.",
    )
    service_end = fields.Date(
        string="Service until",
        readonly=True,
        help="The last day of the service that the line is for.",
    )

    # a period's price, what part of it was not charged for them, of what kind of
    # period, and how many changes of the price there had been
    service_price = fields.Float(readonly=True)
    service_rebate = fields.Float(readonly=True)
    service_recurrence = fields.Char(readonly=True)
    price_change_count = fields.Integer(readonly=True)
    # of a row for no days, which makes up for a price: by how much
    price_difference = fields.Monetary(readonly=True)

    # what is open of 20,000 contracts' invoices is few of them; without it all of them
    # are read, several times a day
    _open_due_date_idx = models.Index(
        "(date_maturity) WHERE amount_residual > 0 AND reconciled IS NOT TRUE"
        " AND parent_state = 'posted'"
    )

    def _service_period(self):
        """First and last day of the service that the line is for.

        What was invoiced before these days were kept is known for the last invoice of
        a contract line only.

        :return: a pair of dates, or None
        """
        self.ensure_one()
        if self.service_start and self.service_end:
            return self.service_start, self.service_end
        line = self.contract_line_id
        end = line.last_date_invoiced
        if not end or self != self._last_of_contract_line():
            return None
        period = line.get_relative_delta(
            line.recurring_rule_type, line.recurring_interval
        )
        return max(end + DAY - period, line.date_start), end

    def _charge_sign(self):
        return -1 if self.move_id.move_type == "out_refund" else 1

    def _charge(self):
        """Its days of service, as :class:`..charges.Charge`; None where it has none."""
        period = None if self.price_difference else self._service_period()
        if not period:
            return None
        charge = Charge(
            self,
            *period,
            share=1 - self.service_rebate,
            changes=self.price_change_count,
            recurrence=self.service_recurrence or "",
            # of what was invoiced before it was kept, it is not known
            price=self.service_price or None,
        )
        return charge if self._charge_sign() > 0 else self._given_back(charge)

    def _given_back(self, charge):
        """What of a charge a credit note gives back: all of its days, or nothing.

        What an accountant credits out of goodwill leaves them sold.
        """
        sold = self.move_id.reversed_entry_id.invoice_line_ids.filtered(
            lambda row: (
                row.contract_line_id == self.contract_line_id
                and not row.price_difference
            )
        )[:1]
        whole = sold and sold._charge()
        if not whole:
            return None
        part = charge.days / whole.days
        amount = sold.price_subtotal * part
        if abs(self.price_subtotal - amount) > 2 * self.currency_id.rounding:
            return None
        return replace(charge, share=-whole.share * part)

    def _is_credited(self):
        """Whether a credit note gives back days of the line on this invoice.

        Notes that were made before days were kept do not say what they are for.
        """
        rows = self.move_id._credit_notes().invoice_line_ids
        return any(
            not row.service_start or row._charge()
            for row in rows
            if row.contract_line_id == self.contract_line_id
            and not row.price_difference
        )

    def _values_taken_off(self):
        """The values of a row that takes this one off another credit note."""
        return {
            "name": self.name,
            "product_id": self.product_id.id,
            "product_uom_id": self.product_uom_id.id,
            "account_id": self.account_id.id,
            "analytic_distribution": self.analytic_distribution,
            "quantity": -self.quantity,
            "price_unit": self.price_unit,
            "discount": self.discount,
            "tax_ids": self.tax_ids.ids,
        }

    def _is_let_go(self):
        """Whether a credit note gives back a difference, and no day."""
        note = self.move_id
        return (
            self.price_difference
            and note.move_type == "out_refund"
            and note.reversed_entry_id
            and not note.is_replaced
            and not any(row._charge() for row in note.invoice_line_ids)
        )

    def _last_of_contract_line(self):
        return self.contract_line_id._invoice_lines(
            ("move_id.move_type", "=", "out_invoice"),
            ("move_id.reversed_entry_id", "=", False),
            # for 0, Odoo looks for what is written as 0 only, which none is
            ("price_difference", "=", False),
            order="date desc, id desc",
            limit=1,
        )
