# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What was charged for a line's days and what they cost: the difference is invoiced.

It is found anew from the invoices each time. So what was cancelled, credited, left out
or moved by a suspension needs no care of its own.
"""

import logging
from collections import defaultdict
from itertools import zip_longest
from math import inf

from odoo import Command, api, fields, models
from odoo.tools import float_round, format_date

from ..charges import Charge, difference
from ..suspension import DAY
from ..transaction import log_error, together_or_one_by_one

_logger = logging.getLogger(__name__)

SOLD = ("out_invoice", "out_refund")


def base_of(row):
    """What a row of an invoice, given as its values, comes to before taxes."""
    return row["price_unit"] * row["quantity"] * (1 - row.get("discount", 0) / 100)


class ContractLine(models.Model):
    _inherit = "contract.line"

    # a difference that no invoice has made up for yet
    has_open_difference = fields.Boolean(copy=False, readonly=True)

    def _chain(self):
        """The line with those that suspensions have made of it, in their order."""
        self.ensure_one()
        chain = self
        while (former := chain[0]._cut_by_suspension()) and former not in chain:
            chain = former + chain
        while (resumed := chain[-1]._resumed()) and resumed not in chain:
            chain += resumed
        return chain

    def _cut_by_suspension(self):
        """The line that goes on with this one after a suspension, if any."""
        former = self.predecessor_contract_line_id
        suspension = self.resumed_after_id
        is_cut = suspension and former.suspended_by_id == suspension
        return former if is_cut else self.browse()

    def _resumed(self):
        """The line that this one goes on with after a suspension, if any."""
        if not self.suspended_by_id:
            return self.browse()
        # a line that was cancelled is no successor any more
        return self.contract_id.contract_line_ids.filtered(
            lambda line: (
                line.predecessor_contract_line_id == self
                and line.resumed_after_id == self.suspended_by_id
            )
        )[:1]

    def _charge_for(self, row):
        """The days that an invoice line is about to be made for.

        :param row: its values; what it is charged for is added, to be known later
        :return: a :class:`..charges.Charge`
        """
        price, changes = self._price_of_period(), len(self.price_changes or ())
        share = base_of(row) / price if price else 1
        recurrence = self._recurrence()
        row |= {
            "service_price": price,
            "service_rebate": 1 - share,
            "service_recurrence": recurrence,
            "price_change_count": changes,
        }
        return Charge(
            None,
            row["service_start"],
            row["service_end"],
            share,
            changes,
            recurrence,
            price or None,
        )

    def _days_of_use(self, charges):
        """What was charged, by the lines and days that it is used on.

        :param self: a chain
        :param charges: a list of :class:`..charges.Charge` by line
        :return: pairs of a line and a charge
        """
        moved = []
        for line, resumed in zip_longest(self, self[1:], fillvalue=self.browse()):
            here = [*moved, *charges.get(line, ())]
            if resumed:
                # sudo: an accountant may not read the history of suspensions
                cut = resumed.sudo().resumed_after_id.date_start - DAY
                delay = resumed.date_start - cut - DAY
                rest = [charge.after(cut) for charge in here]
                moved = [charge.delayed(delay) for charge in rest if charge]
                here = [charge.until(cut) for charge in here]
            yield from ((line, charge) for charge in here if charge)

    def _charges(self):
        """What was charged for the lines, and what was made up for.

        :return: a list of :class:`..charges.Charge` by line; an amount by line
        """
        charges, made_up_for = defaultdict(list), defaultdict(float)
        for row in self._invoice_lines(("move_id.move_type", "in", SOLD)):
            if row._is_let_go() or row.move_id._is_undone():
                continue
            if row.price_difference:
                made_up_for[row.contract_line_id] += row._charge_sign() * (
                    row.price_difference
                )
            elif charge := row._charge():
                charges[row.contract_line_id].append(charge)
        return charges, made_up_for

    def _open_differences(self, about_to_be_charged=None):
        """What is still to be charged, or given back, as prices have changed.

        :param about_to_be_charged: a list of :class:`..charges.Charge` by line
        :return: the amount by line, where there is one; of a chain, one line has it
        """
        chains = {line: line._chain() for line in self}
        chains = {
            line: chain
            for line, chain in chains.items()
            if any(chain.mapped("price_changes"))
        }
        charges, made_up_for = self.browse().union(*chains.values())._charges()
        for line, more in (about_to_be_charged or {}).items():
            charges[line] += more
        open_, seen = {}, set()
        for line, chain in chains.items():
            if line.id in seen:
                continue
            seen.update(chain.ids)
            amount = sum(
                difference(charge, used._price_changes())
                for used, charge in chain._days_of_use(charges)
            ) - sum(made_up_for[one] for one in chain)
            if amount := line.currency_id.round(amount):
                open_[line] = amount
        return open_

    @api.model
    def _difference_commands(self, amounts, rows=None, sign=1):
        """Rows that make up for differences; none takes its document below zero.

        :param amounts: by line
        :param rows: what else is on it, as dicts: so much may be taken off, of what
            has the same taxes; None where nothing limits it
        :param sign: -1 on a credit note
        """
        commands, room = [], defaultdict(lambda: inf if rows is None else 0.0)
        digits = self.env["decimal.precision"].precision_get("Product Unit")
        for row in rows or ():
            quantity = float_round(row["quantity"], precision_digits=digits)
            taxes = self._taxes_of(row["product_id"])
            room[taxes] += base_of({**row, "quantity": quantity})
        for line, amount in sorted(amounts.items(), key=lambda item: -sign * item[1]):
            taxes = self._taxes_of(line.product_id.id)
            part = line.currency_id.round(max(sign * amount, -max(room[taxes], 0)))
            room[taxes] += part
            if part:
                commands.append(Command.create(line._difference_values(part)))
            is_open = not line.currency_id.is_zero(sign * amount - part)
            if line.has_open_difference != is_open:
                # sudo: whoever makes the invoice, without rights on what is sold
                line.sudo().has_open_difference = is_open
        return commands

    def _taxes_of(self, product_id):
        # sudo: whoever sells may not read taxes
        return self.env["product.product"].browse(product_id).sudo().taxes_id

    def _difference_values(self, amount):
        customer = self.with_context(lang=self.contract_id.partner_id.lang)
        days = [change.day for one in self._chain() for change in one._price_changes()]
        return {
            "contract_line_id": self.id,
            "product_id": self.product_id.id,
            "product_uom_id": self.uom_id.id,
            "analytic_distribution": self.analytic_distribution,
            "sequence": self.sequence,
            "quantity": 1,
            "price_unit": amount,
            "price_difference": amount,
            "name": customer.env._(
                "%(product)s: difference since %(day)s",
                product=customer.product_id.display_name,
                day=format_date(customer.env, max(days)),
            ),
        }

    @api.model
    def _settle_differences(self):
        """Draft what is open where no invoice comes any more.

        An invoice or a credit note for each contract; accounting checks and posts them.
        """
        lines = self.with_context(active_test=False).search(
            [("has_open_difference", "=", True)]
        )
        lines = lines.filtered(lambda line: not line._will_be_invoiced())
        together_or_one_by_one(
            lines.contract_id, lines._draft_differences, self._cannot_settle
        )

    def _will_be_invoiced(self):
        return self.contract_id.active and any(
            not line.is_canceled
            and line._was_served()
            and (line.next_period_date_start or line.is_auto_renew)
            for line in self._chain()
        )

    def _draft_differences(self, contracts):
        for contract in contracts:
            lines = self.filtered(lambda line, one=contract: line.contract_id == one)
            amounts = lines._open_differences()
            lines.has_open_difference = False
            total = sum(amounts.values())
            if contract.currency_id.is_zero(total):
                continue
            sign = 1 if total > 0 else -1
            draft = self.env["account.move"].create(
                {
                    **contract._prepare_invoice(contract._today()),
                    "move_type": "out_invoice" if sign > 0 else "out_refund",
                    "invoice_line_ids": lines._difference_commands(amounts, sign=sign),
                }
            )
            contract._have_accounting_check(
                draft,
                lambda contract: contract.env._(
                    "A price of the contract “%s” has changed within a period that was "
                    "invoiced, and no further invoice makes up for it.",
                    contract.display_name,
                ),
            )

    @api.model
    def _cannot_settle(self, contract, error):
        log_error(_logger, error, "The differences of %s cannot be drafted", contract)
