# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Termination by OCA's wizard, and the lines that OCA's other wizards move."""

import itertools
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestTermination(SvaCase):
    def _finish_the_stage(self):
        self.user = self._sva_user()

    def setUp(self):
        super().setUp()
        self.today = self.contract._today()

    def _terminate(self, days):
        return super()._terminate(self.today + timedelta(days=days))

    def _on_day(self, days):
        noon = f"{self.today + timedelta(days=days)} 15:00:00"
        with freeze_time(noon):
            self._dun()

    def test_the_reasons_that_people_are_offered(self):
        self._speak_portuguese()
        clerk = self._operator()
        wizards = self.env["contract.contract.terminate"].with_user(clerk)
        domain = wizards._fields["terminate_reason_id"].domain
        reasons = self.env["contract.terminate.reason"].with_user(clerk)
        ours = self.env["ir.model.data"].search(
            [("module", "=", "contract_access"), ("model", "=", reasons._name)]
        )
        offered = reasons.search([*domain, ("id", "in", ours.mapped("res_id"))])
        self.assertEqual(
            offered.with_context(lang="pt_BR").mapped("name"),
            [
                "Mudança de endereço",
                "Preço",
                "Foi para a concorrência",
                "Insatisfação com o serviço",
                "Falecimento do titular",
                "Inadimplência",
            ],
        )
        automatic = self.env.ref("contract_access.terminate_reason_default")
        self.assertNotIn(automatic, offered)
        self.assertEqual(
            automatic.with_context(lang="pt_BR").name,
            "Cancelamento automático por inadimplência",
        )

    def test_the_automatic_reason_cannot_be_deleted(self):
        automatic = self.env.ref("contract_access.terminate_reason_default")
        manager = self._operator("test_manager", "group_sva_manager")
        with self.assertRefused(UserError, "cannot be deleted"):
            automatic.with_user(manager).unlink()
        reason = self.reason.with_user(manager)
        reason.name = "Mudou de cidade"
        reason.unlink()

    def test_past_and_present(self):
        for days in (-3, 0):
            with self.subTest(days=days):
                self._terminate(days)
                self.assertStatusPair(self.contract, "inactive", "disabled")
                self.assertEqual(self.user.state, "disabled")
                self.contract.action_cancel_contract_termination()
                self.assertStatusPair(self.contract, "active", "active")

    def test_after_the_last_day_and_never_before(self):
        self._terminate(10)
        self.assertStatusPair(self.contract, "active", "active")
        # the last day is a day of use
        for days in (9, 10):
            self._on_day(days)
            self.assertStatusPair(self.contract, "active", "active")
            self.assertEqual(self.user.state, "active")
        self._on_day(11)
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.assertEqual(self.user.state, "disabled")

    def test_a_day_on_which_nothing_ran(self):
        self._terminate(10)
        self._on_day(14)
        self.assertStatusPair(self.contract, "inactive", "disabled")

    def test_another_date(self):
        self._terminate(10)
        self._terminate(20)
        self._on_day(15)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")
        self._terminate(5)
        self._on_day(6)
        self.assertStatusPair(self.contract, "inactive", "disabled")

    def test_cancelled_before_the_day(self):
        self._terminate(10)
        self.contract.action_cancel_contract_termination()
        self._on_day(15)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")

    def test_a_cancelled_termination_leaves_no_trace(self):
        line = self._sva_line()
        line.date_end = self.today + timedelta(days=100)
        names = ["date_end", "recurring_next_date", "is_auto_renew", "is_canceled"]
        before = line.read(names)
        self._terminate(0)
        self._terminate(3)
        self.contract.action_cancel_contract_termination()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.user.state, "active")
        self.assertEqual(line.read(names), before)

    def _imported(self, kind="pre-paid", at_line=True):
        """A contract that was invoiced elsewhere until its next invoice here."""
        contract = self._contract(self.customer, self.internet, line_recurrence=at_line)
        values = {
            "recurring_invoicing_type": kind,
            "date_start": self.today - relativedelta(months=14, day=1),
            "recurring_next_date": self.today + relativedelta(months=1, day=1),
        }
        (contract.contract_line_ids if at_line else contract).write(values)
        line = contract.contract_line_ids
        self.assertEqual(line.recurring_next_date, values["recurring_next_date"])
        self.assertFalse(line.last_date_invoiced)
        self.contract = contract
        return line

    def _invoice_all(self, days):
        """What OCA's scheduled action makes until some day."""
        with freeze_time(f"{self.today + timedelta(days=days)} 15:00:00"):
            domain = self.contract._get_contracts_to_invoice_domain()
            moves = self.env["account.move"]
            while due := self.contract.filtered_domain(domain):
                made = due._recurring_create_invoice(self.contract._today())
                if not made:
                    break
                moves += made
            return moves

    def test_undone_the_next_invoice_is_what_it_was(self):
        names = ["date_end", "recurring_next_date", "last_date_invoiced"]
        for kind, at_line in itertools.product(
            ("pre-paid", "post-paid"), (True, False)
        ):
            with self.subTest(kind=kind, at_line=at_line):
                line = self._imported(kind, at_line)
                before = line.read(names)
                for days in (0, 45):
                    self._terminate(days)
                    self.contract.action_cancel_contract_termination()
                    self._end_of_request()
                    self.assertEqual(line.read(names), before)

    def test_a_terminated_one_is_not_invoiced_for_what_others_have(self):
        self._imported()
        self._terminate(0)
        self.assertFalse(self._invoice_all(70))

    def test_a_terminated_one_is_invoiced_for_what_was_used(self):
        line = self._imported("post-paid")
        self._terminate(0)
        self.assertEqual(line.recurring_next_date, self.today + timedelta(days=1))
        self.assertEqual(len(self._invoice_all(70)), 1)

    def test_what_was_invoiced_before_it_is_undone(self):
        line = self._imported()
        month = line.recurring_next_date
        self._terminate(70)
        self.assertEqual(line.recurring_next_date, month)
        self.assertEqual(len(self._invoice_all(33)), 1)
        self.contract.action_cancel_contract_termination()
        self.assertFalse(line.date_end)
        self.assertEqual(line.recurring_next_date, month + relativedelta(months=1))

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

    def test_a_blacklisted_contract_stays_so(self):
        self._terminate(0)
        self.contract.action_blacklist()
        self.contract.action_cancel_contract_termination()
        self.assertStatusPair(self.contract, "blacklisted", "disabled")

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
