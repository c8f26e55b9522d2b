# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Jobs, too, tell of what has changed at most once a second."""

from odoo import api, models

from .ir_cron import JOB_END


class SvaLive(models.AbstractModel):
    _inherit = "sva.live"

    @api.model
    def _is_in_background(self):
        return JOB_END in self.env.context or super()._is_in_background()
