# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import api, models


class WriteGuardMixin(models.AbstractModel):
    _inherit = "write.guard.mixin"

    @api.model
    def _guarded_modules(self):
        return super()._guarded_modules() | {"contract_access_sms"}
