# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""This addon's fields are guarded, too."""

from odoo import api, models


class WriteGuardMixin(models.AbstractModel):
    _inherit = "write.guard.mixin"

    @api.model
    def _guarded_modules(self):
        return super()._guarded_modules() | {"saber_plus_sva"}
