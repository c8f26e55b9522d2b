# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whether other programs take what they are told, for monitoring."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from .sva_health import PROBLEMS

_lt = LazyTranslate(__name__)

PROBLEMS.update(
    {
        "webhook_late": _lt("another program has not taken posts for too long"),
        "webhook_given_up": _lt("posts to another program were given up"),
    }
)


class SvaHealth(models.AbstractModel):
    _inherit = "sva.health"

    @api.model
    def _report(self):
        report = super()._report()
        # sudo: monitoring looks at all companies
        webhooks = self.env["sva.webhook"].sudo().search([("active", "=", True)])
        report["webhooks"] = self._webhooks(webhooks)
        if any(part["problems"] for part in report["webhooks"]):
            report["status"] = "failing"
        return report

    @api.model
    def _webhooks(self, webhooks):
        """How receivers are, in a constant number of queries.

        :return: a list of dicts
        """
        groups = self.env["sva.webhook.delivery"]._read_group(
            [
                ("webhook_id", "in", webhooks.ids),
                ("state", "in", ("pending", "failed")),
            ],
            ["webhook_id", "state"],
            ["__count", "create_date:min"],
        )
        found = {group[:2]: group[2:] for group in groups}
        report = []
        for webhook in webhooks:
            pending, oldest = found.get((webhook, "pending"), (0, None))
            failed, _oldest = found.get((webhook, "failed"), (0, None))
            problems = {
                "webhook_late": self._is_late(oldest),
                "webhook_given_up": bool(failed),
            }
            report.append(
                {
                    "webhook": webhook.id,
                    "company": webhook.company_id.id,
                    "reason": webhook.error_code or None,
                    "pending": pending,
                    "oldest_pending_since": oldest,
                    "given_up": failed,
                    "problems": [code for code, is_so in problems.items() if is_so],
                }
            )
        return report

    @api.model
    def _is_late(self, oldest):
        """Whether something has waited for longer than the platforms' changes may."""
        minutes = self._threshold("pending_minutes")
        late = fields.Datetime.now() - timedelta(minutes=minutes)
        return bool(minutes and oldest and oldest < late)

    @api.model
    def _metrics(self, report):
        now = report["time"]
        metrics = {
            "pending": (
                "Posts that another program has not taken yet.",
                lambda part: part["pending"],
            ),
            "oldest_pending_seconds": (
                "For how long the oldest of them has waited.",
                lambda part: (
                    (now - part["oldest_pending_since"]).total_seconds()
                    if part["oldest_pending_since"]
                    else 0
                ),
            ),
            "given_up": ("Posts that were given up.", lambda part: part["given_up"]),
        }
        lines = []
        for name, (explanation, value) in metrics.items():
            name = f"saber_plus_sva_webhook_{name}"
            lines += [f"# HELP {name} {explanation}", f"# TYPE {name} gauge"]
            lines += [
                f'{name}{{webhook="{part["webhook"]}",company="{part["company"]}"}} '
                f"{value(part):.15g}"
                for part in report["webhooks"]
            ]
        return super()._metrics(report) + "".join(f"{line}\n" for line in lines)
