# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What monitoring is told, and from when on something is the matter."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..parameters import HEALTH, parameter
from .sva_health import PROBLEMS

FIELDS = {f"sva_health_{name}": name for name in HEALTH}


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_health = fields.Text(
        string="Now", compute="_compute_sva_health", help="What monitoring is told."
    )
    sva_has_health_token = fields.Boolean(compute="_compute_sva_health")
    sva_health_pending_minutes = fields.Integer(
        string="Changes wait for (minutes)",
        config_parameter=parameter("health", "pending_minutes"),
        default=HEALTH["pending_minutes"],
        help="0 does not look at it.",
    )
    sva_health_failed_users = fields.Integer(
        string="Refused users, more than",
        config_parameter=parameter("health", "failed_users"),
        default=HEALTH["failed_users"],
        help="0 does not look at it.",
    )
    sva_health_paused_minutes = fields.Integer(
        string="No calls are made for (minutes)",
        config_parameter=parameter("health", "paused_minutes"),
        default=HEALTH["paused_minutes"],
        help="0 does not look at it.",
    )
    sva_health_comparison_hours = fields.Integer(
        string="No comparison is done for (hours)",
        config_parameter=parameter("health", "comparison_hours"),
        default=HEALTH["comparison_hours"],
        help="0 does not look at it.",
    )

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

    @api.model
    def get_values(self):
        health = self.env["sva.health"]
        return {
            **super().get_values(),
            # what is in force, whatever the parameters say
            **{field: health._threshold(name) for field, name in FIELDS.items()},
        }

    def set_values(self):
        result = super().set_values()
        # Odoo forgets a parameter that is 0, and would take the default for it
        parameters = self.env["ir.config_parameter"]
        for field, name in FIELDS.items():
            parameters.set_param(parameter("health", name), str(self[field]))
        return result

    @api.constrains(*FIELDS)
    def _check_sva_health(self):
        if any(settings[field] < 0 for settings in self for field in FIELDS):
            raise ValidationError(
                self.env._("The limits of the monitoring cannot be negative.")
            )

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
