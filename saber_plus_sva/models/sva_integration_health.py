# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How an account is, for people."""

from odoo import api, fields, models
from odoo.tools import format_datetime

from .sva_health import PROBLEMS


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    paused_since = fields.Datetime(
        compute="_compute_paused_since",
        store=True,
        help="Since when no calls are made.",
    )
    health = fields.Char(
        compute="_compute_health",
        compute_sudo=True,
        help="What the provider's monitoring is told.",
    )

    @api.depends("connection_state", "is_on_hold", "paused_until")
    def _compute_paused_since(self):
        now = fields.Datetime.now()
        for integration in self:
            is_paused = integration._is_paused()
            integration.paused_since = is_paused and (integration.paused_since or now)

    @api.depends_context("lang", "tz")
    def _compute_health(self):
        reports = self.env["sva.health"]._accounts(self)
        for integration in self:
            integration.health = integration._describe_health(
                reports.get(integration.id)
            )

    def _describe_health(self, report):
        """One line for people.

        :param report: of :meth:`.sva_health.SvaHealth._accounts`
        """
        if not report:
            return False
        problems = [self.env._(PROBLEMS[code]) for code in report["problems"]]
        comparison = report["comparison"]["last_done"]
        facts = [
            self.env._("%(count)s pending", count=report["pending"]),
            self.env._("%(count)s failed", count=report["failed"]),
            self.env._("%(count)s open removals", count=report["open_removals"]),
            self.env._("%(count)s divergences", count=report["divergences"]),
            self.env._(
                "last comparison: %(date)s",
                date=format_datetime(self.env, comparison)
                if comparison
                else self.env._("none yet"),
            ),
        ]
        if report["oldest_pending_since"]:
            since = format_datetime(self.env, report["oldest_pending_since"])
            facts.insert(1, self.env._("the oldest since %(date)s", date=since))
        summary = ", ".join(problems) if problems else self.env._("in good health")
        return f"{summary} ({'; '.join(facts)})"
