# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Why a contract is blocked or ends, and what is billed when it goes on."""

from odoo import api, fields, models
from odoo.exceptions import UserError


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

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {
            "reason",
            "bill_gap",
            "promised_for",
        }

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_id", "step"}

    def action_confirm(self):
        """Make the step, and keep the reason with it.

        :raises UserError: there is no reason, or the contract does not allow the step
        """
        self.ensure_one()
        if self.step == "reactivate":
            self.contract_id.action_reactivate(self.bill_gap)
            return {"type": "ir.actions.act_window_close"}
        if self.step == "promise":
            self.contract_id.action_promise(self.promised_for)
            return {"type": "ir.actions.act_window_close"}
        steps = {
            "block": self.contract_id.action_block,
            "blacklist": self.contract_id.action_blacklist,
            "withdraw": self.contract_id.action_withdraw,
        }
        reason = (self.reason or "").strip()
        if not reason:
            raise UserError(self.env._("Say why, in a few words."))
        steps[self.step](reason)
        return {"type": "ir.actions.act_window_close"}
