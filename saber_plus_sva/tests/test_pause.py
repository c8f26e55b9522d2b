# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A stop that stops, and what would have been done."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestPause(SvaCase):
    def _stop_after(self, calls, stop):
        """Stop in the middle of a batch, when so many calls have been begun."""
        kind = type(self.env["sva.api.call"])
        begin = kind._begin
        begun = []

        def begin_or_stop(model, integration, wanted, *arguments):
            if len(begun) >= calls:
                stop()
                self.env.flush_all()
            begin(model, integration, wanted, *arguments)
            begun.extend(call for call in wanted if call.record)

        return patch.object(kind, "_begin", begin_or_stop)

    def test_a_stop_in_the_middle_of_a_batch(self):
        self.integration.max_concurrency = 1
        for name, stop in (
            (
                "paused",
                lambda: self.integration.action_pause("The platform is moved"),
            ),
            ("archived", lambda: self.integration.write({"active": False})),
        ):
            with self.subTest(name):
                self.sandbox.reset()
                self.env["sva.user"].search([]).unlink()
                self.env["sva.user.removal"].search([]).unlink()
                users = self._sva_users(cpfs(6))
                self.sandbox.forget()
                with self._stop_after(3, stop):
                    self._run_engine()
                self.assertEqual(self.sandbox.operations(), ["createUser"] * 3)
                self._run_engine()
                self.assertEqual(len(self.sandbox.operations()), 3)
                waiting = users.filtered(lambda user: user.sync_state == "pending")
                self.assertEqual(len(waiting), 3)
                self.assertEqual(set(waiting.mapped("sync_attempts")), {0})
                self.assertFalse(any(waiting.mapped("lease_token")))
                self.assertFalse(self.integration.activity_ids)
                self.integration.active = True
                self.integration.action_resume()
                self._run_engine()
                for user in users:
                    self.assertInStep(user, "active")

    def test_pause_and_resume_are_in_the_chatter(self):
        manager = self._operator("test_manager", "group_sva_manager")
        mine = self.integration.with_user(manager)
        action = mine.action_open_pause()
        wizard = (
            self.env["sva.integration.pause"]
            .with_user(manager)
            .with_context(**action["context"])
            .create({"reason": "The platform is moved."})
        )
        wizard.action_pause()
        self.assertTrue(self.integration.is_on_hold)
        self.assertIn("The platform is moved", self.integration.message_ids[0].body)
        self.assertEqual(self.integration.message_ids[0].author_id, manager.partner_id)
        user = self._sva_user()
        self.sandbox.forget()
        with self.assertRaisesRegex(UserError, "The platform is moved"):
            user.action_sync()
        with self.assertRaisesRegex(UserError, "paused or archived"):
            mine.action_fetch_packages()
        self.assertEqual(self.sandbox.operations(), [])
        # to know whether to go on, a manager tests the connection
        self.assertTrue(mine.action_test_connection())
        self.assertTrue(self.integration.is_on_hold)
        mine.action_resume()
        self.assertIn("Resumed", self.integration.message_ids[0].body)
        self._run_engine()
        self.assertInStep(user, "active")

    def test_a_pause_needs_a_reason(self):
        for reason in (False, "", "  "):
            with self.assertRefused(UserError, "Say why"):
                self.integration.action_pause(reason)
        for arguments in ((1,), ("We look first", "yes")):
            with self.assertRefused(UserError, "of another type"):
                self.integration.action_pause(*arguments)
        self.assertFalse(self.integration.is_on_hold)

    def test_programs_are_told_that_it_is_paused(self):
        user = self._sva_user()
        self.integration.action_pause("The platform is moved.")
        [result] = user.action_sync(partial=True)
        self.assertEqual((result["ok"], result["code"]), (False, "integration_paused"))
        self.assertIn("The platform is moved", result["message"])

    def test_only_managers_pause(self):
        clerk = self.integration.with_user(self._operator())
        for refused in (
            lambda: clerk.action_pause("No."),
            clerk.action_resume,
            lambda: clerk.write({"is_on_hold": True}),
        ):
            with self.assertRefused(AccessError, ""):
                refused()
        manager = self._operator("test_manager", "group_sva_manager")
        with self.assertRefused(UserError, "cannot be written"):
            self.integration.with_user(manager).is_on_hold = True

    def _planned(self):
        calls = self.env["sva.api.call"].search([("outcome", "=", "planned")])
        return sorted((call.sva_user_id.id, call.operation) for call in calls)

    def _rehearse(self):
        self._run_engine()
        self.env["sva.reconciliation"]._cron_go_on()

    def test_what_is_restored_waits_for_a_manager(self):
        user = self._sva_user()
        self._run_engine()
        self.integration.active = False
        self.contract.action_block("x")
        self._run_engine()
        self.assertEqual(user.platform_state, "active")
        self.assertIn("Archived", user._sync_problem()[1])
        self.integration.active = True
        self._run_engine()
        self.assertEqual(user.platform_state, "active")
        self.integration.action_resume()
        self._run_engine()
        self.assertInStep(user, "blocked")

    def test_what_others_have_taken_over_is_not_restored(self):
        user, removed, theirs = self._sva_users(cpfs(3))
        self._run_engine()
        company = self.env["res.company"].create({"name": "Outro provedor"})
        other = self._integration(company_id=company.id)
        self.integration.active = False
        taken = removed.platform_user_id
        removed.unlink()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sva_user SET integration_id = %s WHERE id = %s",
            (other.id, theirs.id),
        )
        self.env.invalidate_all()
        theirs.platform_user_id = taken
        with self.assertRefused(UserError, "of another SVA user"):
            self.integration.active = True
        theirs.platform_user_id = False
        self.env.flush_all()
        theirs.platform_user_id = user.platform_user_id
        with self.assertRefused(UserError, "of another SVA user"):
            self.integration.active = True
        theirs.platform_user_id = False
        # one that was archived before archiving paused
        self.integration.is_on_hold = False
        self.integration.active = True
        self.assertTrue(self.integration.is_on_hold)

    def test_a_dry_run_says_what_would_be_called(self):
        known, gone = self._sva_users(cpfs(2))
        self._run_engine()
        self.integration.action_pause("We look first", dry_run=True)
        new = self._sva_user()
        known.phone = "11 91234-5678"
        gone.unlink()
        self.sandbox.forget()
        self._rehearse()
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual(
            self._planned(),
            sorted(
                [
                    (known.id, "updateUser"),
                    (new.id, "createUser"),
                    (False, "listUsers"),
                ]
            ),
        )
        before = self.env["sva.api.call"].search([("outcome", "=", "planned")])
        self._rehearse()
        self.assertEqual(before.exists(), before, "written down once")
        new.action_deactivate()
        self._rehearse()
        self.assertNotIn((new.id, "createUser"), self._planned())

        self.integration.action_resume()
        self.assertFalse(self._planned())
        self._run_engine()
        self.assertInStep(known, "active")
