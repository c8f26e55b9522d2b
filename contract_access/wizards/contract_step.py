# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Why a contract is blocked, blacklisted or withdrawn."""

from odoo import api, fields, models


class ContractStep(models.TransientModel):
    """Asks for a short reason before a step in a contract's life that hurts."""

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
        ],
        required=True,
        readonly=True,
    )
    reason = fields.Char(required=True)

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"reason"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_id", "step"}

    def action_confirm(self):
        """Make the step, and keep the reason with it."""
        self.ensure_one()
        steps = {
            "block": self.contract_id.action_block,
            "blacklist": self.contract_id.action_blacklist,
            "withdraw": self.contract_id.action_withdraw,
        }
        steps[self.step](self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
