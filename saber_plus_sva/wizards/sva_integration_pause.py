# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Asks why an integration is to be paused."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import on_one_record


class SvaIntegrationPause(models.TransientModel):
    _name = "sva.integration.pause"
    _description = "Pause an SVA Integration"
    _inherit = "write.guard.mixin"

    integration_id = fields.Many2one(
        comodel_name="sva.integration", required=True, ondelete="cascade"
    )
    reason = fields.Char(
        required=True, help="It is told to those who wait, and in the chatter."
    )
    dry_run = fields.Boolean(
        help="Write down what would be called meanwhile, in the list of calls."
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"reason", "dry_run"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"integration_id"}

    @on_one_record
    def action_pause(self):
        """Pause the integration."""
        self.integration_id.action_pause(self.reason, self.dry_run)
        return {"type": "ir.actions.act_window_close"}
