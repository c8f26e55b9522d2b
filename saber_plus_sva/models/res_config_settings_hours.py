# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When the platforms are compared with ours, and the packages fetched."""

from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_comparison_hour = fields.Float(
        string="Compared with the platform at",
        help="What is different is put right after it.",
    )
    sva_packages_hour = fields.Float(string="Packages are fetched at")

    @api.model
    def _contract_hours(self):
        return {
            **super()._contract_hours(),
            "sva_comparison_hour": "saber_plus_sva.cron_reconcile",
            "sva_packages_hour": "saber_plus_sva.cron_fetch_packages",
        }
