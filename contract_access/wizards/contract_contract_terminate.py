# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Why a contract ends, and what becomes of the days that are paid already."""

from odoo import api, fields, models

from ..models.contract_contract_paid_days import PAID_AHEAD
from ..remote import on_records


class ContractContractTerminate(models.TransientModel):
    _name = "contract.contract.terminate"
    _inherit = ["contract.contract.terminate", "write.guard.mixin"]

    terminate_reason_id = fields.Many2one(domain=[("is_automatic", "=", False)])
    paid_until = fields.Date(
        string="Invoiced Until",
        compute="_compute_paid_until",
        help="The last day that was invoiced in advance, where it is after the date.",
    )
    paid_ahead = fields.Selection(
        selection=[
            ("use", "The customer uses them: access until the paid period ends"),
            ("credit", "The access ends on the date: draft credit note for the rest"),
        ],
        string="Days invoiced in advance",
        default="use",
    )

    is_done = fields.Boolean(
        readonly=True, help="Whoever asks again, because the answer was lost, has it."
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"paid_ahead"}

    @api.depends("contract_id", "terminate_date")
    def _compute_paid_until(self):
        for wizard in self:
            day = wizard.terminate_date
            wizard.paid_until = day and wizard.contract_id._paid_until(day)

    @on_records
    def terminate_contract(self):
        for wizard in self.filtered(lambda wizard: not wizard.is_done):
            contract = wizard.contract_id
            contract.with_context(
                **{PAID_AHEAD: wizard.paid_ahead or "use"}
            )._terminate_contract(
                wizard.terminate_reason_id,
                wizard.terminate_comment,
                wizard.terminate_date,
                # what was invoiced is used, or it is credited
                True,
            )
            # sudo: what was done is not for people to write
            wizard.sudo().is_done = True
        return True
