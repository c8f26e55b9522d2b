# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the provider's monitoring is told: numbers and moments, and nobody's data."""

import hashlib
import secrets

from odoo import api, fields, models
from odoo.tools import LazyTranslate, consteq

from ..parameters import limit, parameter

_lt = LazyTranslate(__name__)

#: what is the matter, by its code
PROBLEMS = {
    "pending_too_long": _lt("changes have been waiting for too long"),
    "too_many_failed": _lt("the platform has refused too many users"),
    "paused_too_long": _lt("no calls have been made for too long"),
    "comparison_too_old": _lt("the last comparison was too long ago"),
    "action_off": _lt("a scheduled action is switched off"),
    "action_late": _lt("a scheduled action does not run"),
}
TOKEN_PARAMETER = parameter("health", "token_digest")


class SvaHealth(models.AbstractModel):
    """The health of all accounts, and of the scheduled actions that they depend on."""

    _name = "sva.health"
    _description = "SVA Health"

    # the token of whoever asks from outside

    @api.model
    def _new_token(self):
        """Make a token that replaces the one there was; only its digest is kept."""
        token = secrets.token_urlsafe(32)
        self.env["ir.config_parameter"].set_param(TOKEN_PARAMETER, _digest(token))
        return token

    @api.model
    def _has_token(self):
        # sudo: whether there is one is no secret
        return bool(self.env["ir.config_parameter"].sudo().get_param(TOKEN_PARAMETER))

    @api.model
    def _is_token(self, token):
        # sudo: to be compared, by whoever has no user here
        known = self.env["ir.config_parameter"].sudo().get_param(TOKEN_PARAMETER)
        return bool(known) and consteq(_digest(token), known)

    @api.model
    def _threshold(self, name):
        return limit(self.env, "health", name)

    # the report

    @api.model
    def _report(self):
        """How everything is.

        :return: a dict of plain values and moments (naive datetimes in UTC)
        """
        # sudo: monitoring looks at all companies
        integrations = (
            self.env["sva.integration"].sudo().search([("active", "=", True)])
        )
        accounts = list(self._accounts(integrations).values())
        actions = self._actions()
        is_well = not any(part["problems"] for part in (*accounts, *actions))
        return {
            "status": "ok" if is_well else "failing",
            "time": fields.Datetime.now(),
            "integrations": accounts,
            "scheduled_actions": actions,
        }

    @api.model
    def _actions(self):
        return [
            {
                "action": xml_id,
                "active": bool(cron.active),
                "last_success": cron.last_success or None,
                "next_call": cron.nextcall or None,
                "failures": cron.failure_count,
                "problems": [code] if (code := cron._sva_problem()) else [],
            }
            for xml_id, cron in self.env["ir.cron"]._sva_watched().items()
        ]

    @api.model
    def _accounts(self, integrations):
        """How accounts are, in a constant number of queries.

        :return: a dict of dicts by the integrations' ids
        """
        # sudo: counted for whoever may see the integration
        accounts = integrations.sudo()._origin
        users, removals, divergences = (
            self._counts(self.env[name].sudo(), accounts, *by, **more)
            for name, by, more in (
                ("sva.user", ["sync_state"], {"oldest": "pending_since:min"}),
                ("sva.user.removal", ["sync_state"], {"oldest": "pending_since:min"}),
                ("sva.divergence", [], {}),
            )
        )
        runs = self.env["sva.reconciliation"].sudo()
        mine = [("integration_id", "in", accounts.ids)]
        latest = dict(runs._read_group(mine, ["integration_id"], ["id:max"]))
        done = dict(
            runs._read_group(
                [*mine, ("state", "=", "done")], ["integration_id"], ["end_date:max"]
            )
        )
        report = {}
        for account in accounts:
            pending = [
                counts.get((account, "pending"), [0, None])
                for counts in (users, removals)
            ]
            oldest = [since for _count, since in pending if since]
            last = runs.browse(latest.get(account, ()))
            report[account.id] = {
                "integration": account.id,
                "platform": account.platform,
                "company": account.company_id.id,
                "connection": account.connection_state,
                "paused_since": account.paused_since or None,
                "reason": account._pause_code()
                if account.is_on_hold
                else account.error_code or None,
                "pending": sum(count for count, _since in pending),
                "oldest_pending_since": min(oldest, default=None),
                "failed": users.get((account, "failed"), [0])[0],
                "failed_removals": removals.get((account, "failed"), [0])[0],
                "open_removals": sum(
                    removals.get((account, state), [0])[0]
                    for state in ("pending", "failed")
                ),
                "divergences": divergences.get((account,), [0])[0],
                "comparison": {
                    "state": last.state or None,
                    "started": last.start_date or None,
                    "last_done": done.get(account) or None,
                },
            }
            report[account.id]["problems"] = self._problems(
                report[account.id], account.create_date
            )
        return report

    @api.model
    def _counts(self, rows, accounts, *by, oldest=None):
        """Numbers of rows, and the oldest moment among them.

        :return: a dict of lists by the integration and the values of ``by``
        """
        groups = rows._read_group(
            [("integration_id", "in", accounts.ids)],
            ["integration_id", *by],
            ["__count", *([oldest] if oldest else [])],
        )
        size = 1 + len(by)
        return {tuple(group[:size]): list(group[size:]) for group in groups}

    @api.model
    def _problems(self, account, create_date):
        """The codes of what is beyond its threshold."""
        now = fields.Datetime.now()

        def is_older(moment, name):
            threshold = self._threshold(name)
            unit = name.rpartition("_")[2]
            return bool(
                threshold
                and moment
                and moment < fields.Datetime.subtract(now, **{unit: threshold})
            )

        most_failed = self._threshold("failed_users")
        compared = account["comparison"]["last_done"] or create_date
        found = {
            "pending_too_long": is_older(
                account["oldest_pending_since"], "pending_minutes"
            ),
            "too_many_failed": most_failed
            and account["failed"] + account["failed_removals"] > most_failed,
            "paused_too_long": is_older(account["paused_since"], "paused_minutes"),
            "comparison_too_old": is_older(compared, "comparison_hours"),
        }
        return [code for code, is_so in found.items() if is_so]

    @api.model
    def _metrics(self, report):
        """A report in Prometheus' text format 0.0.4."""
        now = report["time"]
        lines = {}

        def add(name, explanation, value, **labels):
            name = f"saber_plus_sva_{name}"
            if name not in lines:
                lines[name] = [f"# HELP {name} {explanation}", f"# TYPE {name} gauge"]
            if value is not None:
                marks = ",".join(f'{key}="{text}"' for key, text in labels.items())
                marks = f"{{{marks}}}" if marks else ""
                lines[name].append(f"{name}{marks} {value:.15g}")

        def age(moment):
            return None if moment is None else (now - moment).total_seconds()

        add("healthy", "1 while nothing is the matter.", report["status"] == "ok")
        for account in report["integrations"]:
            labels = {
                key: account[key] for key in ("integration", "platform", "company")
            }
            add(
                "connected",
                "1 while calls are made.",
                not account["paused_since"],
                **labels,
            )
            add(
                "paused_seconds",
                "For how long no calls have been made.",
                age(account["paused_since"]) or 0,
                **labels,
            )
            add(
                "pending",
                "Users and removals that wait for the platform.",
                account["pending"],
                **labels,
            )
            add(
                "oldest_pending_seconds",
                "For how long the oldest of them has waited.",
                age(account["oldest_pending_since"]) or 0,
                **labels,
            )
            add("failed", "Users that were refused.", account["failed"], **labels)
            add(
                "failed_removals",
                "Deletions that were refused.",
                account["failed_removals"],
                **labels,
            )
            add(
                "open_removals",
                "Users that the platform has still to delete.",
                account["open_removals"],
                **labels,
            )
            add(
                "divergences",
                "The platform's users that are not known here.",
                account["divergences"],
                **labels,
            )
            add(
                "comparison_age_seconds",
                "Time since the last comparison was done.",
                age(account["comparison"]["last_done"]),
                **labels,
            )
        for action in report["scheduled_actions"]:
            labels = {"action": action["action"]}
            add(
                "action_active",
                "1 while the scheduled action is switched on.",
                action["active"],
                **labels,
            )
            add(
                "action_age_seconds",
                "Time since the scheduled action has last come to its end.",
                age(action["last_success"]),
                **labels,
            )
        for part in (*report["integrations"], *report["scheduled_actions"]):
            of = {key: part[key] for key in ("integration", "action") if key in part}
            for code in part["problems"]:
                add("problem", "What is the matter.", 1, problem=code, **of)
        return "".join(f"{line}\n" for group in lines.values() for line in group)


def _digest(token):
    return hashlib.sha256((token or "").encode()).hexdigest()
