# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a batch has seen is written down together, with its outcomes."""

from odoo import api, models

from .sva_usage_mixin import BY_THE_ENGINE, NOTED_TOGETHER


class SvaEngine(models.AbstractModel):
    _inherit = "sva.engine"

    @api.model
    def _settle_rows(self, claim, outcomes, halt, rows):
        later = rows.with_context(**{NOTED_TOGETHER: BY_THE_ENGINE})
        result = super()._settle_rows(claim, outcomes, halt, later)
        # sudo: the log is the system's
        self.env["sva.usage"]._note(rows.sudo())
        return result
