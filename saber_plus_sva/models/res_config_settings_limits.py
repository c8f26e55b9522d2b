# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Limits: from when on something is the matter, and a comparison asks."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..parameters import LIMITS, limit, parameter

#: the group and the name of the limit that a field is about
FIELDS = {
    f"sva_{group}_{name}": (group, name) for group in LIMITS for name in LIMITS[group]
}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_health_pending_minutes = fields.Integer(
        string="Changes wait for (minutes)",
        config_parameter=parameter("health", "pending_minutes"),
        default=LIMITS["health"]["pending_minutes"],
        help="0 does not look at it.",
    )
    sva_health_failed_users = fields.Integer(
        string="Refused users, more than",
        config_parameter=parameter("health", "failed_users"),
        default=LIMITS["health"]["failed_users"],
        help="0 does not look at it.",
    )
    sva_health_paused_minutes = fields.Integer(
        string="No calls are made for (minutes)",
        config_parameter=parameter("health", "paused_minutes"),
        default=LIMITS["health"]["paused_minutes"],
        help="0 does not look at it.",
    )
    sva_health_comparison_hours = fields.Integer(
        string="No comparison is done for (hours)",
        config_parameter=parameter("health", "comparison_hours"),
        default=LIMITS["health"]["comparison_hours"],
        help="0 does not look at it.",
    )
    sva_comparison_changes = fields.Integer(
        string="Changes",
        config_parameter=parameter("comparison", "changes"),
        default=LIMITS["comparison"]["changes"],
    )
    sva_comparison_share = fields.Integer(
        string="Percent of the SVA users",
        config_parameter=parameter("comparison", "share"),
        default=LIMITS["comparison"]["share"],
    )

    @api.model
    def get_values(self):
        return {
            **super().get_values(),
            # what is in force, whatever the parameters say
            **{field: limit(self.env, *of) for field, of in FIELDS.items()},
        }

    def set_values(self):
        result = super().set_values()
        # Odoo forgets a parameter that is 0, and would take the default for it
        parameters = self.env["ir.config_parameter"]
        for field, of in FIELDS.items():
            parameters.set_param(parameter(*of), str(self[field]))
        return result

    @api.constrains(*FIELDS)
    def _check_sva_limits(self):
        if any(settings[field] < 0 for settings in self for field in FIELDS):
            raise ValidationError(self.env._("These limits cannot be negative."))
