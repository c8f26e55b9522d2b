# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One SVA user is left alone, or tried again at once."""

from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestSkip(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def _finish_the_stage(self):
        self.user = self._sva_user()

    def setUp(self):
        super().setUp()
        self.mine = self.user.with_user(self.manager)

    def test_a_skipped_user_waits_and_says_why(self):
        action = self.mine.action_open_skip()
        wizard = (
            self.env["sva.user.skip"]
            .with_user(self.manager)
            .with_context(**action["context"])
            .create({"reason": "The platform is looking into it"})
        )
        wizard.action_skip()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual(self.user.sync_state, "pending")
        self.assertIn("The platform is looking into it", self.user.sync_error)
        self.assertIn("looking into it", self.user.message_ids[0].body)
        with self.assertRaisesRegex(UserError, "looking into it"):
            self.user.action_sync()
        self.assertEqual(self.sandbox.operations(), [])

        self.user.skip_until = fields.Datetime.now() - timedelta(seconds=1)
        self._run_engine()
        self.assertInStep(self.user, "active")

    def test_an_end_that_is_not_to_come(self):
        for reason, until in (
            ("x", "2020-01-01"),
            (" ", "2099-01-01"),
            ("x", False),
            ("x", 5),
            ("x", [[1]]),
            ("x", "2099-01-01T00:00:00Z"),
            (5, "2099-01-01"),
        ):
            with self.assertRefused(UserError, ""):
                self.mine.action_skip(reason, until)

    def test_only_managers(self):
        clerk = self.user.with_user(self._operator())
        for refused in (
            lambda: clerk.action_skip("x", "2099-01-01"),
            clerk.action_unstick,
        ):
            with self.assertRefused(AccessError, "managers"):
                refused()
        with self.assertRefused(UserError, "Only the phone"):
            self.mine.skip_until = "2099-01-01"

    def test_a_user_that_is_stuck(self):
        self.mine.action_skip("x", "2099-01-01 00:00:00")
        self.user.write(
            {
                "lease_token": "gone",
                "lease_until": fields.Datetime.now() - timedelta(hours=1),
                "next_sync_date": fields.Datetime.now() + timedelta(hours=1),
                "sync_attempts": 9,
                "kill_count": 3,
            }
        )
        self.assertTrue(self.mine.action_unstick())
        self._run_engine()
        self.assertInStep(self.user, "active")
        self.assertEqual((self.user.sync_attempts, self.user.kill_count), (0, 0))

    def test_one_that_is_being_worked_on(self):
        self.user.lease_until = fields.Datetime.now() + timedelta(hours=1)
        with self.assertRefused(UserError, "right now"):
            self.mine.action_unstick()
