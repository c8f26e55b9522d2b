# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Claims that overlap: what is taken while calls are under way, and what is not."""

from collections import Counter
from unittest.mock import patch

from odoo.tests import tagged

from ..models import sva_api_call, sva_engine
from ..models.sva_api_call import CallRecorder, RecordedCall
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
        users = self._sva_users(cpfs(count))
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

    def _recorded(self):
        """How often each operation was written down, by what became of it."""
        calls = self.env["sva.api.call"].search([])
        return Counter((call.operation, call.outcome) for call in calls)

    def _admitted(self):
        """What is looked at and written down at once, from now on."""
        groups = []
        calls = type(self.env["sva.api.call"])
        begin = calls._begin

        def note_and_begin(model, integration, recorded, *arguments):
            groups.append([(call.operation, call.key) for call in recorded])
            return begin(model, integration, recorded, *arguments)

        self.patch(calls, "_begin", note_and_begin)
        return groups

    def _known_to_the_platform(self, count):
        users = self._many(count)
        self._run_engine()
        users.contract_id.action_block()
        self.env.flush_all()
        self.env["sva.api.call"].search([]).unlink()
        self.claimed.clear()
        return users

    def test_the_calls_of_further_claims_are_written_down_ahead(self):
        users = self._known_to_the_platform(6)
        # however slow this machine is
        self.patch(sva_api_call, "AHEAD_SECONDS", 60)
        admitted = self._admitted()
        ahead = []
        write_ahead = CallRecorder.write_ahead

        def note_and_write_ahead(recorder, calls):
            ahead.append(len(calls))
            write_ahead(recorder, calls)

        self.patch(CallRecorder, "write_ahead", note_and_write_ahead)
        self._run_engine()
        self.assertEqual(set(users.mapped("platform_state")), {"blocked"})
        self.assertEqual(ahead, [2, 2])
        self.assertEqual(sum(map(len, admitted)), 6)
        self.assertEqual(self._recorded(), {("setUserStatus", "ok"): 6})

    def test_what_was_written_down_too_long_ago_is_asked_for_again(self):
        self._known_to_the_platform(6)
        self.patch(sva_api_call, "AHEAD_SECONDS", 0)
        admitted = self._admitted()
        self._run_engine()
        self.assertEqual(sum(map(len, admitted)), 6 + 4)
        self.assertEqual(self._recorded(), {("setUserStatus", "ok"): 6})

    def test_what_turns_out_otherwise_is_written_down_as_it_is(self):
        users = self._known_to_the_platform(6)
        for user in users:
            self.sandbox.delete_user(user.platform_user_id)
        self._run_engine()
        self.assertEqual(
            self._recorded(),
            {
                ("setUserStatus", "not_found"): 6,
                ("getUser", "not_found"): 6,
                # by our reference, and by the CPF
                ("listUsers", "ok"): 12,
            },
        )

    def test_a_call_that_was_not_made_is_not_among_the_calls(self):
        users = self._known_to_the_platform(8)
        self.integration.max_concurrency = 2
        # two of the first claim go through, and nothing after them
        self.sandbox.fault("setUserStatus", "status", times=None)
        self.sandbox.fault("getAccount", "status", times=None)
        self.sandbox.forget()
        self._run_engine()
        made = Counter(call["operation"] for call in self.sandbox.requests())
        recorded = Counter()
        for (operation, outcome), count in self._recorded().items():
            self.assertEqual(outcome, "internal_error")
            recorded[operation] += count
        self.assertEqual(recorded, made)
        self.assertFalse(users.filtered("lease_token"))

    def test_a_stop_holds_for_what_was_written_down_ahead(self):
        users = self._known_to_the_platform(6)
        take = type(self.engine)._write_ahead

        def stop_after(engine, exchange, claim):
            take(engine, exchange, claim)
            self.integration.is_on_hold = True
            self.env.flush_all()
            # the next call that is asked for is refused, and so are these
            exchange.recorder.write_ahead([RecordedCall(None, 1, "getAccount", "GET")])

        self.patch(type(self.engine), "_write_ahead", stop_after)
        self.sandbox.fault("setUserStatus", "latency", seconds=0.3, times=None)
        self.sandbox.forget()
        self._run_engine()
        self.assertLess(len(self.sandbox.requests("setUserStatus")), 6)
        made = len(self.sandbox.requests())
        self.assertEqual(sum(self._recorded().values()), made)
        self.assertFalse(users.filtered("lease_token"))
