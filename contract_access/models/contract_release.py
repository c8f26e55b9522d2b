# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who released which contract, and until when it was trusted."""

from odoo import fields, models


class ContractRelease(models.Model):
    """A release by hand; written by the button only."""

    _name = "contract.release"
    _description = "Contract Release"
    _inherit = "write.guard.mixin"
    _order = "id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    user_id = fields.Many2one(
        comodel_name="res.users", string="Released by", required=True, readonly=True
    )
    no_block_until = fields.Date(string="Trusted Until", readonly=True)
    promised_for = fields.Date(
        readonly=True, help="The day on which the customer has promised to pay."
    )
    outcome = fields.Selection(
        selection=[("kept", "Paid"), ("broken", "Not paid")],
        readonly=True,
        help="Whether the customer has paid before the access was blocked again.",
    )
