# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The SVA user rests with the contract, and comes back by itself."""

from datetime import timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestSuspension(SvaCase):
    def _finish_the_stage(self):
        self.user = self._sva_user()
        self._run_engine()

    def setUp(self):
        super().setUp()
        self._put_on_platform(self.user)
        self.today = self.contract._today()

    def _day(self, days):
        return self.today + timedelta(days=days)

    def _suspend(self, first=0, last=39):
        self.contract.action_suspend(self._day(first), self._day(last))
        self._end_of_request()

    def _on_day(self, days):
        """The daily action runs on a day, and the engine after it."""
        with freeze_time(f"{self._day(days)} 15:00:00"):
            self._dun()
            self._run_engine()

    def test_at_once_and_back_on_the_day(self):
        self._suspend()
        self.assertEqual(self.user.state, "blocked")
        self.assertEqual(self.user.state_until, self._day(40))
        self._run_engine()
        self.assertInStep(self.user, "blocked")
        self._on_day(39)
        self.assertInStep(self.user, "blocked")
        self._on_day(40)
        self.assertInStep(self.user, "active")

    def test_on_the_day_that_was_planned(self):
        self._suspend(5, 44)
        self.assertEqual(self.user.state, "active")
        self._on_day(4)
        self.assertInStep(self.user, "active")
        self._on_day(5)
        self.assertInStep(self.user, "blocked")
        self._on_day(45)
        self.assertInStep(self.user, "active")

    def test_days_on_which_nothing_ran(self):
        self._suspend(5, 44)
        self._on_day(20)
        self.assertInStep(self.user, "blocked")
        self._on_day(60)
        self.assertInStep(self.user, "active")

    def test_ended_early(self):
        self._suspend()
        self._run_engine()
        with freeze_time(f"{self._day(10)} 15:00:00"):
            self.contract.action_end_suspension()
            self.assertEqual(self.user.state, "active")
            self._run_engine()
        self.assertInStep(self.user, "active")

    def test_never_disabled_and_never_another_product(self):
        other = self._sva_product("Saber+ Kids", self._package("SABER-KIDS"))
        self._sva_line().date_end = self._day(5)
        start = self._day(6)
        self.contract.contract_line_ids = [
            Command.create(
                self._line_values(other, date_start=start, recurring_next_date=start)
            )
        ]
        self.assertEqual(self.user.product_id, self.product)
        self._run_engine()
        self.env["sva.api.call"].search([]).unlink()
        self._suspend()
        self.assertEqual(self.user.product_id, self.product)
        self._on_day(10)
        self.assertInStep(self.user, "blocked")
        with freeze_time(f"{self._day(10)} 15:00:00"):
            self.contract.action_end_suspension()
            self._run_engine()
        self.assertEqual(self.user.product_id, self.product)
        self.assertInStep(self.user, "active")
        self._on_day(15)
        self.assertEqual(self.user.product_id, self.product)
        operations = self.env["sva.api.call"].search([]).mapped("operation")
        self.assertEqual(operations.count("setUserStatus"), 2)
        self.assertNotIn("updateUser", operations)
        self._on_day(16)
        self.assertEqual(self.user.product_id, other)
        self.assertInStep(self.user, "active")

    def test_a_planned_one_that_is_cancelled_changes_nothing(self):
        for first in (0, 5):
            with self.subTest(first=first):
                self._suspend(first, first + 39)
                self.contract.action_end_suspension()
                self.assertEqual(self.user.state, "active")
                self.assertFalse(self.user.state_until)
                self.assertEqual(len(self._sva_line()), 1)

    def test_other_steps_meanwhile(self):
        self._suspend()
        self.contract.action_block()
        self.assertEqual(self.user.state, "blocked")
        self._on_day(40)
        self.assertInStep(self.user, "blocked")
        self.contract.action_release()
        with freeze_time(f"{self._day(40)} 15:00:00"):
            self.user.invalidate_recordset()
            self._dun()
            self.env["sva.user"]._prove_states()
            self._run_engine()
        self.assertInStep(self.user, "active")

    def test_released_meanwhile(self):
        self._suspend()
        self.contract.action_block()
        self.contract.action_release()
        self.assertEqual(self.user.state, "blocked")
        self._on_day(40)
        self.assertInStep(self.user, "active")

    def test_withdrawn_meanwhile(self):
        self._suspend()
        self.contract.action_withdraw("Mudou de ideia")
        self.assertEqual(self.user.state, "disabled")
        self._on_day(40)
        self.assertInStep(self.user, "disabled")

    def test_terminated_meanwhile(self):
        self._suspend()
        reason = self.env["contract.terminate.reason"].create({"name": "Mudou-se"})
        self.contract._terminate_contract(reason, "", self.today)
        self.assertEqual(self.user.state, "disabled")
        self.contract.action_cancel_contract_termination()
        self.assertEqual(self.user.state, "blocked")
        self._on_day(40)
        self.assertInStep(self.user, "active")

    def test_an_overdue_invoice_meanwhile(self):
        self._switch_dunning_on()
        invoice = self._invoice(self.contract, 0)
        self._suspend()
        self._on_day(2)
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertInStep(self.user, "blocked")
        self._pay(invoice)
        self._run_engine()
        self.assertInStep(self.user, "blocked")
        self._on_day(40)
        self.assertInStep(self.user, "active")

    def test_a_user_that_was_deleted_does_not_come_back(self):
        self.contract.sva_auto_activate = True
        self.user.unlink()
        self._suspend()
        self.assertFalse(self.contract.sva_user_ids)
        with freeze_time(f"{self._day(3)} 15:00:00"):
            self.contract.action_end_suspension()
        self.assertFalse(self.contract.sva_user_ids)

    def test_a_user_that_is_made_meanwhile_waits(self):
        contract = self._contract(self._customer("João", "11144477735"))
        contract.action_suspend(self.today, self._day(39))
        user = self._sva_user(contract)
        self.assertEqual(user.state, "blocked")
        self._run_engine()
        self.assertFalse(self._on_platform(user))
        self._on_day(40)
        self.assertInStep(user, "active")
