# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Termination by OCA's wizard, and the lines that OCA's other wizards move."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestTermination(SvaCase):
    def setUp(self):
        super().setUp()
        self.user = self._sva_user()
        self.today = self.contract._sva_today()
        self.reason = self.env["contract.terminate.reason"].create(
            {"name": "Mudou-se", "terminate_comment_required": False}
        )

    def _terminate(self, days):
        self.env["contract.contract.terminate"].create(
            {
                "contract_id": self.contract.id,
                "terminate_reason_id": self.reason.id,
                "terminate_date": self.today + timedelta(days=days),
            }
        ).terminate_contract()

    def _on_day(self, days):
        noon = f"{self.today + timedelta(days=days)} 15:00:00"
        with freeze_time(noon):
            self._dun()

    def test_past_and_present(self):
        for days in (-3, 0):
            with self.subTest(days=days):
                self._terminate(days)
                self.assertStanding(self.contract, "inactive", "disabled")
                self.assertEqual(self.user.state, "disabled")
                self.contract.action_cancel_contract_termination()
                self.assertStanding(self.contract, "active", "active")

    def test_on_the_day_and_never_before(self):
        self._terminate(10)
        self.assertStanding(self.contract, "active", "active")
        self._on_day(9)
        self.assertStanding(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")
        self._on_day(10)
        self.assertStanding(self.contract, "inactive", "disabled")
        self.assertEqual(self.user.state, "disabled")

    def test_a_day_on_which_nothing_ran(self):
        self._terminate(10)
        self._on_day(14)
        self.assertStanding(self.contract, "inactive", "disabled")

    def test_another_date(self):
        self._terminate(10)
        self._terminate(20)
        self._on_day(15)
        self.assertStanding(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")
        self._terminate(5)
        self._on_day(5)
        self.assertStanding(self.contract, "inactive", "disabled")

    def test_cancelled_before_the_day(self):
        self._terminate(10)
        self.contract.action_cancel_contract_termination()
        self._on_day(15)
        self.assertStanding(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")

    def test_a_cancelled_termination_leaves_no_trace(self):
        line = self._sva_line()
        line.date_end = self.today + timedelta(days=100)
        names = ["date_end", "recurring_next_date", "is_auto_renew", "is_canceled"]
        before = line.read(names)
        self._terminate(0)
        self._terminate(3)
        self.contract.action_cancel_contract_termination()
        self.assertStanding(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")
        self.assertEqual(line.read(names), before)

    def test_a_line_that_had_not_started_comes_back(self):
        line = self._sva_line()
        line.write(
            {
                "date_start": self.today + timedelta(days=5),
                "recurring_next_date": self.today + timedelta(days=5),
            }
        )
        self._terminate(2)
        self.assertTrue(line.is_canceled)
        self.contract.action_cancel_contract_termination()
        self.assertFalse(line.is_canceled)
        self.assertEqual(self.user.state, "blocked")

    def test_a_reactivated_contract_gives_access_again(self):
        self._terminate(0)
        self.contract.action_reactivate()
        self.assertStanding(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")

    def test_a_blacklisted_contract_stays_so(self):
        self._terminate(0)
        self.contract.action_blacklist()
        self.contract.action_cancel_contract_termination()
        self.assertStanding(self.contract, "blacklisted", "disabled")

    def test_a_line_that_starts_and_ends(self):
        line = self._sva_line()
        line.write(
            {
                "date_start": self.today + timedelta(days=3),
                "recurring_next_date": self.today + timedelta(days=3),
                "date_end": self.today + timedelta(days=6),
            }
        )
        self.assertEqual(self.user.state, "blocked")
        for day, state in ((2, "blocked"), (3, "active"), (6, "active")):
            self._on_day(day)
            self.assertEqual(self.user.state, state, day)
        self._run_engine()
        self._on_day(9)
        self.assertEqual(self.user.state, "disabled")
        self.assertEqual(self.user.sync_state, "pending")
        self.assertFalse(self.user.state_until)

    def test_a_suspension(self):
        line = self._sva_line()
        line.stop_plan_successor(
            self.today + timedelta(days=2), self.today + timedelta(days=5), False
        )
        for day, state in (
            (1, "active"),
            (3, "blocked"),
            (5, "blocked"),
            (6, "active"),
        ):
            self._on_day(day)
            self.assertEqual(self.user.state, state, day)

    def test_a_renewal(self):
        line = self._sva_line()
        line.write(
            {
                "date_end": self.today + timedelta(days=1),
                "is_auto_renew": True,
                "auto_renew_interval": 1,
                "auto_renew_rule_type": "yearly",
            }
        )
        line.renew()
        self._on_day(30)
        self.assertEqual(self.user.state, "active")
