# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A customer who owes nothing may have a contract suspended for a time."""

from datetime import date, timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import format_date

from .common import ClockCase, RaceCase


class LeavingCase(ClockCase):
    """A contract that is billed, and suspended."""

    def _bill(self):
        """The periods and the amounts of the invoices that are due; they are made."""
        return sorted(
            (line.name, line.price_unit)
            for line in self._invoices_due(self.contract).invoice_line_ids
            if line.display_type == "product"
        )

    def _said(self, day):
        return format_date(self.env, day)

    def _named_after_periods(self):
        self.contract.contract_line_ids.name = "#START#-#END#"
        self.contract.contract_line_ids.price_unit = 31
        self.customer.lang = "en_US"

    def _lines(self):
        return [
            (line.date_start, line.date_end or None)
            for line in self.contract.contract_line_ids.sorted("date_start")
            if not line.is_canceled
        ]

    def _suspend(self, first, last):
        self.contract.action_suspend(first, last)
        self.env.invalidate_all()
        return self.contract.suspension_ids[:1]


@tagged("post_install", "-at_install")
class TestSuspension(LeavingCase):
    def setUp(self):
        super().setUp()
        self._named_after_periods()

    def test_what_was_invoiced_in_advance_is_used_afterwards(self):
        self._on("2026-03-10")
        self._bill()
        suspension = self._suspend("2026-03-10", "2026-04-18")
        self.assertEqual(suspension.state, "running")
        self.assertEqual(
            self._lines(),
            [(date(2026, 1, 1), date(2026, 3, 9)), (date(2026, 4, 19), None)],
        )
        self.assertTrue(self.contract.is_suspended)
        self.assertIn(self._said("2026-04-18"), self.contract.access_explanation)
        self._on("2026-05-10")
        # March 10 to 31 are 22 days; they are April 19 to May 10
        self.assertEqual(self._bill(), [])
        self.assertEqual(suspension.state, "over")
        self.assertFalse(self.contract.is_suspended)
        self.assertFalse(self.contract.access_explanation)
        self._on("2026-05-11")
        self.assertEqual(self._bill(), [("05/11/2026-06/10/2026", 31)])

    def test_what_was_not_invoiced_is_invoiced_by_the_day(self):
        self._on("2026-03-10")
        self._bill()
        self._suspend("2026-04-11", "2026-05-20")
        self._on("2026-04-30")
        [(period, price)] = self._bill()
        self.assertEqual(period, "04/01/2026-04/10/2026")
        self.assertAlmostEqual(price, 31 * 10 / 30)
        self._on("2026-05-21")
        self.assertEqual(self._bill(), [("05/21/2026-06/20/2026", 31)])

    def test_post_paid(self):
        lines = self.contract.contract_line_ids
        lines.write(
            {
                "recurring_invoicing_type": "post-paid",
                "recurring_next_date": "2026-02-01",
            }
        )
        self._on("2026-03-11")
        self._bill()
        self._suspend("2026-03-11", "2026-04-20")
        self.assertEqual(self._bill(), [("03/01/2026-03/10/2026", 10)])
        self._on("2026-05-20")
        self.assertEqual(self._bill(), [])
        self._on("2026-05-21")
        self.assertEqual(self._bill(), [("04/21/2026-05/20/2026", 31)])

    def test_periods_that_end_with_the_month(self):
        for kind, cut, whole in (
            ("pre-paid", None, "06/11/2026-06/30/2026"),
            ("post-paid", ("03/01/2026-03/10/2026", 10), "05/21/2026-05/31/2026"),
        ):
            with self.subTest(kind):
                self.contract = self._contract(self.customer)
                self._named_after_periods()
                self.contract.contract_line_ids.write(
                    {
                        "recurring_invoicing_type": kind,
                        "recurring_rule_type": "monthlylastday",
                        "recurring_next_date": (
                            "2026-01-01" if kind == "pre-paid" else "2026-01-31"
                        ),
                    }
                )
                self._on("2026-03-05")
                self._bill()
                self._suspend("2026-03-11", "2026-05-20")
                self._on("2026-06-30")
                billed = self._bill()
                if cut:
                    self.assertIn(cut, billed)
                self.assertIn(whole, [name for name, _price in billed])
                # 11 of 31 days in May, all of June; and of March what was not invoiced
                paid_in_advance = 21 if kind == "pre-paid" else 0
                days = 11 + 30 - paid_in_advance + (10 if cut else 0)
                total = sum(price for _name, price in billed)
                self.assertAlmostEqual(total, days, delta=1.0)

    def test_ended_early(self):
        self._on("2026-03-10")
        self._bill()
        suspension = self._suspend("2026-03-10", "2026-06-10")
        self._on("2026-04-01")
        self.assertEqual(self._bill(), [])
        self.contract.action_end_suspension()
        self.assertEqual(suspension.state, "ended")
        self.assertEqual(suspension.ended_on, date(2026, 4, 1))
        self.assertFalse(self.contract.suspension_id)
        self.assertEqual(
            self._lines(),
            [(date(2026, 1, 1), date(2026, 3, 9)), (date(2026, 4, 1), None)],
        )
        self.assertEqual(self._bill(), [])
        self._on("2026-04-23")
        self.assertEqual(self._bill(), [("04/23/2026-05/22/2026", 31)])

    def test_a_planned_one_is_cancelled_without_a_trace(self):
        self._on("2026-03-10")
        self._bill()
        line = self.contract.contract_line_ids
        before = line.read(["date_end", "last_date_invoiced", "recurring_next_date"])
        for first in ("2026-03-20", "2026-04-20", "2026-03-10"):
            with self.subTest(first):
                last = date.fromisoformat(first) + timedelta(days=40)
                suspension = self._suspend(first, last)
                self.assertEqual(len(self.contract.contract_line_ids), 2)
                planned = suspension.state == "planned"
                why = (
                    "A suspension was asked for" if planned else "Suspended on request"
                )
                self.assertIn(why, self.contract.access_explanation)
                self.assertIn(self._said(first), self.contract.access_explanation)
                self.contract.action_end_suspension()
                self.assertFalse(self.contract.access_explanation)
                self.assertEqual(suspension.state, "cancelled")
                self.assertEqual(self.contract.contract_line_ids, line)
                self.assertEqual(
                    line.read(
                        ["date_end", "last_date_invoiced", "recurring_next_date"]
                    ),
                    before,
                )
        self._on("2026-03-11")  # on the same day it is the same call again
        with self.assertRefused(UserError, "not suspended"):
            self.contract.action_end_suspension()

    def test_cancelled_after_an_invoice_until_where_it_would_have_begun(self):
        self._on("2026-03-10")
        self._bill()
        self._suspend("2026-04-11", "2026-05-20")
        self._on("2026-04-02")
        self._bill()
        self.contract.action_end_suspension()
        self.assertEqual(self._lines(), [(date(2026, 1, 1), None)])
        self._on("2026-04-11")
        self.assertEqual(self._bill(), [("04/11/2026-05/10/2026", 31)])

    def test_invoiced_before_it_came_to_odoo(self):
        line = self.contract.contract_line_ids
        line.recurring_next_date = "2026-04-01"
        self._on("2026-03-11")
        self._suspend("2026-03-11", "2026-04-20")
        self._on("2026-05-11")
        self.assertEqual(self._bill(), [])
        self._on("2026-05-12")
        self.assertEqual(self._bill(), [("05/12/2026-06/11/2026", 31)])

    def test_a_line_with_an_end_loses_no_day(self):
        line = self.contract.contract_line_ids
        for end in ("2026-03-10", "2026-03-20", "2026-12-31"):
            with self.subTest(end):
                self.contract = self._contract(self.customer)
                line = self.contract.contract_line_ids
                line.date_end = end
                self._on("2026-03-10")
                self._suspend("2026-03-10", "2026-04-18")
                left = line.date_end + timedelta(days=41)
                resumed = line.successor_contract_line_id
                kept = (date.fromisoformat(end) - date(2026, 3, 9)).days
                self.assertEqual((resumed.date_end - resumed.date_start).days + 1, kept)
                self.assertEqual(resumed.date_start, left)

    def test_renewals(self):
        line = self.contract.contract_line_ids
        for new_line in (False, True):
            with self.subTest(new_line=new_line):
                self.env.company.create_new_line_at_contract_line_renew = new_line
                self.contract = self._contract(self.customer)
                line = self.contract.contract_line_ids
                line.write({"is_auto_renew": True, "date_end": "2026-12-31"})
                self._on("2026-03-10")
                self._suspend("2026-03-10", "2026-04-18")
                resumed = line.successor_contract_line_id
                self.assertFalse(line.is_auto_renew)
                self.assertTrue(resumed.is_auto_renew)
                self.assertEqual(resumed.date_end, date(2027, 2, 9))
                # it is renewed while it waits
                resumed.renew()
                self._on("2026-03-20")
                self.contract.action_end_suspension()
                self.assertEqual(resumed.date_start, date(2026, 3, 20))
                follower = resumed.successor_contract_line_id
                self.assertEqual(bool(follower), new_line)
                if new_line:
                    self.assertEqual(resumed.date_end, date(2027, 1, 10))
                    self.assertEqual(follower.date_start, date(2027, 1, 11))

    def test_a_line_that_has_a_successor_already(self):
        line = self.contract.contract_line_ids
        line.date_end = "2026-03-20"
        self._on("2026-03-01")
        follower = line.plan_successor(date(2026, 3, 21), False, False)
        before = self._lines()
        self._suspend("2026-03-11", "2026-04-19")
        self.assertEqual(
            self._lines(),
            [
                (date(2026, 1, 1), date(2026, 3, 10)),
                (date(2026, 4, 20), date(2026, 4, 29)),
                (date(2026, 4, 30), None),
            ],
        )
        self.contract.action_end_suspension()
        self.assertEqual(self._lines(), before)
        self.assertEqual(line.successor_contract_line_id, follower)
        self.assertEqual(follower.predecessor_contract_line_id, line)

    def test_lines_that_are_to_begin(self):
        within, after = (
            self._contract(self.customer).contract_line_ids for _number in range(2)
        )
        for line, day in ((within, "2026-04-01"), (after, "2026-08-01")):
            line.write({"date_start": day, "recurring_next_date": day})
            line.contract_id = self.contract
        self._on("2026-03-10")
        self._suspend("2026-03-10", "2026-04-18")
        self.assertEqual(within.date_start, date(2026, 4, 19))
        self.assertEqual(within.recurring_next_date, date(2026, 4, 19))
        self.assertEqual(after.date_start, date(2026, 8, 1))
        self._on("2026-03-15")
        self.contract.action_end_suspension()
        self.assertEqual(within.date_start, date(2026, 4, 1))

    def test_what_was_to_replace_a_line_follows_it_still(self):
        line = self.contract.contract_line_ids
        line.date_end = "2026-04-01"
        other = self._contract(self.customer).contract_line_ids
        other.write({"date_start": "2026-04-02", "recurring_next_date": "2026-04-02"})
        other.contract_id = self.contract
        self._on("2026-03-10")
        before = self._lines()
        self._suspend("2026-03-20", "2026-04-28")
        self.assertEqual(
            self._lines(),
            [
                (date(2026, 1, 1), date(2026, 3, 19)),
                (date(2026, 4, 29), date(2026, 5, 11)),
                (date(2026, 5, 12), None),
            ],
        )
        self.contract.action_end_suspension()
        self.assertEqual(self._lines(), before)
        self._suspend("2026-03-20", "2026-04-28")
        self._on("2026-03-25")
        self.contract.action_end_suspension()
        self.assertEqual(other.date_start, date(2026, 4, 7))
        self.assertEqual(other.recurring_next_date, date(2026, 4, 7))

    def test_sections_stay_where_they_are(self):
        section = self.env["contract.line"].create(
            {
                "contract_id": self.contract.id,
                "display_type": "line_section",
                "name": "Internet",
                "date_start": "2026-01-01",
                "recurring_next_date": "2026-01-01",
            }
        )
        self._on("2026-03-10")
        self._suspend("2026-03-10", "2026-04-18")
        self.assertFalse(section.date_end)
        self.assertEqual(len(self.contract.contract_line_ids), 3)

    def test_lines_that_people_have_changed_meanwhile(self):
        def delete(line):
            line.predecessor_contract_line_id.unlink()

        def cancel(line):
            line.cancel()

        def stop(line):
            line.predecessor_contract_line_id.stop(date(2026, 3, 12))

        for change, days in ((delete, 1), (cancel, 0), (stop, 1)):
            for day in ("2026-03-10", "2026-03-20"):
                with self.subTest(change.__name__, day=day):
                    self._on("2026-03-10")
                    self.contract = self._contract(self.customer)
                    self._suspend("2026-03-15", "2026-04-18")
                    change(self.contract.contract_line_ids.sorted("date_start")[-1])
                    self._on(day)
                    self.contract.action_end_suspension()
                    begins = max(date.fromisoformat(day), date(2026, 3, 15))
                    found = [start for start, _end in self._lines()]
                    self.assertEqual(found.count(begins), days)

    def test_terminated_meanwhile(self):
        for days, ends in ((5, 0), (70, 1)):
            with self.subTest(days=days):
                self.contract = self._contract(self.customer)
                self._on("2026-03-10")
                self._bill()
                before = self._lines()
                self._suspend("2026-03-10", "2026-04-18")
                suspended = self._lines()
                end = date(2026, 3, 10) + timedelta(days=days)
                self.contract._terminate_contract(self.reason, False, end)
                self.assertEqual(len(self._lines()), 1 + ends)
                self.contract.action_cancel_contract_termination()
                self.assertEqual(self._lines(), suspended)
                self.contract.action_end_suspension()
                self.assertEqual(self._lines(), before)

    def test_not_ended_while_a_termination_is_planned(self):
        self._on("2026-03-10")
        for first, last in (("2026-03-10", "2026-04-18"), ("2026-03-20", "2026-04-28")):
            with self.subTest(first):
                self.contract = self._contract(self.customer)
                self._suspend(first, last)
                self.contract._terminate_contract(self.reason, False, date(2026, 5, 20))
                ended = self._lines()
                with self.assertRefused(UserError, "Cancel the termination first"):
                    self.contract.action_end_suspension()
                self.assertEqual(self._lines(), ended)

    def test_where_the_contract_has_the_recurrence(self):
        self.contract = self._contract(
            self.customer, line_recurrence=False, date_start="2026-01-01"
        )
        self._named_after_periods()
        self._on("2026-03-10")
        self._bill()
        self._suspend("2026-03-10", "2026-04-18")
        self.assertEqual(
            self._lines(),
            [(date(2026, 1, 1), date(2026, 3, 9)), (date(2026, 4, 19), None)],
        )
        self._on("2026-05-11")
        self.assertEqual(self._bill(), [("05/11/2026-06/10/2026", 31)])

    def test_other_steps_meanwhile(self):
        self._on("2026-03-10")
        suspension = self._suspend("2026-03-10", "2026-04-18")
        self.contract.action_block("Suspeita de fraude")
        self.assertIn("Suspeita", self.contract.access_explanation)
        self.assertIn(self._said("2026-04-18"), self.contract.access_explanation)
        self.assertTrue(self.contract.is_suspended)
        self.contract.action_release()
        self.contract.action_withdraw("Mudou-se")
        self.assertFalse(self.contract.is_suspended)
        self.assertNotIn(self._said("2026-04-18"), self.contract.access_explanation)
        self.contract.action_reactivate()
        self.assertEqual(self.contract.suspension_id, suspension)

    def test_withdrawn_while_an_end_is_planned(self):
        for step in ("withdraw", "blacklist"):
            with self.subTest(step):
                self.contract = self._contract(self.customer)
                self._on("2026-03-10")
                self._suspend("2026-03-10", "2026-04-18")
                suspended = self._lines()
                self.contract._terminate_contract(self.reason, False, date(2026, 5, 20))
                getattr(self.contract, f"action_{step}")()
                self.contract.action_reactivate()
                self.assertEqual(self._lines(), suspended)

    def test_dunning_meanwhile(self):
        self._switch_dunning_on()
        self._on("2026-03-10")
        self._suspend("2026-03-10", "2026-04-18")
        invoice = self._invoice(self.contract, 0)
        self._on("2026-03-12")
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertTrue(self.contract.is_suspended)
        self._pay(invoice)
        self.assertStatusPair(self.contract, "active", "active")

    def test_who_may_not(self):
        self._on("2026-03-10")
        first, last = date(2026, 3, 10), date(2026, 4, 18)
        for refused, words in (
            ((date(2026, 3, 9), last), "today or later"),
            ((first, date(2026, 3, 9)), "before it begins"),
            ((first, date(2026, 4, 7)), "30 to 120 days.*29 days"),
            ((first, date(2026, 7, 8)), "30 to 120 days.*121 days"),
            ((first, False), "first and a last day"),
            ((first, date.max), "within two years"),
            ((date(2028, 2, 1), date(2028, 3, 11)), "within two years"),
        ):
            with self.subTest(words), self.assertRefused(UserError, words):
                self.contract.action_suspend(*refused)
        invoice = self._invoice(self.contract, 1)
        with self.assertRefused(UserError, "overdue"):
            self.contract.action_suspend(first, last)
        self._pay(invoice)
        self.contract.action_block()
        with self.assertRefused(UserError, "Only an active contract"):
            self.contract.action_suspend(first, last)
        self.contract.action_release()
        self.contract._terminate_contract(self.reason, False, date(2026, 12, 1))
        with self.assertRefused(UserError, "terminated"):
            self.contract.action_suspend(first, last)
        self.contract.action_cancel_contract_termination()
        self._suspend(first, last)
        with self.assertRefused(UserError, "Suspended"):
            self.contract.action_suspend(date(2027, 6, 1), date(2027, 7, 18))

    def test_once_in_a_year(self):
        self._on("2026-03-10")
        self._suspend("2026-03-20", "2026-04-28")
        with self.assertRefused(UserError, "was asked for"):
            self._suspend("2027-03-20", "2027-04-28")
        self.contract.action_end_suspension()  # cancelled: it does not count
        self._suspend("2026-03-10", "2026-04-18")
        self._on("2026-06-01")
        with self.assertRefused(UserError, "can begin on " + self._said("2027-03-10")):
            self._suspend("2027-03-09", "2027-04-18")
        self.env.company.contract_suspension_months = 2
        self.env.company.contract_suspension_min_days = 1
        self._suspend("2026-06-01", "2026-06-01")

    def test_in_the_company_s_day(self):
        # still March 9 where the provider is
        with freeze_time("2026-03-10 01:30:00"):
            request = self.env["contract.suspension.request"].create(
                {"contract_id": self.contract.id}
            )
            self.assertEqual(request.date_start, date(2026, 3, 9))
            self.assertEqual((request.days, request.problem), (30, False))
            request.action_confirm()
            self.assertTrue(self.contract.is_suspended)
            self.assertEqual(self._found(), self.contract)

    def _found(self):
        contracts = self.env["contract.contract"]
        return contracts.search(
            [("is_suspended", "=", True), ("id", "=", self.contract.id)]
        )

    def test_the_list_of_those_that_are_suspended(self):
        self._on("2026-03-10")
        self._suspend("2026-03-11", "2026-04-18")
        self.assertFalse(self._found())
        self._on("2026-03-11")
        self.assertEqual(self._found(), self.contract)
        self._on("2026-04-19")
        self.assertFalse(self._found())
        others = self.env["contract.contract"].search([("is_suspended", "=", False)])
        self.assertIn(self.contract, others)

    def test_the_front_desk_does_it(self):
        self._on("2026-03-10")
        self._bill()
        clerk = self._operator()
        request = (
            self.env["contract.suspension.request"]
            .with_user(clerk)
            .create({"contract_id": self.contract.id})
        )
        request.date_end = "2026-05-01"
        self.assertEqual(request.days, 53)
        request.action_confirm()
        suspension = self.contract.suspension_id
        self.assertEqual(suspension.user_id, clerk)
        mine = self.contract.with_user(clerk)
        self.assertEqual(mine.suspension_state, "running")
        with self.assertRefused(UserError, "cannot be written"):
            suspension.with_user(clerk).sudo(False).contract_id.contract_line_ids.write(
                {"suspended_by_id": False}
            )
        with self.assertRefused(AccessError, ""):
            suspension.with_user(clerk).ended_on = "2026-03-10"
        self._on("2026-03-20")
        mine.action_end_suspension()
        self.assertEqual(suspension.ended_by_id, clerk)
        texts = " ".join(self.contract.message_ids.mapped("body"))
        days = self._said("2026-03-10"), self._said("2026-05-01")
        self.assertIn("from {} to {}".format(*days), texts)
        self.assertIn("was ended early", texts)

    def test_the_front_desk_plans_a_successor(self):
        line = self.contract.contract_line_ids
        line.date_end = "2026-12-31"
        clerk = self._operator()
        line.with_user(clerk).plan_successor(date(2027, 1, 1), False, False)
        self.assertTrue(line.successor_contract_line_id)

    def test_who_has_nothing_to_do_with_it(self):
        stranger = self._operator("test_nobody", "base.group_user")
        with self.assertRefused(AccessError, ""):
            self.contract.with_user(stranger).action_suspend("2026-03-10", "2026-05-01")


@tagged("post_install", "-at_install")
class TestTwoRequestsAtOnce(RaceCase):
    def test_only_one_is_taken(self):
        first = self.contract._today()

        def suspend(days):
            last = first + timedelta(days=days)
            return lambda env: self.contract.with_env(env).action_suspend(first, last)

        with self.assertRaisesRegex(UserError, "Suspended"):
            self._side_by_side(suspend(39), suspend(40))
        self.env.cr.rollback()
        self.env.invalidate_all()
        self.assertEqual(len(self.contract.suspension_ids), 1)
        self.assertEqual(len(self.contract.contract_line_ids), 2)
