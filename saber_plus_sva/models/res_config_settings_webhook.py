# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The other programs among what monitoring is told."""

from odoo import models

from .sva_health import PROBLEMS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    def _compute_sva_health(self):
        result = super()._compute_sva_health()
        # sudo: whoever sets Odoo up may not work with SVA
        webhooks = self.env["sva.webhook"].sudo()
        webhooks = webhooks.search([("company_id", "in", self.env.companies.ids)])
        lines = [self.sva_health] if self.sva_health else []
        for webhook, part in zip(
            webhooks, self.env["sva.health"].sudo()._webhooks(webhooks), strict=True
        ):
            if part["problems"]:
                words = ", ".join(self.env._(PROBLEMS[c]) for c in part["problems"])
                lines.append(f"{webhook.name}: {words}")
        self.sva_health = "\n".join(lines)
        return result
