# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The engine, driven by jobs."""

import time
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from odoo.addons.contract_access.transaction import commit
from odoo.addons.queue_job.job import CANCELLED, PENDING, STARTED
from odoo.addons.saber_plus_sva.tests.common import CPFS, SvaCase
from odoo.addons.saber_plus_sva.tests.receiver import Listener, listening

from ..hooks import uninstall_hook
from ..models import sva_wakeup
from ..models.ir_cron import JOB_END
from ..models.sva_wakeup import ENGINE


@tagged("post_install", "-at_install")
class TestQueue(SvaCase):
    def setUp(self):
        super().setUp()
        self._jobs().unlink()

    def _jobs(self):
        return self.env["queue.job"].search([("channel", "=", "root.saber_plus")])

    def _work(self):
        self.env["sva.wakeup"]._run_as_job(ENGINE)
        self.env.invalidate_all()

    def test_a_change_becomes_a_job_that_holds_nobodys_data(self):
        self._end_of_request()
        self._triggers().unlink()
        user = self._sva_user()
        self._end_of_request()
        job = self._jobs()
        self.assertEqual(len(job), 1)
        self.assertEqual(job.args, [ENGINE])
        self.assertFalse(job.kwargs)
        self.assertEqual(job.user_id, self.env.ref("base.user_root"))
        self.assertFalse(job.eta)
        [stored] = job.read()
        for value in (user.cpf_cnpj, user.name, user.phone):
            self.assertNotIn(value, str(stored))
        self.assertFalse(self._triggers())

    def test_a_job_does_what_the_scheduled_action_does(self):
        user = self._sva_user()
        self._work()
        self.assertInStep(user, "active")

    def test_other_programs_are_told_by_a_job(self):
        listener = Listener()
        webhook = self.env["sva.webhook"].create(
            {"name": "CRM", "url": self.enterContext(listening(listener))}
        )
        listener.secret = webhook.action_new_secret()["secret"]
        self._sva_user()
        self._work()
        self._end_of_request()
        posting = "saber_plus_sva.cron_webhooks"
        self.assertIn([posting], self._jobs().mapped("args"))
        self.env["sva.wakeup"]._run_as_job(posting)
        self.assertEqual([post["is_signed"] for post in listener.taken], [True])

    def test_one_job_does_what_others_wait_to_do(self):
        self.env["sva.wakeup"]._engine()
        self.env["sva.wakeup"]._engine()
        self.env["sva.wakeup"]._reconciliation()
        later = fields.Datetime.now() + timedelta(minutes=7)
        self.env["sva.wakeup"]._engine(later)
        self.assertEqual(len(self._jobs()), 4)
        self._work()
        left = self._jobs().filtered(lambda job: job.state == PENDING)
        self.assertEqual(left.filtered("eta").args, [ENGINE])
        now = (left - left.filtered("eta")).mapped("args")
        self.assertEqual(now, [["saber_plus_sva.cron_reconcile_go_on"]])
        self.assertEqual(set((self._jobs() - left).mapped("state")), {CANCELLED})

    def test_what_is_to_come_is_asked_for_once(self):
        later = fields.Datetime.now() + timedelta(minutes=7)
        self.env["sva.wakeup"]._engine(later)
        self.env["sva.wakeup"]._engine(later)
        self.assertEqual(self._jobs().mapped("eta"), [later])

    def test_where_more_is_due_than_one_takes_another_helps(self):
        self._sva_user()
        self._sva_user(self._contract(self._customer("Bia Reis", CPFS[1])))
        self._end_of_request()
        for size, helpers in ((2, []), (1, [[ENGINE, 2]])):
            with patch.object(sva_wakeup, "BATCH_SIZE", size):
                self._jobs().unlink()
                self.env["sva.wakeup"]._take_turn(ENGINE, 1)
            self.assertEqual(self._jobs().mapped("args"), helpers)

    def test_jobs_share_the_slots_of_an_account(self):
        self.integration.max_concurrency = 8
        engine = self.env["sva.engine"]
        self.assertEqual(engine._slots_wanted(self.integration), 8)
        for _number in range(3):
            engine.env["sva.wakeup"]._engine()
        self._jobs()._write({"state": STARTED})
        self.env.invalidate_all()
        self.assertEqual(engine._slots_wanted(self.integration), 3)

    def test_a_job_knows_when_it_must_be_over(self):
        over = {JOB_END: time.monotonic() - 1}
        self.assertEqual(commit(self.env(context=over)), 0)
        over = {JOB_END: time.monotonic() + 60}
        self.assertTrue(0 < commit(self.env(context=over)) <= 60)
        self.assertEqual(commit(self.env), float("inf"))

    def test_jobs_too_tell_once_a_second(self):
        asked = []
        live = type(self.env["sva.live"])
        must_wait = live._must_wait

        def note_and_ask(model):
            asked.append(model._is_in_background())
            return must_wait(model)

        self.patch(live, "_must_wait", note_and_ask)
        self._sva_user()
        self._work()
        self.assertEqual(set(asked), {True})
        self.assertFalse(self.env["sva.live"]._is_in_background())

    def test_without_the_queue_the_scheduled_actions_go_on(self):
        self._sva_user()
        self._end_of_request()
        self._triggers().unlink()
        uninstall_hook(self.env)
        self.assertEqual(len(self._triggers()), 1)
        self.assertEqual(set(self._jobs().mapped("state")), {CANCELLED})

    def test_a_deleted_action_stops_nobody(self):
        """Whoever has deleted it runs the engine by other means."""
        self.env["sva.wakeup"]._engine()
        waiting = self._jobs()
        self.env.ref(ENGINE).unlink()
        user = self._sva_user()
        self._end_of_request()
        self.assertEqual(self._jobs(), waiting)
        self._work()
        self._run_engine()
        self.assertInStep(user, "active")
        uninstall_hook(self.env)
        self.assertEqual(waiting.state, CANCELLED)

    def test_an_action_that_is_switched_off_is_run_by_no_job(self):
        self.env["sva.wakeup"]._engine()
        waiting = self._jobs()
        self.env.ref(ENGINE).active = False
        user = self._sva_user()
        self._end_of_request()
        self.assertEqual(self._jobs(), waiting)
        self._work()
        self.assertEqual(user.sync_state, "pending")
