# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is invoiced of the time that the access was blocked."""

from odoo import models

from ..rules import BLOCKED, ENDED, TRANSITIONS


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def _move(self, name, cause, reason=None, **values):
        blocked_on = {contract: contract.blocked_on for contract in self}
        result = super()._move(name, cause, reason, **values)
        target = TRANSITIONS[name].target
        if target in BLOCKED:
            return result
        for contract in self.filtered(blocked_on.get):
            if contract.company_id.contract_bill_blocked:
                continue
            # sudo: whoever releases it, or nobody, without rights on what is billed
            lines = contract.sudo().contract_line_ids
            lines._leave_out_block(blocked_on[contract], target in ENDED)
        return result


class ContractLine(models.Model):
    _inherit = "contract.line"

    def _can_be_invoiced(self, date_ref):
        return super()._can_be_invoiced(date_ref) and not self._is_next_in_block()

    def _is_next_in_block(self):
        """Whether the next period to invoice began under the block that is in force.

        Whether all of it lies in the block is known when that ends.
        """
        contract = self.contract_id
        start = self.next_period_date_start
        return bool(
            contract.blocked_on
            and start
            and start >= contract.blocked_on
            and not contract.company_id.contract_bill_blocked
        )

    def _leave_out_block(self, blocked_on, has_ended):
        """Periods that lie wholly in a block are never invoiced.

        :param blocked_on: the first day of the block, which ends today
        :param has_ended: the contract ends with it: what is left of a period is not
            used either
        """
        for line in self.filtered(
            lambda line: not line.is_canceled and not line.display_type
        ):
            today = line.contract_id._today()
            first = last = None
            while (
                line.recurring_next_date
                and line.next_period_date_start
                and blocked_on <= line.next_period_date_start <= today
                and (has_ended or line.next_period_date_end < today)
            ):
                first = first or line.next_period_date_start
                last = line.next_period_date_end
                if has_ended:
                    last = min(last, today)
                line._count_as_invoiced(last)
            if first:
                line._say_in_contract(
                    line.env._(
                        "“%(line)s”: from %(start)s to %(end)s the access was blocked. "
                        "These days are not invoiced."
                    ),
                    start=first,
                    end=last,
                )
