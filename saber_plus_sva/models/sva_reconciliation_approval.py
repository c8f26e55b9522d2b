# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A comparison that would change more than is usual asks a manager before it does.

After one side was restored from a backup, the other one may be right: our database of
yesterday would release who was blocked today, undo what was changed, and create again
who was deleted.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.contract_access.remote import on_records

from ..engine.plan import ABSENT
from ..parameters import limit
from .sva_reconciliation import BATCH_SIZE

#: the activity that asks
ASKS = "saber_plus_sva.activity_comparison_asks"


class SvaReconciliation(models.Model):
    _inherit = "sva.reconciliation"

    difference_ids = fields.One2many(
        comodel_name="sva.reconciliation.difference",
        inverse_name="reconciliation_id",
        string="Differences",
    )
    asks_first = fields.Boolean(
        readonly=True, help="A manager looks at it, however little it would change."
    )
    is_approved = fields.Boolean(
        readonly=True, help="What is different may be put right."
    )

    @api.model
    def _limit(self, name):
        return limit(self.env, "comparison", name)

    @api.model
    def _start(self, integration):
        """What a manager was to be asked and has not approved, the next one asks."""
        latest = self.search([("integration_id", "=", integration.id)], limit=1)
        run = super()._start(integration)
        if latest.asks_first and not latest.is_approved:
            run.asks_first = True
        return run

    @api.model
    def _start_to_ask(self, integration):
        """A new run that asks; one under way may have read what was before a restore.

        A process that is at work on that one finds that it is over.
        """
        under_way = self.search(
            [("integration_id", "=", integration.id), ("state", "=", "running")]
        )
        under_way.write({"state": "discarded", "end_date": fields.Datetime.now()})
        # there is to be one that runs
        under_way.flush_recordset()
        self._start(integration).asks_first = True

    def _is_unusual(self):
        """Whether a manager has to look at what is different before it is changed."""
        count = len(self.difference_ids)
        if self.asks_first:
            return bool(count)
        if count <= self._limit("changes"):
            return False
        users = self.env["sva.user"].search_count(
            [
                ("integration_id", "=", self.integration_id.id),
                ("platform_state", "!=", ABSENT),
            ]
        )
        return count * 100 > users * self._limit("share")

    def _ask_a_manager(self):
        self.write(
            {
                "state": "waiting",
                "end_date": fields.Datetime.now(),
                # … as does the next one, however little is left of it by then
                "asks_first": True,
            }
        )
        self.integration_id._open_occasion(
            ASKS,
            lambda integration: integration.env._(
                "The comparison would change %s users on the platform. Nothing has "
                "been changed. If our database or the platform's was restored from a "
                "backup, look at the list first: it is the last of the integration's "
                "reconciliations.",
                len(self.difference_ids),
            ),
        )
        self.integration_id._notify_changed()

    def _apply_differences(self):
        """Put a batch of what is different right; whether there was anything."""
        batch = self.env["sva.reconciliation.difference"].search(
            [("reconciliation_id", "=", self.id), ("is_applied", "=", False)],
            limit=BATCH_SIZE,
        )
        batch._apply()
        return bool(batch)

    def _finish(self):
        result = super()._finish()
        self.integration_id._close_occasion(ASKS)
        return result

    def _decide(self, values, note):
        """Write down what a manager has decided of runs that wait."""
        self.integration_id.check_access("write")
        self.env.cr.execute(
            SQL("SELECT FROM sva_reconciliation WHERE id IN %s FOR UPDATE", self._ids)
        )
        self.invalidate_recordset(["state"])
        if any(run.state != "waiting" for run in self):
            raise UserError(
                self.env._("This comparison does not wait for anybody any more.")
            )
        # sudo: runs are written by the system only
        runs = self.sudo()
        runs.write(values)
        for run in runs:
            run.integration_id.with_env(self.env)._message_log(
                body=note % len(run.difference_ids)
            )
        runs.integration_id._close_occasion(ASKS)

    @on_records
    def action_apply(self):
        """Put right what a comparison has found different.

        :return: True
        :raises UserError: it does not wait for a decision
        """
        self._decide(
            {"state": "running", "is_approved": True, "end_date": False},
            self.env._("The changes of a comparison were approved: %s."),
        )
        self.env["sva.wakeup"]._reconciliation()
        return True

    @on_records
    def action_discard(self):
        """Leave what a comparison has found as it is; the next one asks again.

        :return: True
        :raises UserError: it does not wait for a decision
        """
        self._decide(
            {"state": "discarded"},
            self.env._("The changes of a comparison were not made: %s."),
        )
        return True

    def _open(self):
        """An action that opens this run."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
        }


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    def button_reconcile(self):
        result = super().button_reconcile()
        waiting = self.reconciliation_id.filtered(lambda run: run.state == "waiting")
        return waiting[0]._open() if waiting else result

    @on_records
    def action_reconcile_and_ask(self):
        """Compare with the platform, and change nothing before a manager says so.

        For after a restore, of our database or of the platform's.

        :return: an action that opens the comparison, or a notification
        :raises UserError: the platform refuses the token or does not answer
        """
        self.check_access("write")
        for integration in self:
            # sudo: runs are written by the system only
            self.env["sva.reconciliation"].sudo()._start_to_ask(integration)
        return self.button_reconcile()
