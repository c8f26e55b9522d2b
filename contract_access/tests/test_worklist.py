# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Contracts found by what is owed to them."""

from datetime import date, timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CPFS
from .test_suspension import LeavingCase


@tagged("post_install", "-at_install")
class TestWorklist(LeavingCase):
    def setUp(self):
        super().setUp()
        self._switch_dunning_on()
        self.other = self._contract(self._customer("Ana", CPFS[1]))
        self.both = self.contract | self.other
        self.contracts = self.env["contract.contract"]

    def _found(self, *domain, contracts=None):
        self.env.flush_all()
        if contracts is None:
            contracts = self.contracts
        found = contracts.search(list(domain))
        return found & self.both

    def test_what_may_not_be_read_is_not_searched(self):
        customer = self._operator("test_portal", "base.group_portal")
        with self.assertRaises(AccessError):
            self.contracts.with_user(customer).search(
                [("suspended_until", "!=", False)]
            )

    def test_by_what_is_overdue(self):
        self._invoice(self.contract, 20)
        self.assertEqual(self._found(("overdue_days", ">", 0)), self.contract)
        self.assertEqual(self._found(("overdue_days", "=", 20)), self.contract)
        self.assertEqual(self._found(("overdue_days", "=", 0)), self.other)
        self.assertEqual(self._found(("overdue_days", "<", 20)), self.other)
        self.assertEqual(self._found(("overdue_days", "<=", 20)), self.both)
        self.assertEqual(self._found(("overdue_days", "!=", 0)), self.contract)

    def test_what_is_in_another_company_now_has_left_its_debts_behind(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        company = self.env["res.company"].create({"name": "Filial"})
        self.contract.company_id = company
        soon = self.contract._today() + timedelta(7)
        self.assertFalse(self._found(("next_step_on", "<=", soon)))
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")

    def test_blocked_but_paid(self):
        for contract in self.both:
            contract.action_block()
        self._invoice(self.contract, 20)
        domain = [
            ("access_status", "in", ("auto_blocked", "manually_blocked")),
            ("overdue_days", "=", 0),
        ]
        self.assertEqual(self._found(*domain), self.other)

    def test_by_the_next_step(self):
        """As each contract shows it."""
        self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices()
        self.env.invalidate_all()
        day = self.contract.next_step_on
        self.assertEqual(day, self.contract._today() + timedelta(15))
        self.assertEqual(self._found(("next_step_on", "=", day)), self.contract)
        self.assertEqual(self._found(("next_step_on", "<=", str(day))), self.contract)
        self.assertFalse(self._found(("next_step_on", "<", day)))
        self.assertEqual(self._found(("next_step_on", ">=", day)), self.contract)
        self.assertFalse(self._found(("next_step_on", ">", day)))
        self.assertEqual(self._found(("next_step_on", "=", False)), self.other)
        self.assertEqual(self._found(("next_step_on", "!=", False)), self.contract)

    def test_by_the_end_of_a_suspension(self):
        self._on("2026-03-10")
        last = date(2026, 4, 18)
        self.contract.action_suspend(date(2026, 3, 10), last)
        self.other.action_suspend(date(2026, 3, 20), date(2026, 4, 28))
        self.env.invalidate_all()
        self.assertEqual(self.contract.suspended_until, last)
        self.assertFalse(self.other.suspended_until)  # it has not begun
        self.assertEqual(self._found(("suspended_until", "<=", last)), self.contract)
        self.assertFalse(self._found(("suspended_until", "<", last)))
        self.assertEqual(self._found(("suspended_until", "=", False)), self.other)

    def test_each_company_has_its_own_day(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        branch.partner_id.tz = "Pacific/Kiritimati"  # tomorrow has begun there
        theirs = self._contract(self._customer("José", CPFS[2]), company_id=branch.id)
        contracts = self.contracts.with_context(
            allowed_company_ids=(self.env.company | branch).ids
        )
        self._on("2026-03-10")
        self.contract.action_suspend(date(2026, 3, 11), date(2026, 4, 18))
        theirs.action_suspend(date(2026, 3, 11), date(2026, 4, 18))
        for day, running in (("2026-03-10", True), ("2026-04-18", False)):
            self._on(day)
            self.assertEqual(theirs.is_suspended, running)
            self.assertEqual(self.contract.is_suspended, not running)
            for term in (
                ("is_suspended", "=", True),
                ("suspended_until", "<=", "2026-04-30"),
            ):
                found = contracts.search([term])
                self.assertEqual(
                    (theirs in found, self.contract in found), (running, not running)
                )

    def test_the_front_desk_finds_its_own(self):
        self._invoice(self.contract, 20)
        clerk = self._operator()
        theirs = self.contracts.with_user(clerk)
        domain = [("overdue_days", ">", 0)]
        self.assertEqual(self._found(*domain, contracts=theirs), self.contract)
        domain = [("next_step_on", "<=", self.contract._today())]
        self.assertEqual(self._found(*domain, contracts=theirs), self.contract)
        company = self.env["res.company"].create({"name": "Outro Provedor"})
        clerk.write({"company_ids": [(4, company.id)]})
        elsewhere = theirs.with_context(allowed_company_ids=company.ids)
        self.assertFalse(self._found(*domain, contracts=elsewhere))

    def test_the_queries_do_not_grow_with_the_contracts(self):
        domains = ([("overdue_days", ">", 0)], [("next_step_on", ">=", "2000-01-01")])

        def queries(domain):
            self._found(*domain)  # what is cached by then is not counted
            return self._queries(lambda: self.contracts.search(domain))

        self._invoice(self.contract, 20)
        few = [queries(domain) for domain in domains]
        self._invoice(self.other, 10)
        for number in range(5):
            self._invoice(self._contract(self._customer(f"C{number}", False)), 5)
        self.assertEqual([queries(domain) for domain in domains], few)
