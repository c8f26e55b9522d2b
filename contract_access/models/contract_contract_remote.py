# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The steps of a contract as other programs ask for them: again, and for many."""

from odoo import models

from ..remote import given_date, given_flag, given_text, on_records, result_of_each
from ..rules import OVERDUE, REACHED


class ContractContract(models.Model):
    """A step whose goal is reached already is done: its answer may have been lost.

    The last of the layers of this addon, so that none of the others sees such a call.
    """

    _inherit = "contract.contract"

    @on_records
    def action_activate_contract(self, bill_gap=False):
        bill_gap = given_flag(self.env, "bill_gap", bill_gap)
        return super(
            ContractContract, self._not_yet("activate")
        ).action_activate_contract(bill_gap)

    @on_records
    def action_block(self, reason=None, partial=False):
        """Block the access by hand; a payment does not release it.

        :param reason: why, in a few words; kept with the step in the chatter
        :param partial: one that cannot be blocked does not stop the others
        :return: True; with ``partial``, see :func:`..remote.result_of_each`
        :raises UserError: the contract is not active
        """
        reason = given_text(self.env, "reason", reason)

        def block(contracts):
            return super(ContractContract, contracts._not_yet("block")).action_block(
                reason
            )

        return self._all_or_each(block, partial)

    @on_records
    def action_release(self, partial=False):
        """Release a blocked contract.

        A customer who owes something is trusted for the company's number of days; such
        releases are written down, and counted.

        :param partial: one that cannot be released does not stop the others
        :return: True; with ``partial``, see :func:`..remote.result_of_each`
        :raises UserError: the contract has ended, or was released in trust too often
        :raises AccessError: releasing is for managers, by the company's setting
        """

        def release(contracts):
            return super(
                ContractContract, contracts._not_yet("release")
            ).action_release()

        return self._all_or_each(release, partial)

    @on_records
    def action_blacklist(self, reason=None):
        reason = given_text(self.env, "reason", reason)
        return super(ContractContract, self._not_yet("blacklist")).action_blacklist(
            reason
        )

    @on_records
    def action_withdraw(self, reason=None, credit_invoices=False):
        reason = given_text(self.env, "reason", reason)
        credit_invoices = given_flag(self.env, "credit_invoices", credit_invoices)
        return super(ContractContract, self._not_yet("withdraw")).action_withdraw(
            reason, credit_invoices
        )

    @on_records
    def action_reactivate(self, bill_gap=False):
        bill_gap = given_flag(self.env, "bill_gap", bill_gap)
        return super(ContractContract, self._not_yet("reactivate")).action_reactivate(
            bill_gap
        )

    @on_records
    def action_cancel_contract_termination(self, bill_gap=False):
        bill_gap = given_flag(self.env, "bill_gap", bill_gap)
        return super().action_cancel_contract_termination(bill_gap)

    @on_records
    def action_promise(self, day):
        self.check_access("write")
        day = self._promised_day(day)
        left = self.filtered(lambda contract: not contract._has_promised(day))
        return super(ContractContract, left).action_promise(day)

    @on_records
    def action_suspend(self, date_start, date_end):
        self.check_access("write")
        first = given_date(self.env, "date_start", date_start)
        last = given_date(self.env, "date_end", date_end)
        # sudo: the history of suspensions is not for everybody who may write contracts
        left = self.sudo().filtered(
            lambda contract: (
                (contract.suspension_id.date_start, contract.suspension_id.date_end)
                != (first, last)
            )
        )
        return super(ContractContract, left.sudo(self.env.su)).action_suspend(
            first, last
        )

    @on_records
    def action_end_suspension(self):
        self.check_access("write")
        # sudo: likewise
        left = self.sudo().filtered(
            lambda contract: (
                contract.suspension_id
                or contract.suspension_ids[:1].ended_on != contract._today()
            )
        )
        return super(ContractContract, left.sudo(self.env.su)).action_end_suspension()

    def _has_promised(self, day):
        """Whether this contract is trusted because of a promise to pay on a day."""
        # sudo: an operator may not read the history of all releases
        promised = self.sudo().release_ids.filtered(
            lambda release: not release.outcome and release.promised_for == day
        )
        trusted_until = promised.mapped("no_block_until")
        return self._status_pair() == OVERDUE and self.no_block_until in trusted_until

    def _all_or_each(self, step, partial):
        if given_flag(self.env, "partial", partial):
            return result_of_each(self, step)
        return step(self)

    def _not_yet(self, name):
        """Those that are not yet where a step leads.

        :param name: a key of :data:`..rules.REACHED`
        :raises AccessError: these contracts are not for the user to change
        """
        self.check_access("write")
        return self.filtered(
            lambda contract: (
                not contract.active or contract._status_pair() not in REACHED[name]
            )
        )
