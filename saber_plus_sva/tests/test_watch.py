# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Somebody hears of what stands still, once, until it is over."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.sva_integration_watch import ACTIONS, NOT_COMPARED
from .common import TOKEN, SvaCase

ENGINE = "saber_plus_sva.cron_sync_users"


@tagged("post_install", "-at_install")
class TestWatch(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def setUp(self):
        super().setUp()
        self.env["ir.cron"].search([]).last_success = fields.Datetime.now()
        self.manager.lang = "en_US"
        self.integration.user_id = self.manager
        self.engine = self.env.ref(ENGINE)

    def _watch(self, occasion):
        """What the responsible is told of it."""
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        for _twice in range(2):
            self.env["sva.integration"]._cron_watch()
        self.env.invalidate_all()
        activities = self.integration.activity_search([occasion])
        self.assertLessEqual(len(activities), 1)
        self.assertIn(activities.user_id, (self.manager, self.env["res.users"]))
        return activities

    def test_all_is_well(self):
        self._watch(NOT_COMPARED)
        self.assertFalse(self.integration.activity_ids)

    def test_an_engine_that_has_not_run_for_an_hour(self):
        occasion = ACTIONS["action_late"]
        self.engine.last_success -= timedelta(minutes=61)
        activity = self._watch(occasion)
        self.assertIn("synchronise the platforms", activity.note)
        self.assertEqual(activity.summary, "A scheduled action of the SVA does not run")
        self.engine.method_direct_trigger()
        self.assertFalse(self._watch(occasion))

    def test_after_a_stop_of_the_server_the_others_have_their_turn_first(self):
        occasion = ACTIONS["action_late"]
        now = fields.Datetime.now()
        self.env["ir.cron"].search([]).last_success = now - timedelta(days=3)
        self.assertFalse(self._watch(occasion))
        self.env.ref("saber_plus_sva.cron_watch").last_success = now
        self.assertIn("synchronise the platforms", self._watch(occasion).note)

    def test_a_scheduled_action_that_odoo_has_switched_off(self):
        occasion = ACTIONS["action_off"]
        self.engine.active = False
        activity = self._watch(occasion)
        self.assertIn("synchronise the platforms", activity.note)
        self.assertFalse(self._watch(ACTIONS["action_late"]))
        self.engine.active = True
        self.assertFalse(self._watch(occasion))

    def test_one_that_was_deleted(self):
        self.engine.unlink()
        self.assertIn(ENGINE, self._watch(ACTIONS["action_off"]).note)

    def test_in_the_persons_language(self):
        self._speak_portuguese()
        self.manager.lang = "pt_BR"
        self.engine.active = False
        activity = self._watch(ACTIONS["action_off"])
        self.assertEqual(activity.summary, "Uma ação agendada do SVA está desligada")
        self.assertIn("Ações agendadas: SVA: sincronizar", activity.note)

    def test_a_comparison_that_waits_for_a_token(self):
        self.integration.token = "wrong"
        with self.assertRaisesRegex(UserError, "token"):
            self.integration.action_reconcile()
        run = self.integration.reconciliation_id
        self.assertEqual(run.state, "running")
        self.assertFalse(self._watch(NOT_COMPARED))
        run.start_date -= timedelta(hours=13)
        self.assertIn("refused the token", self._watch(NOT_COMPARED).note)
        self.integration.token = TOKEN
        self.integration.action_reconcile()
        self.assertEqual(run.state, "done")
        self.assertFalse(self._watch(NOT_COMPARED))

    def test_a_comparison_that_fails(self):
        self.sandbox.fault("listUsers", "status", status=422, times=None)
        with self.assertRaisesRegex(UserError, "Dados inválidos"):
            self.integration.action_reconcile()
        self.assertEqual(self.integration.reconciliation_id.state, "failed")
        activity = self._watch(NOT_COMPARED)
        self.assertIn("Dados inválidos", activity.note)
        # until one has come to its end
        run = self.env["sva.reconciliation"]._start(self.integration)
        self.assertEqual(self._watch(NOT_COMPARED), activity)
        self.sandbox.mend()
        self.integration.action_reconcile()
        self.assertEqual(run.state, "done")
        self.assertFalse(self._watch(NOT_COMPARED))

    def test_an_archived_account_is_not_watched(self):
        self.engine.active = False
        self.integration.active = False
        self.assertFalse(self._watch(ACTIONS["action_off"]))
