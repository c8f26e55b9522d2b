# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the platform holds is compared with ours, page by page."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..client import saber_plus
from ..models import sva_reconciliation, sva_user
from .common import CPFS, PACKAGE, SvaCase


@tagged("post_install", "-at_install")
class TestReconciliation(SvaCase):
    def _finish_the_stage(self):
        self.users = self._sva_users(CPFS[:4])
        self._run_engine()
        for user in self.users:
            self.assertInStep(user, "active")

    def setUp(self):
        super().setUp()
        self.patch(saber_plus, "_PAGE_SIZE", 2)
        self._put_on_platform(self.users)
        self.sandbox.forget()

    def _runs(self):
        return self.env["sva.reconciliation"].search(
            [("integration_id", "=", self.integration.id)]
        )

    def _divergences(self):
        return self.env["sva.divergence"].search([])

    def _add_stranger(self, cpf=CPFS[4], **values):
        values = {
            "name": "Estranha",
            "phone": "+5511900000000",
            "package_code": PACKAGE,
            **values,
        }
        return self.sandbox.add_user(cpf=cpf, **values)

    def _nightly(self):
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.reconciliation"]._cron_reconcile()
        self.env.invalidate_all()

    def test_what_agrees_is_left_alone(self):
        self.integration.action_reconcile()
        self.assertEqual(self.sandbox.operations(), ["listUsers"] * 2)
        run = self._runs()
        self.assertEqual(
            (run.state, run.seen_count, run.drift_count, run.missing_count),
            ("done", 4, 0, 0),
        )
        self.assertEqual(self.integration.reconciliation_id, run)
        self.assertEqual(set(self.users.mapped("sync_state")), {"synced"})

    def test_a_proof_that_has_no_time_goes_on_the_next_day(self):
        proved = []
        with (
            patch.object(sva_user, "PROOF_SIZE", 3),
            patch.object(sva_user, "shortest_limit", lambda: 0.0),
            patch.object(
                type(self.users), "_prove_state", lambda users: proved.append(users.ids)
            ),
        ):
            for _night in range(3):
                self._nightly()
        first, last = self.users.ids[:3], self.users.ids[3:]
        self.assertEqual(proved, [first, last, first])
        self.assertEqual({*self._runs().mapped("state")}, {"done"})

    def test_a_comparison_has_begun_before_the_proof(self):
        with (
            patch.object(type(self.users), "_prove_states", side_effect=SystemExit),
            suppress(SystemExit),
        ):
            self._nightly()
        self.env.cr.rollback()
        self.env["sva.reconciliation"]._cron_go_on()
        self.assertEqual(self._runs().state, "done")

    def test_what_agrees_is_noted_and_not_written(self):
        self.sandbox.put_user(self.users[3].platform_user_id, status="disabled")
        pages = self.env["sva.reconciliation.page"]
        notes = []
        note = type(pages)._note

        def noted(model, run, users):
            result = note(model, run, users)
            found = model.search([("reconciliation_id", "=", run.id)])
            notes.append({key for keys in found.mapped("user_keys") for key in keys})
            return result

        with patch.object(type(pages), "_note", noted):
            self.integration.action_reconcile()
        self.assertEqual(self._runs().missing_count, 0)
        self.assertEqual(notes[-1], {*self.users[:3].ids})
        self.assertFalse(pages.search([]))
        self.assertEqual(
            self.users.mapped(lambda user: bool(user.seen_in)),
            [False, False, False, True],
        )

    def test_what_differs_is_put_right(self):
        one, two, three, _four = self.users
        self.sandbox.put_user(one.platform_user_id, status="blocked")
        self.sandbox.put_user(two.platform_user_id, phone="+5511911111111")
        self.sandbox.delete_user(three.platform_user_id)
        message = self.integration.button_reconcile()["params"]["message"]
        self.assertIn("2 were different", message)
        self.assertIn("1 were missing", message)
        self.assertEqual(self.users.mapped("sync_state"), ["pending"] * 3 + ["synced"])
        self._run_engine()
        for user in self.users:
            self.assertInStep(user, "active")

    def test_it_is_done_every_night(self):
        self.sandbox.put_user(self.users[0].platform_user_id, status="disabled")
        self._nightly()
        self._run_engine()
        self.assertInStep(self.users[0], "active")
        self._nightly()
        self.assertEqual(self._runs().mapped("state"), ["done", "done"])
        self.assertEqual(self._runs().mapped("drift_count"), [0, 1])

    def test_who_is_not_known_here_is_listed_once_and_left_alone(self):
        stranger = self._add_stranger()
        for _twice in range(2):
            self.integration.action_reconcile()
        self._run_engine()
        row = self._divergences()
        self.assertEqual(
            (row.platform_user_id, row.cpf_cnpj, row.platform_state, row.match),
            (stranger["id"], CPFS[4], "active", "c_none"),
        )
        self.assertIn(CPFS[4], self.sandbox.users())
        self.assertEqual(self.integration.divergence_count, 1)
        self.assertEqual(self._runs().mapped("unknown_count"), [1, 1])

    def test_who_is_a_branchs_on_the_same_account_is_no_stranger(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        other = self._integration(company_id=branch.id)
        # not known by its id yet
        self.users[0].platform_user_id = False
        other.action_reconcile()
        self.assertEqual(other.reconciliation_id.unknown_count, 0)
        self.assertFalse(self._divergences())
        # listed before it was ours
        user_id = self.users[1].platform_user_id
        row = self._divergences().create(
            {
                "integration_id": other.id,
                "platform_user_id": user_id,
                "platform_state": "active",
            }
        )
        with self.assertRefused(UserError, "another SVA user already"):
            self.users.browse()._check_not_taken(other, [user_id])
        # customers may go on with the branch, and are safe until they do
        self.integration.active = False
        self.users.browse()._check_not_taken(other, [user_id])
        row.action_remove()
        self.assertFalse(self.env["sva.user.removal"].search([]))

    def test_who_is_gone_is_listed_no_more(self):
        stranger = self._add_stranger()
        self.integration.action_reconcile()
        self.env.cr.execute(
            "UPDATE sva_divergence SET create_date = create_date - INTERVAL '1 minute'"
        )
        self.sandbox.delete_user(stranger["id"])
        self.integration.action_reconcile()
        self.assertFalse(self._divergences())

    def test_what_is_archived_is_not_listed_again(self):
        self._add_stranger()
        self.integration.action_reconcile()
        self._divergences().active = False
        self.integration.action_reconcile()
        self.assertFalse(self._divergences())
        self.assertEqual(self.integration.divergence_count, 0)

    def test_who_is_being_removed_is_no_divergence(self):
        self.users[0].unlink()
        self.integration.action_reconcile()
        self.assertFalse(self._divergences())
        self._run_engine()
        self.integration.action_reconcile()
        self.assertFalse(self._divergences())
        self.assertEqual(self._runs()[0].seen_count, 3)

    def test_what_is_being_worked_on_is_left_to_that(self):
        self.users[0].action_deactivate()
        claim = self.env["sva.engine"]._claim(self.integration)
        self.integration.action_reconcile()
        self.assertEqual(self._runs().drift_count, 0)
        self.env["sva.engine"]._converge(self.integration, claim, 1)
        self.assertInStep(self.users[0], "disabled")

    def test_it_goes_on_where_it_was_interrupted(self):
        take_page = sva_reconciliation.SvaReconciliation._take_page
        taken = []

        def killed(run, page):
            if taken:
                raise KeyboardInterrupt
            taken.append(page)
            return take_page(run, page)

        with (
            patch.object(sva_reconciliation.SvaReconciliation, "_take_page", killed),
            suppress(KeyboardInterrupt),
        ):
            self.integration.action_reconcile()
        run = self._runs()
        self.assertEqual((run.state, run.seen_count), ("running", 2))
        self.sandbox.forget()
        self.env["sva.reconciliation"]._cron_go_on()
        self.assertEqual(self.sandbox.operations(), ["listUsers"])
        self.assertEqual((run.state, run.seen_count), ("done", 4))

    def test_a_second_click_is_the_same_run(self):
        run = self.env["sva.reconciliation"]._start(self.integration)
        self.assertEqual(self.env["sva.reconciliation"]._start(self.integration), run)
        run.lease_until = fields.Datetime.now() + timedelta(minutes=1)
        message = self.integration.button_reconcile()["params"]["message"]
        self.assertIn("background", message)
        self.assertEqual(self.sandbox.operations(), [])
        run.lease_until = False
        self.env["sva.reconciliation"]._cron_go_on()
        self.assertEqual(run.state, "done")

    def test_a_failure_on_the_way_is_tried_again(self):
        self.sandbox.fault("listUsers", "status", status=503)
        with self.assertRaisesRegex(UserError, "indisponível"):
            self.integration.action_reconcile()
        run = self._runs()
        self.assertEqual((run.state, run.attempts), ("running", 1))
        self.assertTrue(run.next_date)
        self.assertEqual(self.integration.connection_state, "connected")
        self.assertFalse(self.integration.activity_ids)
        self.env["sva.reconciliation"]._cron_go_on()
        self.assertEqual(run.state, "running", "not due yet")
        run.next_date = fields.Datetime.now()
        self.env["sva.reconciliation"]._cron_go_on()
        self.assertEqual((run.state, run.error, run.seen_count), ("done", False, 4))

    def test_a_platform_that_is_away_pauses_the_integration(self):
        self.sandbox.fault("*", "status", status=503, times=None)
        self._nightly()
        self.assertEqual(self.integration.connection_state, "unreachable")
        incident = ["saber_plus_sva.activity_incident"]
        self.assertEqual(len(self.integration.activity_search(incident)), 1)
        self.sandbox.forget()
        self._nightly()
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual(len(self._runs()), 1)
        self.sandbox.mend()
        self.integration.action_reconcile()
        self.assertEqual(self._runs().state, "done")
        self.assertFalse(self.integration.activity_search(incident))

    def test_a_cursor_that_the_platform_has_forgotten(self):
        run = self.env["sva.reconciliation"]._start(self.integration)
        run.write({"cursor": "forgotten", "seen_count": 99})
        self.env["sva.reconciliation"]._cron_go_on()
        self.assertEqual((run.state, run.seen_count, run.restarts), ("done", 4, 1))

    def test_an_archived_integration(self):
        self.integration.active = False
        with self.assertRaisesRegex(UserError, "archived"):
            self.integration.action_reconcile()
        self._nightly()
        self.assertEqual(self.sandbox.operations(), [])

    def test_it_is_for_managers(self):
        with self.assertRaises(AccessError):
            self.integration.with_user(self._operator()).action_reconcile()
        manager = self._operator("test_manager", "group_sva_manager")
        self.integration.with_user(manager).action_reconcile()
        self.assertEqual(self._runs().with_user(manager).state, "done")

    def test_a_page_takes_a_constant_number_of_queries(self):
        def queries(size):
            self.patch(saber_plus, "_PAGE_SIZE", size)
            self.env["ir.cron"]._commit_progress()
            return self._queries(self.integration.action_reconcile)

        for number in range(60):
            self._add_stranger(f"{number:011}", name=f"Estranha {number}")
        many_pages = queries(32)
        one_page = queries(64)
        self.assertLess(one_page, many_pages)
        self.assertLess(one_page, 120)

    def test_runs_are_kept_for_a_while(self):
        self.integration.action_reconcile()
        run = self._runs()
        run._gc_runs()
        self.assertTrue(run.exists())
        run.start_date -= timedelta(days=91)
        run._gc_runs()
        self.assertFalse(run.exists())

    def test_a_list_without_an_end(self):
        page_of_users = saber_plus.SaberPlus.page_of_users

        def round_and_round(platform, cursor=None):
            return replace(page_of_users(platform), next_cursor="again")

        with (
            patch.object(saber_plus.SaberPlus, "page_of_users", round_and_round),
            self.assertRaisesRegex(UserError, "does not end"),
        ):
            self.integration.action_reconcile()
        run = self._runs()
        self.assertEqual((run.state, run.attempts), ("running", 1))
        self.assertEqual(self.integration.connection_state, "connected")

    def test_an_answer_that_stays_unreadable_ends_the_run(self):
        run = self.env["sva.reconciliation"]._start(self.integration)
        run.attempts = sva_reconciliation.MOST_ATTEMPTS
        self.sandbox.fault("listUsers", "malformed", times=None)
        with self.assertRaisesRegex(UserError, "could not be understood"):
            self.integration.action_reconcile()

    def test_a_user_that_cannot_be_understood_is_no_obstacle(self):
        one, two, *_others = self.users
        self.sandbox.put_user(one.platform_user_id, status="frozen")
        self.sandbox.put_user(two.platform_user_id, status="disabled")
        stranger = self._add_stranger()
        self.integration.action_reconcile()
        # it is a divergence from the first time on which it could be read
        self.sandbox.put_user(stranger["id"], status="frozen")
        self.env.cr.execute(
            "UPDATE sva_divergence SET create_date = create_date - INTERVAL '1 minute'"
        )
        message = self.integration.button_reconcile()["params"]["message"]
        self.assertIn("2 could not be understood", message)
        run = self._runs()[0]
        self.assertEqual(
            (run.state, run.seen_count, run.unread_count, run.missing_count),
            ("done", 3, 2, 0),
        )
        self.assertRegex(run.unread, rf"^{one.platform_user_id}: .*\(status\)")
        self.assertEqual(self._divergences().platform_user_id, stranger["id"])
        self.assertEqual(one.sync_state, "synced")
        self._run_engine()
        self.assertInStep(two, "active")

    def test_what_nobody_foresaw_stops_one_comparison_only(self):
        company = self.env["res.company"].create({"name": "Outro provedor"})
        other = self._integration(company_id=company.id)
        runs = type(self.env["sva.reconciliation"])
        take_page = runs._take_page

        def fail_for_one(run, page):
            if run.integration_id == other:
                raise ZeroDivisionError
            return take_page(run, page)

        with (
            patch.object(runs, "_take_page", fail_for_one),
            self.assertLogs("odoo.addons.saber_plus_sva.models", "ERROR"),
        ):
            self._nightly()
        self.assertEqual(self._runs().state, "done")
        run = self.env["sva.reconciliation"].search([("integration_id", "=", other.id)])
        self.assertEqual((run.state, run.attempts), ("running", 1))
        self.assertGreater(run.next_date, fields.Datetime.now())
        self.assertIn("unexpected", run.error)

    def test_no_transaction_is_open_while_a_page_is_asked_for(self):
        page_of_users = saber_plus.SaberPlus.page_of_users
        states = []

        # the test's own transaction is always open; what counts is that nothing was
        # asked since the last commit
        commits = []
        progress = type(self.env["ir.cron"])._commit_progress

        def commit(cron, *arguments, **options):
            result = progress(cron, *arguments, **options)
            commits.append(self.env.cr.sql_log_count)
            return result

        def ask(platform, cursor=None):
            states.append(self.env.cr.sql_log_count - commits[-1])
            return page_of_users(platform, cursor)

        with (
            patch.object(type(self.env["ir.cron"]), "_commit_progress", commit),
            patch.object(saber_plus.SaberPlus, "page_of_users", ask),
        ):
            self.integration.action_reconcile()
        self.assertEqual(states, [0, 0])
