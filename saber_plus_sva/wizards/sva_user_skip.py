# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Asks why, and until when, SVA users are to be left alone."""

from datetime import timedelta

from odoo import api, fields, models

from odoo.addons.contract_access.remote import on_one_record


class SvaUserSkip(models.TransientModel):
    _name = "sva.user.skip"
    _description = "Skip an SVA User"
    _inherit = "write.guard.mixin"

    sva_user_ids = fields.Many2many(
        comodel_name="sva.user", string="SVA Users", required=True
    )
    reason = fields.Char(
        required=True, help="It is told to those who wait, and in the chatter."
    )
    until = fields.Datetime(
        required=True, default=lambda self: fields.Datetime.now() + timedelta(days=1)
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"reason", "until"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"sva_user_ids"}

    @on_one_record
    def action_skip(self):
        """Leave them alone."""
        self.sva_user_ids.action_skip(self.reason, self.until)
        return {"type": "ir.actions.act_window_close"}
