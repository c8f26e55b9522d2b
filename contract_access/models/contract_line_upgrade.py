# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A line that gets another product: its price holds from that day, not from the next
invoice, nor from the last one."""

from odoo import fields, models
from odoo.tools import format_date

from ..charges import PriceChange
from ..remote import check_values

#: what the price of a period is made of
PRICE = frozenset(("price_unit", "quantity", "discount"))


class ContractLine(models.Model):
    _inherit = "contract.line"

    # in their order: the day, and the price of a period before it and from it on
    price_changes = fields.Json(copy=False, readonly=True)

    def write(self, vals):
        check_values(self.env, vals)
        if "product_id" not in vals:
            result = super().write(vals)
            if not PRICE.isdisjoint(vals):
                self._correct_price_changes()
            return result
        before = [
            (line, line.product_id, line._price_of_period(), line._recurrence())
            for line in self
        ]
        result = super().write(vals)
        for line, product, price, recurrence in before:
            # where the periods are others, too, they begin with the next invoice
            if (
                product
                and line.product_id
                and line.product_id != product
                and line._recurrence() == recurrence
            ):
                line._keep_price_change(price)
        return result

    def _price_of_period(self):
        return self.price_unit * self.quantity * (1 - self.discount / 100)

    def _recurrence(self):
        """The kind of the line's periods; prices of different kinds do not compare."""
        return f"{self.recurring_interval} {self.recurring_rule_type}"

    def _keep_price_change(self, former):
        """Have the days from today on cost what they cost now, and those before not.

        :param former: the price of a period until now
        """
        contract, price = self.contract_id, self._price_of_period()
        today = contract._today()
        if (
            self.currency_id.is_zero(price - former)
            or contract.contract_type != "sale"
            or contract.contract_status != "active"
            or (self.date_end and self.date_end < today)
        ):
            return
        self._keep_days_of_last_invoice()
        day = max(today, self.date_start)
        change = {
            "day": str(day),
            "former": former,
            "new": price,
            "recurrence": self._recurrence(),
        }
        # sudo: what has happened to a line is no field for people to write
        self.sudo().write(
            {
                "price_changes": [*(self.price_changes or []), change],
                "has_open_difference": True,
            }
        )
        self._tell_of_price_change(day)

    def _correct_price_changes(self):
        """Whoever corrects a price on the day of its change has never meant another."""
        for line in self.filtered("price_changes"):
            *earlier, last = line.price_changes
            is_of_today = last["day"] >= str(line.contract_id._today())
            if is_of_today and last.get("recurrence") == line._recurrence():
                changes = len(line.price_changes)
                if line._invoice_lines(("price_change_count", ">=", changes), limit=1):
                    # what an invoice has counted was a price
                    line._keep_price_change(last["new"])
                    continue
                last = {**last, "new": line._price_of_period()}
                # sudo: see _keep_price_change
                line.sudo().price_changes = [*earlier, last]
                line._tell_of_price_change(fields.Date.to_date(last["day"]))

    def _keep_days_of_last_invoice(self):
        """Of what was invoiced before days were kept, they are known until the next."""
        for row in self._invoice_lines(("service_start", "=", False)):
            if not row.price_difference and (period := row._service_period()):
                row.service_start, row.service_end = period

    def _tell_of_price_change(self, day):
        first = self._first_day_to_invoice()
        amount = self._open_differences().get(self)
        if amount:
            text = self.env._(
                "“%(line)s” since %(day)s: the next invoice makes up for the "
                "difference of %(amount)s.",
                line=self.product_id.display_name,
                day=format_date(self.env, day),
                amount=self.currency_id.format(amount),
            )
        elif first and first < day:
            text = self.env._(
                "“%(line)s” since %(day)s: the days before are invoiced at the former "
                "price.",
                line=self.product_id.display_name,
                day=format_date(self.env, day),
            )
        else:
            return
        self.contract_id.message_post(body=text)

    def _price_changes(self):
        """The line's changes of price, as :class:`..charges.PriceChange`."""
        return [
            PriceChange(**{**change, "day": fields.Date.to_date(change["day"])})
            for change in self.price_changes or ()
        ]
