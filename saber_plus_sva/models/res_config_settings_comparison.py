# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How much a comparison may change before it asks."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..parameters import COMPARISON, parameter

FIELDS = {f"sva_comparison_{name}": name for name in COMPARISON}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_comparison_changes = fields.Integer(
        string="Changes",
        config_parameter=parameter("comparison", "changes"),
        default=COMPARISON["changes"],
    )
    sva_comparison_share = fields.Integer(
        string="Percent of the SVA users",
        config_parameter=parameter("comparison", "share"),
        default=COMPARISON["share"],
    )

    @api.model
    def get_values(self):
        runs = self.env["sva.reconciliation"]
        return {
            **super().get_values(),
            # what is in force, whatever the parameters say
            **{field: runs._limit(name) for field, name in FIELDS.items()},
        }

    def set_values(self):
        result = super().set_values()
        # Odoo forgets a parameter that is 0, and would take the default for it
        parameters = self.env["ir.config_parameter"]
        for field, name in FIELDS.items():
            parameters.set_param(parameter("comparison", name), str(self[field]))
        return result

    @api.constrains(*FIELDS)
    def _check_sva_comparison(self):
        if any(settings[field] < 0 for settings in self for field in FIELDS):
            raise ValidationError(
                self.env._("The limits of a comparison cannot be negative.")
            )
