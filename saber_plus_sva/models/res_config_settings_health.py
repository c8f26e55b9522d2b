# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What monitoring is told, and the token that it asks with."""

from odoo import fields, models

from .sva_health import PROBLEMS


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_health = fields.Text(
        string="Now", compute="_compute_sva_health", help="What monitoring is told."
    )
    sva_has_health_token = fields.Boolean(compute="_compute_sva_health")

    def _compute_sva_health(self):
        health = self.env["sva.health"]
        # sudo: whoever sets Odoo up may not work with SVA
        integrations = self.env["sva.integration"].sudo()
        integrations = integrations.search(
            [("active", "=", True), ("company_id", "in", self.env.companies.ids)]
        )
        lines = [f"{account.name}: {account.health}" for account in integrations]
        for xml_id, cron in self.env["ir.cron"]._sva_watched().items():
            if code := cron._sva_problem():
                problem = self.env._(PROBLEMS[code])
                lines.append(f"{cron.name or xml_id}: {problem}")
        self.sva_health = "\n".join(lines)
        self.sva_has_health_token = health._has_token()

    def action_sva_new_health_token(self):
        """Make a token for the monitoring; one that there was is no longer accepted.

        :return: a notification that shows it, once
        :raises AccessError: for anybody but an administrator
        """
        self.check_access("write")
        token = self.env["sva.health"]._new_token()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Copy it now: it is not shown again"),
                "message": token,
                "type": "warning",
                "sticky": True,
            },
        }
