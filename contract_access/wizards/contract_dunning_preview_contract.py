# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What dunning would do with one contract, and why."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_amount, format_date

from ..remote import on_one_record
from ..rules import NO_DEBT


class ContractDunningPreview(models.TransientModel):
    _inherit = "contract.dunning.preview"

    is_due = fields.Boolean(help="Dunning would do something with it today.")
    why = fields.Text(compute="_compute_why", help="What dunning goes by.")

    @api.model
    def _prepare(self, contract, debt, rules, moves):
        values = super()._prepare(contract, debt, rules, moves)
        return values | {"is_due": contract.id in moves}

    @api.depends("contract_id")
    @api.depends_context("lang")
    def _compute_why(self):
        for preview in self:
            # sudo: the sums and the days, not the invoices
            preview.why = "\n".join(preview._reasons(preview.contract_id.sudo()))

    def _reasons(self, contract):
        if not contract.company_id._dunning_rules():
            yield self.env._("Dunning is switched off for the company.")
        if not contract.overdue_days:
            yield self.env._("Nothing is overdue.")
        else:
            yield self.env._(
                "%(amount)s overdue, for %(days)s.",
                amount=format_amount(
                    self.env, contract.overdue_amount, contract.company_id.currency_id
                ),
                days=contract._days_in_words(contract.overdue_days),
            )
            if contract.noticed_on:
                yield self.env._(
                    "The notice was delivered on %s.",
                    format_date(self.env, contract.noticed_on),
                )
            else:
                yield self.env._("No notice of it has been delivered.")
        if contract.access_explanation:
            yield contract.access_explanation
        if contract.no_block_until and contract.no_block_until >= contract._today():
            yield self.env._(
                "Nothing is taken away before %s.",
                format_date(self.env, contract.no_block_until),
            )
        if not contract.automatic_block:
            yield self.env._("The contract is not blocked automatically.")
        if not contract.automatic_cancellation:
            yield self.env._("The contract is not terminated automatically.")

    @api.model
    def _make_for(self, contract):
        """What the rules in force mean to one contract, overdue or not."""
        rules = contract.company_id.sudo()._dunning_rules()
        found = self._make(contract.company_id, rules, contracts=contract)
        # sudo: what is computed here is not for people to write
        return found or self.sudo().create(
            self._prepare(contract.sudo(), NO_DEBT, rules, {})
        ).sudo(self.env.su)

    @on_one_record
    def action_run(self):
        """Do now what dunning would do with this contract today.

        It is looked at again: nothing is done that is not owed any more.

        :raises UserError: the preview is of rules that are not in force
        """
        self.check_access("read")
        if self.settings_id:
            raise UserError(
                self.env._(
                    "These rules are not saved. Save them, and preview the contract by "
                    "its own form."
                )
            )
        self.contract_id.check_access("read")
        # sudo: it is dunning that moves it, by the company's rules
        self.env["contract.dunning"].sudo()._move_batch(self.contract_id.ids)
        return {"type": "ir.actions.act_window_close"}
