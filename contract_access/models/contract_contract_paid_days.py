# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A contract that ends before the days that were invoiced in advance."""

from datetime import timedelta

from odoo import models
from odoo.tools import format_date

#: what the wizard says of these days, in the context: the access goes on, or they are
#: credited
PAID_AHEAD = "contract_paid_ahead"


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def _paid_until(self, day):
        """The last day that was invoiced in advance, if that is after a day."""
        lines = self.contract_line_ids._paid_beyond(day)
        return max(lines.mapped("last_date_invoiced"), default=False)

    def _keep_access_while_paid(self, day):
        """What is terminated for a day may be used until the paid period ends.

        :param day: the day that the contract was terminated for
        """
        paid_until = self._paid_until(day)
        if (
            self.env.context.get(PAID_AHEAD) == "use"
            and self.contract_status in ("active", "pre_contract")
            and paid_until
            and paid_until > self._today()
        ):
            self.terminate_date = paid_until

    def _credit_unused_days(self, day):
        """Draft credit notes for what was invoiced in advance beyond the last day.

        By days, of each invoice line's period. Accounting checks and posts them.

        :param day: the last day of the service
        """
        if self.env.context.get(PAID_AHEAD) != "credit":
            return
        # sudo: the front desk ends the service without rights in accounting; nothing is
        # posted
        lines = self.sudo().contract_line_ids._paid_beyond(day)
        sold = lines._invoice_lines(("move_id.move_type", "=", "out_invoice")).filtered(
            lambda row: (
                (row._service_period() or (day, day))[1] > day
                and not row._is_credited()
            )
        )
        notes = sold.browse().move_id
        for invoice, rows in sold.grouped("move_id").items():
            notes += self._credit_note(invoice, rows, day)
        lines._remember_before_termination(notes)
        for line in lines:
            line.last_date_invoiced = day if day >= line.date_start else False

    def _credit_note(self, invoice, sold, day):
        """A draft credit note for the rest of an invoice's lines after a day."""
        customer = invoice.with_context(lang=invoice.partner_id.lang)
        note = customer._reverse_moves(
            [{"invoice_date": self._today(), "date": self._today()}]
        )
        of_line = {row.contract_line_id: row for row in sold}
        credited = note.invoice_line_ids.filtered("contract_line_id").filtered(
            lambda row: row.contract_line_id in of_line
        )
        (note.invoice_line_ids - credited).unlink()
        for row in credited:
            start, end = of_line[row.contract_line_id]._service_period()
            first = max(start, day + timedelta(days=1))
            days = (end - first).days + 1
            row.write(
                {
                    "quantity": 1,
                    "price_unit": row.price_unit
                    * row.quantity
                    * days
                    / ((end - start).days + 1),
                    "service_start": first,
                    "service_end": end,
                    "name": customer.env._(
                        "%(product)s: not used from %(start)s to %(end)s",
                        product=row.product_id.display_name or row.name,
                        start=format_date(customer.env, first),
                        end=format_date(customer.env, end),
                    ),
                }
            )
        self._have_accounting_check(
            note,
            lambda contract: contract.env._(
                "The contract “%s” has ended before the days that were invoiced.",
                contract.display_name,
            ),
        )
        return note
