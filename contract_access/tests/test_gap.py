# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The next invoice begins with the service, whatever lies before it."""

from datetime import date, timedelta

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import ClockCase

SIGNED = date(2026, 1, 1)


@tagged("post_install", "-at_install")
class TestGap(ClockCase):
    def _bill(self, contract=None):
        """How many invoices are due; they are made."""
        return len(self._invoices_due(contract or self.contract))

    def _end(self, name):
        if name == "terminate":
            self.contract._terminate_contract(
                self.reason, False, self.contract._today(), True
            )
        else:
            getattr(self.contract, f"action_{name}")()

    def test_months_without_service_are_not_billed(self):
        for name in ("withdraw", "blacklist", "terminate"):
            for bill_gap, invoices in ((False, 1), (True, 7)):
                with self.subTest(name=name, bill_gap=bill_gap):
                    self.contract = self._contract(self.customer)
                    self._on("2026-03-15")
                    self.assertEqual(self._bill(), 3)
                    self._end(name)
                    self.assertEqual(self.contract.service_end_date, date(2026, 3, 15))
                    self._on("2026-10-20")
                    self.assertEqual(self._bill(), 0)
                    self.contract.action_reactivate(bill_gap)
                    line = self.contract.contract_line_ids
                    if not bill_gap:
                        self.assertEqual(line.recurring_next_date, date(2026, 10, 20))
                        self.assertEqual(
                            line.next_period_date_start, date(2026, 10, 20)
                        )
                    self.assertEqual(self._bill(), invoices)
                    self.assertFalse(self.contract.service_end_date)

    def test_who_was_archived_is_not_billed_for_it(self):
        self._on("2026-03-15")
        self.assertEqual(self._bill(), 3)
        contract = self.contract.with_context(tracking_disable=False)
        contract.action_archive()
        self._end_of_request()
        self._on("2026-10-20")
        contract.action_unarchive()
        self._end_of_request()
        self.assertEqual(self._bill(), 1)
        line = self.contract.contract_line_ids
        self.assertEqual(line.last_date_invoiced, date(2026, 11, 19))
        self.assertFalse(self.contract.service_end_date)
        changes = self.contract.message_ids.tracking_value_ids
        self.assertEqual(
            len(changes.filtered(lambda row: row.field_id.name == "active")), 2
        )

    def test_a_step_of_who_is_archived_forgets_no_day(self):
        self._on("2026-03-15")
        self._bill()
        self.contract.action_archive()
        self._on("2026-05-01")
        self.contract.action_block()
        self.contract.action_release()
        self.assertEqual(self.contract.service_end_date, date(2026, 3, 15))
        self._on("2026-10-20")
        self.contract.action_unarchive()
        self.assertEqual(self._bill(), 1)
        self.assertFalse(self.contract.service_end_date)

    def test_who_has_not_signed_has_not_though_archived_meanwhile(self):
        self._on("2026-03-15")
        self.contract = self._contract(self.customer, contract_status="pre_contract")
        self._end("terminate")
        self.contract.action_archive()
        self.contract.action_cancel_contract_termination()
        self.contract.action_unarchive()
        self._end("terminate")
        self.assertTrue(self.contract.ended_unsigned)
        self.contract.action_cancel_contract_termination()
        self.assertEqual(self.contract.contract_status, "pre_contract")

    def test_who_was_archived_by_mistake_is_billed_as_before(self):
        self._on("2026-03-15")
        self._bill()
        due = self.contract.contract_line_ids.recurring_next_date
        self.contract.action_archive()
        self.contract.action_unarchive()
        self.assertEqual(self.contract.contract_line_ids.recurring_next_date, due)

    def test_a_termination_that_is_postponed_after_the_end(self):
        """It gives the access back as a termination that is cancelled does."""
        self._on("2026-03-15")
        self._bill()
        self._end("terminate")
        self._on("2026-10-20")
        self.contract._terminate_contract(self.reason, False, date(2026, 12, 31))
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.contract.no_block_until, self.contract._trusted_until())
        line = self.contract.contract_line_ids
        self.assertEqual(line.recurring_next_date, date(2026, 10, 20))
        self.assertEqual(self._bill(), 1)

    def test_what_is_undone_at_once_leaves_the_invoices_as_they_were(self):
        for name in ("withdraw", "blacklist", "terminate"):
            with self.subTest(name=name):
                self.contract = self._contract(self.customer)
                self._on("2026-03-15")
                self._bill()
                line = self.contract.contract_line_ids
                # the scheduled action is late
                self._on("2026-04-03")
                before = line.recurring_next_date, line.next_period_date_start
                self._end(name)
                self.contract.action_reactivate()
                self.assertEqual(
                    (line.recurring_next_date, line.next_period_date_start), before
                )
                self.assertEqual(self._bill(), 1)

    def test_service_before_the_gap_that_no_invoice_has_is_named(self):
        self._on("2026-01-20")
        self._bill()
        self._on("2026-03-10")
        self._end("withdraw")
        self._on("2026-09-01")
        self.contract.action_reactivate()
        self.assertEqual(self._bill(), 1)
        bodies = " ".join(self.contract.message_ids.mapped("body"))
        self.assertRegex(bodies, "from .*01.* to .*09.* was not invoiced")

    def test_a_pre_contract_that_is_signed_late(self):
        for bill_gap, invoices in ((False, 1), (True, 8)):
            with self.subTest(bill_gap=bill_gap):
                self._on("2026-08-20")
                self.contract = self._contract(
                    self.customer, contract_status="pre_contract"
                )
                self.contract.action_activate_contract(bill_gap)
                self.assertEqual(self._bill(), invoices)

    def test_a_pre_contract_that_was_terminated_is_one_again(self):
        for is_postponed in (False, True):
            with self.subTest(is_postponed=is_postponed):
                self._on("2026-03-15")
                contract = self.contract = self._contract(
                    self.customer, contract_status="pre_contract"
                )
                self._end("terminate")
                self._on("2026-10-20")
                self.assertEqual(self._bill(), 0)
                if is_postponed:
                    contract._terminate_contract(self.reason, False, date(2026, 12, 31))
                else:
                    contract.action_cancel_contract_termination()
                self.assertStatusPair(contract, "pre_contract", "awaiting_signature")
                self.assertFalse(contract.no_block_until)
                self.assertEqual(self._bill(), 0)
                contract.action_activate_contract()
                self.assertEqual(self._bill(), 1)

    def test_a_pre_contract_that_was_left_is_billed_from_today(self):
        for name in ("terminate", "withdraw"):
            with self.subTest(name):
                self._on("2026-03-15")
                self.contract = self._contract(
                    self.customer, contract_status="pre_contract"
                )
                self._end(name)
                self._on("2026-10-20")
                self.contract.action_reactivate()
                self.assertStatusPair(self.contract, "active", "active")
                self.assertEqual(self._bill(), 1)
                start = self.contract.contract_line_ids.date_start
                self.assertEqual(start, date(2026, 10, 20))

    def test_one_that_begins_later_begins_later(self):
        self._on("2026-01-01")
        self.contract = self._contract(self.customer, contract_status="pre_contract")
        line = self.contract.contract_line_ids
        line.write({"date_start": "2026-02-01", "recurring_next_date": "2026-02-01"})
        self.contract.action_activate_contract()
        self.assertEqual(line.recurring_next_date, date(2026, 2, 1))

    def test_where_the_contract_has_the_recurrence(self):
        self._on("2026-01-05")
        contract = self.contract = self._contract(
            self.customer, line_recurrence=False, date_start=str(SIGNED)
        )
        self.assertEqual(self._bill(), 1)
        self._end("withdraw")
        self._on("2026-09-10")
        contract.action_reactivate()
        self.assertEqual(self._bill(), 1)
        self._on(date(2026, 9, 10) + timedelta(days=31))
        self.assertEqual(self._bill(), 1)

    def test_the_button_asks(self):
        manager = self._operator("test_manager", "group_contract_manager")
        self._on("2026-01-15")  # within seven days, January would not be owed
        self._bill()
        self._end("withdraw")
        self._on("2026-06-10")
        action = self.env.ref("contract_access.contract_step_action_reactivate")
        step = (
            self.env["contract.step"]
            .with_user(manager)
            .with_context(
                default_contract_id=self.contract.id, default_step="reactivate"
            )
            .create({"bill_gap": True})
        )
        self.assertIn("reactivate", action.context)
        says = etree.fromstring(step.get_view()["arch"]).iter("p")
        [today] = [said for said in says if "begins today" in said.text]
        is_hidden = {"step": step.step, "bill_gap": step.bill_gap}
        self.assertTrue(safe_eval(today.get("invisible"), is_hidden))
        step.action_confirm()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self._bill(), 5)
