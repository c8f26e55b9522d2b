# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""For how long a row has been waiting."""

from odoo import api, fields, models


class SvaSyncMixin(models.AbstractModel):
    _inherit = "sva.sync.mixin"

    pending_since = fields.Datetime(
        compute="_compute_pending_since",
        store=True,
        help="Since when it has not been in sync, whatever was changed or tried since.",
    )

    @api.depends("sync_state")
    def _compute_pending_since(self):
        now = fields.Datetime.now()
        for row in self:
            is_pending = row.sync_state == "pending"
            row.pending_since = is_pending and (row.pending_since or now)
