# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A customer asks for a suspension: from when, until when, and whether they may."""

from odoo import api, fields, models

from ..remote import on_one_record


class ContractSuspensionRequest(models.TransientModel):
    """Asks for the days, and says at once what speaks against them."""

    _name = "contract.suspension.request"
    _description = "Suspension at the Customer's Request"
    _inherit = "write.guard.mixin"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    date_start = fields.Date(
        string="First day without service",
        compute="_compute_days_proposed",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    date_end = fields.Date(
        string="Last day without service",
        compute="_compute_days_proposed",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    days = fields.Integer(compute="_compute_problem")
    problem = fields.Char(compute="_compute_problem")

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"date_start", "date_end"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_id"}

    @api.depends("contract_id")
    def _compute_days_proposed(self):
        for request in self.filtered("contract_id"):
            first, last = request.contract_id._proposed_suspension()
            request.date_start = request.date_start or first
            request.date_end = request.date_end or last

    @api.depends("contract_id", "date_start", "date_end")
    def _compute_problem(self):
        for request in self:
            first, last = request.date_start, request.date_end
            request.days = first and last and (last - first).days + 1
            request.problem = (
                request.contract_id
                and request.contract_id._suspension_problem(first, last)
            )

    @on_one_record
    def action_confirm(self):
        """Suspend the contract for these days.

        :raises UserError: what speaks against it
        """
        self.contract_id.action_suspend(self.date_start, self.date_end)
        return {"type": "ir.actions.act_window_close"}
