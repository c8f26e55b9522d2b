# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Telling a person of what stands still without a failure that anybody sees."""

from datetime import timedelta
from functools import partial

from odoo import api, fields, models

from odoo.addons.contract_access.transaction import run

#: the activities, by what keeps a scheduled action from its work
ACTIONS = {
    "action_off": "saber_plus_sva.activity_action_off",
    "action_late": "saber_plus_sva.activity_action_late",
}
#: the one that looks at the others
WATCH = "saber_plus_sva.cron_watch"
NOT_COMPARED = "saber_plus_sva.activity_comparison"
#: a comparison that has not come to its end by then cannot
LONGEST_COMPARISON = timedelta(hours=12)


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    @api.model
    def _cron_watch(self):
        """Tell the responsible of each account what stands still, and when it is over.

        Where no scheduled action runs at all, this one does not either: then the
        provider's monitoring tells.
        """
        # sudo: for all companies
        accounts = self.sudo().search([("active", "=", True)])
        run(self.env, accounts._watch)

    def _watch(self):
        self._watch_actions()
        self._watch_comparisons()

    def _watch_actions(self):
        watched = self.env["ir.cron"]._sva_watched()
        itself = watched[WATCH]
        stood_still = not itself.last_success or itself._sva_problem() == "action_late"
        for code, occasion in ACTIONS.items():
            if stood_still and code == "action_late":
                continue  # the server was down: the others have their turn first
            troubled = {
                xml_id: cron
                for xml_id, cron in watched.items()
                if cron._sva_problem() == code
            }
            if troubled:
                self._open_occasion(occasion, partial(_describe_actions, troubled))
            else:
                self._close_occasion(occasion)

    def _watch_comparisons(self):
        reports = self.env["sva.health"]._accounts(self)
        since = fields.Datetime.now() - LONGEST_COMPARISON
        stuck = self.browse()
        over = self.browse()
        for account in self:
            comparison = reports[account.id]["comparison"]
            if comparison["state"] == "failed" or (
                comparison["state"] == "running" and comparison["started"] < since
            ):
                stuck |= account
            elif comparison["state"] != "running":
                # one that has begun anew has not come to its end yet
                over |= account
        over._close_occasion(NOT_COMPARED)
        stuck._open_occasion(
            NOT_COMPARED,
            lambda account: (
                account.connection_error
                or account.reconciliation_id.error
                or account.env._("It was begun, and nobody has gone on with it.")
            ),
        )


def _describe_actions(crons, integration):
    """What is said of scheduled actions that do not do their work.

    :param crons: records by xml id, empty ones where they were deleted
    :param integration: in the language of the person who is told
    """
    return integration.env._(
        "Scheduled actions: %s. Until they run again, the platform does not follow the "
        "contracts in full. The server's log says why they have stopped.",
        ", ".join(
            # sudo: the name of a scheduled action is no secret
            cron.with_env(integration.env).sudo().name or xml_id
            for xml_id, cron in crons.items()
        ),
    )
