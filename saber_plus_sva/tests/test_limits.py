# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Slots and rate limit, as processes share them: each has a session of its own."""

import time
from contextlib import suppress

from odoo.exceptions import UserError
from odoo.sql_db import db_connect
from odoo.tests import tagged

from ..client.errors import NotSent
from ..limits import RateLimit, slots
from ..models import sva_connection_mixin
from .common import SvaCase

ACCOUNT = 999_999


@tagged("post_install", "-at_install")
class TestLimits(SvaCase):
    def _session(self):
        return self.enterContext(db_connect(self.env.cr.dbname).cursor())

    def test_slots_are_shared(self):
        one, other = self._session(), self._session()
        with slots(one, ACCOUNT, range(1, 4), 2) as first:
            with slots(other, ACCOUNT, range(1, 4), 8) as second:
                self.assertEqual((first, second), (2, 1))
            with slots(other, ACCOUNT, range(4), 8) as person:
                self.assertEqual(person, 2, "one had been kept")
            with slots(other, ACCOUNT + 1, range(4), 8) as elsewhere:
                self.assertEqual(elsewhere, 4)
        with slots(other, ACCOUNT, range(4), 8) as all_slots:
            self.assertEqual(all_slots, 4)

    def test_slots_are_left_when_the_work_fails(self):
        one, other = self._session(), self._session()
        with suppress(ZeroDivisionError), slots(one, ACCOUNT, range(2), 2):
            one.commit()
            raise ZeroDivisionError
        with slots(one, ACCOUNT, range(2), 2) as taken:
            self.assertEqual(taken, 2)
            with suppress(Exception):
                one.execute("SELECT 1 / 0", log_exceptions=False)
        with slots(other, ACCOUNT, range(2), 2) as taken:
            self.assertEqual(taken, 2, "although the transaction had failed")

    def test_slots_end_with_the_session(self):
        one, other = db_connect(self.env.cr.dbname).cursor(), self._session()
        self.addCleanup(one.close)
        with slots(one, ACCOUNT, range(2), 2):
            process = one.connection.get_backend_pid()
            one.connection.close()
            self._wait_for_the_end_of(process)
            with slots(other, ACCOUNT, range(2), 2) as taken:
                self.assertEqual(taken, 2)

    def _wait_for_the_end_of(self, process):
        """PostgreSQL ends a session a moment after its connection was closed."""
        looking = self._session()
        for _ten_milliseconds in range(6_000):
            looking.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [process])
            if not looking.fetchall():
                return
            looking.rollback()
            time.sleep(0.01)
        self.fail("The session goes on")

    def test_the_engine_leaves_where_all_slots_are_taken(self):
        user = self._sva_user()
        self.env.flush_all()
        self.sandbox.forget()
        with slots(self._session(), self.integration.id, range(64), 64):
            self._run_engine()
            self.assertEqual(self.sandbox.operations(), [])
        self._run_engine()
        self.assertInStep(user, "active")

    def test_the_engine_keeps_a_slot_for_people(self):
        total = self.integration.max_concurrency
        with self.integration._slots(total, keep=1) as taken:
            self.assertEqual(taken, total - 1)
        self.integration.max_concurrency = 1
        with self.integration._slots(1, keep=1) as taken:
            self.assertEqual(taken, 1)

    def test_a_person_is_told_where_all_slots_are_taken(self):
        self.patch(sva_connection_mixin, "PATIENCE", 0)
        with (
            slots(self._session(), self.integration.id, range(64), 64),
            self.assertRaisesRegex(UserError, "busy"),
        ):
            self.integration.action_test_connection()
        self.assertTrue(self.integration.action_test_connection())

    def test_the_rate_limit_is_shared(self):
        cursor = self._session()
        self.addCleanup(cursor.commit)
        self.addCleanup(
            cursor.execute,
            "DELETE FROM sva_rate_limit WHERE integration_id = %s",
            [ACCOUNT],
        )
        one, other = (RateLimit(self.env.cr.dbname, ACCOUNT, 0.01) for _process in "ab")
        waits = [limit._reserve() for _turn in range(3) for limit in (one, other)]
        self.assertLessEqual(waits[0], 0)
        for turn, wait in enumerate(waits):
            self.assertAlmostEqual(wait, turn * 100, delta=50)

    def test_without_the_database_no_call_is_made(self):
        limit = RateLimit("there_is_no_such_database", ACCOUNT, 1)
        with (
            self.assertLogs("odoo.addons.saber_plus_sva.limits", "WARNING"),
            self.assertRaises(NotSent),
        ):
            limit()
