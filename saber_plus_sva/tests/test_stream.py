# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Claims that overlap: what is taken while calls are under way, and what is not."""

from unittest.mock import patch

from odoo.tests import tagged

from ..models import sva_engine
from .common import SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestStream(SvaCase):
    def setUp(self):
        super().setUp()
        self.patch(sva_engine, "BATCH_SIZE", 2)
        self.engine = self.env["sva.engine"]
        self.claimed, self.settled = [], []
        kind = type(self.engine)
        take, settle = kind._take, kind._settle

        def take_and_note(engine, *arguments):
            claim = take(engine, *arguments)
            if claim:
                self.claimed.append(claim.token)
            return claim

        def note_and_settle(engine, integration, claim, exchange):
            self.settled.append(claim.token)
            return settle(engine, integration, claim, exchange)

        self.patch(kind, "_take", take_and_note)
        self.patch(kind, "_settle", note_and_settle)

    def _many(self, count):
        users = self.env["sva.user"].union(
            *(
                self._sva_user(self._contract(self._customer(f"Cliente {cpf}", cpf)))
                for cpf in cpfs(count)
            )
        )
        self.env.flush_all()
        return users

    def test_a_slow_call_does_not_keep_other_claims(self):
        users = self._many(6)
        self.sandbox.fault("createUser", "latency", seconds=1)
        self._run_engine()
        for user in users:
            self.assertInStep(user, "active")
        first, *others = self.claimed
        self.assertEqual(len(others), 2)
        self.assertEqual(self.settled, [*others, first])

    def test_a_turn_goes_on_while_there_is_work(self):
        users = self._many(5)
        self.assertEqual(self.engine._run_batch(self.integration), 5)
        self.assertEqual(set(users.mapped("sync_state")), {"synced"})

    def test_a_turn_is_a_share_of_a_round(self):
        users = self._many(6)
        company = self.env["res.company"].create({"name": "Outro provedor"})
        due = self.integration + self._integration(company_id=company.id)
        self.integration.max_concurrency = 2
        self.sandbox.fault("createUser", "latency", seconds=0.3, times=None)
        self.patch(sva_engine, "ROUND_SECONDS", 0.5)
        with patch.object(type(self.engine), "_due_integrations", lambda _engine: due):
            # whatever comes back after a quarter of a second comes too late
            self.assertEqual(self.engine._run_batch(self.integration), 2)
        self.assertEqual(len(users.filtered("platform_user_id")), 2)

    def test_nothing_more_is_taken_once_it_is_stopped(self):
        users = self._many(6)
        note_and_settle = type(self.engine)._settle

        def stop_and_settle(engine, integration, *arguments):
            integration.is_on_hold = True
            return note_and_settle(engine, integration, *arguments)

        self.integration.max_concurrency = 2
        self.sandbox.fault("createUser", "latency", seconds=0.2, times=None)
        with patch.object(type(self.engine), "_settle", stop_and_settle):
            self._run_engine()
        known = users.filtered("platform_user_id")
        self.assertEqual(len(self.sandbox.users()), len(known))
        self.assertLess(len(known), 6)
        self.assertFalse(users.filtered("lease_token"))
        self.assertEqual(set((users - known).mapped("sync_attempts")), {0})

    def test_nothing_more_is_taken_where_nothing_can_be_called(self):
        users = self._many(6)
        calls = type(self.env["sva.api.call"])
        with (
            patch.object(calls, "_begin", side_effect=ValueError),
            self.assertLogs("odoo.addons.saber_plus_sva", "ERROR"),
        ):
            self._run_engine()
        self.assertLess(len(self.claimed), 3)
        self.assertEqual(self.settled, self.claimed)
        self.assertFalse(users.filtered("lease_token"))
