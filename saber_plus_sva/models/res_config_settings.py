# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How long the calls to the platforms are kept."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .sva_api_call import DEFAULT_RETENTION_DAYS, RETENTION_PARAMETER


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_call_retention_days = fields.Integer(
        string="Keep calls for (days)",
        config_parameter=RETENTION_PARAMETER,
        default=DEFAULT_RETENTION_DAYS,
        help="How long the calls to the platforms are listed.",
    )

    @api.model
    def get_values(self):
        return {
            **super().get_values(),
            # what is in force: what the parameter says may be no number at all, and
            # must not be in the way of other settings
            "sva_call_retention_days": self.env["sva.api.call"]._retention_days(),
        }

    @api.constrains("sva_call_retention_days")
    def _check_sva_call_retention_days(self):
        if any(settings.sva_call_retention_days < 1 for settings in self):
            raise ValidationError(
                self.env._("Calls must be kept for one day or longer.")
            )
