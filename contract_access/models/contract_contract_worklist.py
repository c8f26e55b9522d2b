# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Contracts found by what is owed to them: for worklists and calendars."""

import operator as comparisons

from odoo import api, fields, models

from ..rules import LIVING
from .contract_dunning import DECISIVE

COMPARISONS = {
    "<": comparisons.lt,
    "<=": comparisons.le,
    ">": comparisons.gt,
    ">=": comparisons.ge,
    "in": lambda found, values: found in values,
}


class ContractContract(models.Model):
    _inherit = "contract.contract"

    overdue_days = fields.Integer(search="_search_overdue_days")
    next_step_on = fields.Date(search="_search_next_step_on")
    suspended_until = fields.Date(
        compute="_compute_suspended_until",
        search="_search_suspended_until",
        groups="base.group_user",
        help="The last day of the suspension that runs.",
    )

    @api.depends("is_suspended", "suspension_ids.date_end")
    def _compute_suspended_until(self):
        # sudo: that a contract rests is no secret of the front desk's
        for contract in self.sudo():
            is_suspended = contract.is_suspended
            contract.suspended_until = is_suspended and contract.suspension_id.date_end

    @api.model
    def _search_suspended_until(self, operator, value):
        # Odoo asks for it where it reads the field, and not before it searches here
        self._check_field_access(self._fields["suspended_until"], "read")
        if operator not in COMPARISONS:
            return NotImplemented
        is_asked_for_none = operator == "in" and False in value
        # sudo: likewise
        found = self.sudo().search(
            [
                ("is_suspended", "=", True),
                ("company_id", "in", self.env.companies.ids),
            ]
        )
        return self._found_by(
            {contract.id: contract.suspended_until for contract in found},
            operator,
            value,
            is_asked_for_none,
        )

    @api.model
    def _search_overdue_days(self, operator, value):
        if operator not in COMPARISONS:
            return NotImplemented
        days = {id_: debt.days for id_, debt in self._all_debts().items()}
        # who owes nothing has 0 days
        return self._found_by(days, operator, value, COMPARISONS[operator](0, value))

    @api.model
    def _search_next_step_on(self, operator, value):
        if operator not in COMPARISONS:
            return NotImplemented
        if operator != "in":
            value = fields.Date.to_date(value)
        is_asked_for_none = operator == "in" and False in value
        return self._found_by(
            self._all_next_steps(), operator, value, is_asked_for_none
        )

    @api.model
    def _found_by(self, values, operator, value, others):
        """A domain for what was computed for all contracts that have something.

        :param values: by contract's id
        :param others: whether those that are not in it are asked for, too
        """
        compare = COMPARISONS[operator]
        matching = {id_ for id_, found in values.items() if compare(found, value)}
        if others:
            return [("id", "not in", list(values.keys() - matching))]
        return [("id", "in", list(matching))]

    @api.model
    def _all_debts(self):
        """What is overdue of all contracts of the user's companies.

        :return: :class:`..rules.Debt` by contract's id
        """
        # sudo: the numbers, not the invoices; whoever searches finds contracts of
        # their own only
        dunning = self.env["contract.dunning"].sudo()
        companies = self.env.companies.sudo()
        return dunning._debts_in(companies._dunning_rules_by_company())

    @api.model
    def _all_next_steps(self):
        """The day of dunning's next step, by contract's id, where one comes."""
        rules = self.env.companies.sudo()._dunning_rules_by_company()  # sudo: see above
        debts = self._all_debts()
        # sudo: likewise
        contracts = self.sudo().search(
            [
                ("id", "in", list(debts)),
                ("contract_status", "in", list({status for status, _ in LIVING})),
            ]
        )
        contracts.fetch(DECISIVE)
        contracts.partner_id.commercial_partner_id.fetch(["is_company"])
        steps = {}
        for contract in contracts:
            _name, day = contract._next_step(
                debts[contract.id], rules[contract.company_id.sudo()]
            )
            if day:
                steps[contract.id] = day
        return steps
