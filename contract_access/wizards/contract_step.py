# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Why a contract is blocked or ends, and what is billed when it goes on."""

from functools import partial

from odoo import api, fields, models

from ..exceptions import RefusedError
from ..remote import on_one_record


class ContractStep(models.TransientModel):
    """Asks what has to be known before a step in a contract's life."""

    _name = "contract.step"
    _description = "Contract Step"
    _inherit = "write.guard.mixin"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    step = fields.Selection(
        selection=[
            ("block", "Block"),
            ("blacklist", "Blacklist"),
            ("withdraw", "Withdraw"),
            ("reactivate", "Reactivate"),
            ("promise", "Promise to pay"),
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Char()
    promised_for = fields.Date(
        string="Will pay on", help="Until that day nothing is taken away."
    )
    bill_gap = fields.Boolean(
        string="Invoice the time without service",
        help="Else the next invoice begins today, with the service.",
    )

    may_still_withdraw = fields.Boolean(compute="_compute_withdrawal")
    withdrawal_notice = fields.Char(
        string="Right of withdrawal", compute="_compute_withdrawal"
    )
    credited_invoices = fields.Char(
        string="Invoiced so far",
        compute="_compute_withdrawal",
        help="The contract's invoices that have no credit note yet.",
    )
    credit_invoices = fields.Boolean(
        string="Credit what was invoiced",
        compute="_compute_credit_invoices",
        store=True,
        readonly=False,
        help="Draft credit notes are made, which accounting checks and posts.",
    )

    @api.depends("contract_id")
    def _compute_withdrawal(self):
        for step in self:
            contract = step.contract_id
            step.may_still_withdraw = contract and contract._may_still_withdraw()
            step.withdrawal_notice = contract and contract._explain_withdrawal()
            step.credited_invoices = contract and ", ".join(
                # sudo: their numbers; an operator may not read invoices
                contract._invoices_to_credit().sudo().mapped("name")
            )

    @api.depends("step", "contract_id")
    def _compute_credit_invoices(self):
        for step in self:
            step.credit_invoices = (
                step.step == "withdraw"
                and step.may_still_withdraw
                and bool(step.credited_invoices)
            )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {
            "reason",
            "bill_gap",
            "promised_for",
            "credit_invoices",
        }

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_id", "step"}

    @on_one_record
    def action_confirm(self):
        """Make the step, and keep the reason with it.

        :raises UserError: there is no reason, or the contract does not allow the step
        """
        if self.step == "reactivate":
            self.contract_id.action_reactivate(self.bill_gap)
            return {"type": "ir.actions.act_window_close"}
        if self.step == "promise":
            self.contract_id.action_promise(self.promised_for)
            return {"type": "ir.actions.act_window_close"}
        steps = {
            "block": self.contract_id.action_block,
            "blacklist": self.contract_id.action_blacklist,
            "withdraw": partial(
                self.contract_id.action_withdraw, credit_invoices=self.credit_invoices
            ),
        }
        reason = (self.reason or "").strip()
        if not reason:
            raise RefusedError(
                self.env._("Say why, in a few words."), "field_missing", self
            )
        steps[self.step](reason)
        return {"type": "ir.actions.act_window_close"}
