# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Work that ends before its worker is killed, and what is left where it was killed."""

import threading
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.service import server
from odoo.tests import tagged
from odoo.tools import config

from .. import worker
from .common import CPFS, SvaCase

INCIDENT = "saber_plus_sva.activity_incident"


@tagged("post_install", "-at_install")
class TestWorker(SvaCase):
    @contextmanager
    def _watched(self, seconds, used=0):
        """As in a scheduled action that its worker has this long for.

        :param used: seconds that have been used up before it began
        """
        prefork = server.PreforkServer.__new__(server.PreforkServer)
        options = {"limit_time_real": 120, "limit_time_real_cron": seconds}
        with (
            patch.object(server, "server", prefork),
            patch.dict(config.options, options),
            patch.object(worker, "_request_began", lambda: None),
        ):
            with worker.scheduled_action("test", 1):
                pass
            worker._over["test", 1] -= used
            with worker.scheduled_action("test", 1):
                yield

    def _kill(self, user):
        """A process has claimed it, and is gone by now."""
        self.assertTrue(self.env["sva.engine"]._claim(self.integration))
        user.lease_until = fields.Datetime.now() - timedelta(seconds=1)

    def test_nobody_watches_a_shell(self):
        with patch.object(server, "server", None):
            self.assertEqual(worker.seconds_left(), float("inf"))

    def test_a_request_has_other_limits_than_an_action(self):
        with self._watched(60):
            self.assertAlmostEqual(worker.seconds_left(), 60, delta=2)
            self.assertTrue(worker.is_fresh())
            with patch.object(worker, "_request_began", lambda: 1.0):
                self.assertLess(worker.seconds_left(), 0)
                self.assertFalse(worker.is_fresh())

    def test_a_worker_that_has_waited_comes_back_fresh(self):
        self._sva_user()
        with self._watched(60, used=40):
            before = self._triggers()
            self._run_engine()
            self.assertTrue(self._triggers() - before)
            self.assertEqual(self.sandbox.operations(), [])
        with self._watched(60):
            self._run_engine()
            self.assertEqual(self.sandbox.operations(), ["createUser"])

    def test_no_call_is_begun_that_the_worker_could_not_wait_for(self):
        user = self._sva_user()
        self.env.flush_all()
        claim = self.env["sva.engine"]._claim(self.integration)
        self.sandbox.forget()
        with self._watched(11):
            self.env["sva.engine"]._converge(self.integration, claim, 1)
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual((user.sync_attempts, user.lease_token), (0, False))
        self.assertFalse(self.integration._is_paused())
        self._run_engine()
        self.assertInStep(user, "active")

    def test_a_timeout_that_no_worker_can_wait_for(self):
        with (
            patch.dict(config.options, {"limit_time_real_cron": 60}),
            self.assertRefused(ValidationError, "at most 24 seconds"),
        ):
            self.integration.request_timeout = 25
        with patch.dict(config.options, {"limit_time_real_cron": 0}):
            self.integration.request_timeout = 54
        # limits may become others later
        with patch.dict(config.options, {"limit_time_real_cron": 30}):
            self.assertEqual(self.integration._patience(), 9)

    def test_an_attempt_counts_when_it_is_begun(self):
        user = self._sva_user()
        self._kill(user)
        self.assertEqual(user.sync_attempts, 1)
        self._kill(user)
        self.assertEqual(user.sync_attempts, 2)

    def test_what_is_killed_twice_is_told(self):
        user = self._sva_user()
        other = self._sva_user(self._contract(self._customer("José", CPFS[1])))
        engine = "odoo.addons.saber_plus_sva.models.sva_engine_recovery"
        self._kill(user + other)
        with self.assertLogs(engine, "WARNING") as logs:
            self._kill(user + other)
        self.assertEqual(len(logs.output), 1)
        self.assertIn(self.env.company.name, logs.output[0])
        self.assertFalse(self.integration.activity_search([INCIDENT]))

        self._run_engine()
        activity = self.integration.activity_search([INCIDENT])
        reader = self.integration.with_context(lang=activity.user_id.lang)
        self.assertIn(reader._explain("killed", None), activity.note)
        self.assertEqual(user.sync_state, "pending")
        self.assertIn("killed", user.sync_error)
        self.assertGreater(user.next_sync_date, fields.Datetime.now())

        (user + other).next_sync_date = False
        user.manually_disabled = True  # nothing to do for this one but to look
        self._run_engine()
        self.assertInStep(other, "active")
        self.assertEqual((user + other).mapped("kill_count"), [0, 0])
        self.assertFalse(self.integration.activity_search([INCIDENT]))

    def test_an_answer_that_nobody_waits_for_any_more(self):
        user = self._sva_user()
        recorded = []
        calls = self.env["sva.api.call"]
        begin = type(calls)._begin

        def begin_and_remember(*arguments, **options):
            begin(*arguments, **options)
            recorded.extend(arguments[2])

        with patch.object(type(calls), "_begin", begin_and_remember):
            self._run_engine()
        self.assertEqual(len(recorded), 1)
        call = calls.browse(recorded[0].record)
        self.assertEqual((call.sva_user_id, call.outcome), (user, "ok"))
        call.outcome = "sent"
        user.phone = "11 91234-5678"
        self._kill(user)
        call.date -= timedelta(minutes=10)
        self._run_engine()
        self.assertEqual((call.outcome, call.is_failure), ("killed", True))
        self.assertInStep(user, "active")

    def test_many_threads_are_written_down_by_one(self):
        writers = set()
        calls = self.env["sva.api.call"]
        begin = type(calls)._begin

        def begin_here(*arguments, **options):
            writers.add(threading.get_ident())
            begin(*arguments, **options)

        self._sva_users(CPFS[1:])
        self.sandbox.fault("createUser", "latency", seconds=0.2, times=None)
        with patch.object(type(calls), "_begin", begin_here):
            self._run_engine()
        self.assertEqual(writers, {threading.get_ident()})
        made = calls.search([("operation", "=", "createUser")])
        self.assertEqual(made.mapped("outcome"), ["ok"] * 4)

    def test_where_calls_cannot_be_written_down_none_is_made(self):
        user = self._sva_user()
        self.sandbox.forget()
        calls = type(self.env["sva.api.call"])
        with (
            patch.object(calls, "_begin", side_effect=ValueError("secret")),
            self.assertLogs("odoo.addons.saber_plus_sva", "ERROR") as logs,
        ):
            self._run_engine()
        self.assertNotIn("secret", "".join(logs.output))
        self.assertEqual(self.sandbox.operations(), [])
        self.assertFalse(user.lease_token)
        self._run_engine()
        self.assertInStep(user, "active")
