# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The types by which activities that were opened by themselves are known again."""

from odoo import api, models

OCCASIONS = {
    "saber_plus_sva.activity_action_late": "sva.integration",
    "saber_plus_sva.activity_action_off": "sva.integration",
    "saber_plus_sva.activity_comparison": "sva.integration",
    "saber_plus_sva.activity_incident": "sva.integration",
    "saber_plus_sva.activity_billing": "sva.integration",
    "saber_plus_sva.activity_comparison_asks": "sva.integration",
    "saber_plus_sva.activity_not_told": "sva.integration",
    "saber_plus_sva.activity_removal": "sva.integration",
    "saber_plus_sva.activity_refused": "sva.user",
    "saber_plus_sva.activity_sva_user": "contract.contract",
    "saber_plus_sva.activity_package": "product.template",
    "saber_plus_sva.activity_webhook": "sva.webhook",
}


class MailActivityType(models.Model):
    _inherit = "mail.activity.type"

    @api.model
    def _occasions(self):
        return super()._occasions() | OCCASIONS
