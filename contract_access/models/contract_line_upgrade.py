# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A line that gets another product: its price holds from that day, not from the next
invoice, nor from the last one."""

from datetime import timedelta

from odoo import Command, fields, models
from odoo.tools import format_date

from ..remote import check_values


class ContractLine(models.Model):
    _inherit = "contract.line"

    # what the next invoice makes up for, as a list of dicts
    price_adjustments = fields.Json(copy=False, readonly=True)

    def write(self, vals):
        check_values(self.env, vals)
        if "product_id" not in vals:
            return super().write(vals)
        before = [(line, line.product_id, line._price_of_period()) for line in self]
        result = super().write(vals)
        for line, product, price in before:
            if product and line.product_id and line.product_id != product:
                line._make_up_for(price)
        return result

    def _price_of_period(self):
        return self.price_unit * self.quantity * (1 - self.discount / 100)

    def _make_up_for(self, former):
        """Have the next invoice make up for the days that have another price.

        Days before today that it will charge at the new price had the former one; days
        from today that were invoiced at the former one have the new one.

        :param former: the price of a period until now
        """
        today = self.contract_id._today()
        difference = self._price_of_period() - former
        if (
            self.currency_id.is_zero(difference)
            or self.contract_id.contract_type != "sale"
            or self.contract_id.contract_status != "active"
            or self.date_start >= today
            or (self.date_end and self.date_end < today)
        ):
            return
        amount = difference * (
            self._share_invoiced_from(today) - self._share_to_invoice_before(today)
        )
        if self.currency_id.is_zero(amount):
            return
        day, sum_ = format_date(self.env, today), self.currency_id.format(amount)
        # sudo: what is made up for is no field for people to write
        self.sudo().price_adjustments = [
            *(self.price_adjustments or []),
            {"day": str(today), "amount": amount},
        ]
        self.contract_id.message_post(
            body=self.env._(
                "“%(line)s” since %(day)s: the next invoice makes up for the "
                "difference of %(amount)s.",
                line=self.product_id.display_name,
                day=day,
                amount=sum_,
            )
        )

    def _share_invoiced_from(self, day):
        """How many periods were invoiced from a day on."""
        sold = self._invoice_lines(
            ("service_end", ">=", day), ("move_id.move_type", "=", "out_invoice")
        )
        share = 0
        for row in sold:
            start, end = row.service_start, row.service_end
            share += ((end - max(start, day)).days + 1) / ((end - start).days + 1)
        return share

    def _share_to_invoice_before(self, day):
        """How many periods before a day are still to be invoiced."""
        period = self.get_relative_delta(
            self.recurring_rule_type, self.recurring_interval
        )
        start, end, share = self._first_day_to_invoice(), self.next_period_date_end, 0
        while start and end and start < day:
            last = min(end, day - timedelta(days=1))
            share += ((last - start).days + 1) / ((end - start).days + 1)
            start = end + timedelta(days=1)
            end = start + period - timedelta(days=1)
        return share

    def _adjustment_commands(self):
        """The invoice lines that make up for a change of price; it is made up for."""
        customer = self.with_context(lang=self.contract_id.partner_id.lang)
        commands = [
            Command.create(
                {
                    "contract_line_id": self.id,
                    "product_id": self.product_id.id,
                    "product_uom_id": self.uom_id.id,
                    "analytic_distribution": self.analytic_distribution,
                    "sequence": self.sequence,
                    "quantity": 1,
                    "price_unit": adjustment["amount"],
                    "name": customer.env._(
                        "%(product)s: difference since %(day)s",
                        product=customer.product_id.display_name,
                        day=format_date(
                            customer.env, fields.Date.to_date(adjustment["day"])
                        ),
                    ),
                }
            )
            for adjustment in self.price_adjustments or ()
        ]
        if commands:
            # sudo: see _make_up_for
            self.sudo().price_adjustments = False
        return commands
