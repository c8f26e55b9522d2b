# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The platform's bill, held against our own log."""

import base64
from datetime import date, datetime, time

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from psycopg2.errors import UniqueViolation

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestBill(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def _finish_the_stage(self):
        self.product.standard_price = 3
        self.user = self._sva_user()
        self._seen(CPFS[0], "2026-03-10", "active", self.user, self.contract)

    def _seen(self, cpf, day, state, user=None, contract=None, package=None):
        self.env["sva.usage"].create(
            {
                "date": datetime.combine(date.fromisoformat(day), time(15)),
                "integration_id": self.integration.id,
                "sva_user_id": user and user.id,
                "contract_id": contract and contract.id,
                "cpf_cnpj": cpf,
                "package_id": (package or self.package).id,
                "state": state,
            }
        )

    def _invoiced(self, contract, day, price):
        invoice = self._invoice(contract, 0, amount=0)
        invoice.button_draft()
        invoice.invoice_date = day
        invoice.invoice_line_ids.write(
            {
                "product_id": self.product.id,
                "contract_line_id": self._sva_line(contract).id,
                "price_unit": price,
                "tax_ids": False,
            }
        )
        invoice.action_post()

    def _bill(self, month="2026-03-15", **values):
        self.env.flush_all()
        return (
            self.env["sva.bill"]
            .with_user(self.manager)
            .create({"integration_id": self.integration.id, "month": month, **values})
        )

    def _days(self, bill):
        return {line.cpf_cnpj: line.active_days for line in bill.line_ids}

    def _compare(self, bill, *rows, header="CPF;Pacote;Dias;Valor"):
        text = "\n".join([header, *rows])
        bill.bill_file = base64.b64encode(text.encode())
        bill.action_compare()
        self.env.flush_all()
        return {line.cpf_cnpj: line.difference for line in bill.line_ids}

    def test_active_days(self):
        self._seen(CPFS[0], "2026-03-20", "blocked", self.user)
        self._seen(CPFS[0], "2026-03-20", "active", self.user)
        self._seen(CPFS[0], "2026-03-25", "blocked", self.user)
        self._seen(CPFS[1], "2026-01-05", "active")
        self._seen(CPFS[2], "2026-03-05", "active")
        self._seen(CPFS[2], "2026-03-05", "absent")
        self._seen(CPFS[3], "2026-04-01", "active")
        self._seen(CPFS[4], "2026-02-01", "active")
        self._seen(CPFS[4], "2026-02-28", "absent")
        bill = self._bill()
        self.assertEqual(bill.month, date(2026, 3, 1))
        self.assertEqual(self._days(bill), {CPFS[0]: 16, CPFS[1]: 31, CPFS[2]: 1})
        self.assertEqual(bill.user_count, 3)
        self.assertEqual(bill.display_name, f"{self.integration.name} 03/2026")

    def test_cost_and_margin(self):
        self._invoiced(self.contract, "2026-03-20", 14.9)
        bill = self._bill()
        [row] = bill.line_ids
        self.assertEqual((row.cost, row.revenue), (3, 14.9))
        self.assertAlmostEqual(row.margin, 11.9)
        self.assertAlmostEqual(bill.margin, 11.9)
        bill.charged_by = "day"
        bill.action_compute()
        self.assertAlmostEqual(bill.cost, 3 * 22 / 31, places=2)

    def _revenues(self, bill):
        return {line.cpf_cnpj: line.revenue for line in bill.line_ids}

    def test_the_revenue_of_who_was_transferred_since(self):
        customer = self._customer("José", CPFS[1])
        former, current = self._contract(customer), self._contract(customer)
        user = self._sva_user(former)
        code = self.package.code
        with freeze_time("2026-03-01 15:00:00"):
            user.write({"platform_state": "active", "platform_package_code": code})
        with freeze_time("2026-04-03 15:00:00"):
            user.action_transfer(current.id)
        self._invoiced(former, "2026-03-05", 14.9)
        self._invoiced(former, "2026-04-01", 2)
        self._invoiced(current, "2026-04-05", 9.9)
        self._invoiced(current, "2026-05-05", 9.9)
        for month, revenue in (
            ("2026-03-01", 14.9),
            ("2026-04-01", 11.9),
            ("2026-05-01", 9.9),
        ):
            with self.subTest(month):
                self.assertAlmostEqual(
                    self._revenues(self._bill(month))[CPFS[1]], revenue
                )

    def test_the_revenue_of_a_contract_that_two_were_on(self):
        new = self._contract(self.customer)
        self._seen(CPFS[0], "2026-03-16", "active", self.user, new)
        self._seen(CPFS[1], "2026-03-19", "active", contract=self.contract)
        self._invoiced(self.contract, "2026-03-20", 20)
        # seven days and thirteen
        self.assertEqual(self._revenues(self._bill()), {CPFS[0]: 7, CPFS[1]: 13})

    def test_what_differs(self):
        for cpf in CPFS[1:4]:
            self._seen(cpf, "2026-01-05", "active")
        bill = self._bill()
        self.assertEqual(bill.difference_count, 0, "there is nothing to compare with")
        found = self._compare(
            bill,
            f"{CPFS[0]};{self.package.code};22;R$ 1.234,50",
            f"{CPFS[1]};{self.package.code};30;3,00",
            f"{CPFS[2]};OUTRO;31;3",
            f"{CPFS[4]};{self.package.code};31;3.5",
        )
        self.assertEqual(found[CPFS[0]], False)
        self.assertEqual(found[CPFS[1]], "days")
        self.assertEqual(found[CPFS[3]], "not_billed")
        self.assertEqual(found[CPFS[4]], "not_active")
        other = bill.line_ids.filtered(lambda line: line.cpf_cnpj == CPFS[2])
        self.assertEqual(
            {(line.difference, line.billed_package) for line in other},
            {("not_billed", False), ("not_active", "OUTRO")},
        )
        self.assertEqual(bill.difference_count, 5)
        self.assertAlmostEqual(bill.billed_amount, 1234.5 + 3 + 3 + 3.5)
        domain = bill.action_view_differences()["domain"]
        self.assertEqual(self.env["sva.bill.line"].search_count(domain), 6)

    def test_compared_again(self):
        bill = self._bill()
        self.assertEqual(self._compare(bill), {CPFS[0]: "not_billed"})
        found = self._compare(bill, CPFS[0], CPFS[0], header="CPF")
        self.assertEqual(found, {CPFS[0]: False}, "neither days nor package")
        found = self._compare(bill, CPFS[0], CPFS[1], header="CPF")
        self.assertEqual(found, {CPFS[0]: False, CPFS[1]: "not_active"})
        bill.action_compute()
        self.assertEqual(bill.line_ids.mapped("is_billed"), [True, True])

    def test_a_bill_without_packages_is_of_all_of_them(self):
        other = self.integration.package_ids.filtered(
            lambda package: package != self.package
        )[:1]
        self._seen(CPFS[0], "2026-03-20", "active", self.user, package=other)
        bill = self._bill()
        seen = {line.package_id: line.active_days for line in bill.line_ids}
        self.assertEqual(seen, {self.package: 11, other: 12})
        # on the day of the change it had both
        for days, difference in ((22, False), (23, False), (21, "days")):
            self._compare(bill, f"{CPFS[0]};{days};3,00", header="CPF;Dias;Valor")
            with self.subTest(days):
                found = bill.line_ids.mapped("difference")
                self.assertEqual(found, [difference, False])
                self.assertEqual(bill.billed_amount, 3)
        self._compare(bill, CPFS[0], header="CPF")
        self.assertEqual(bill.difference_count, 0)
        first = bill.line_ids[0]
        named = f"{CPFS[0]};{first.package_id.code};{first.active_days - 1};3"
        self._compare(bill, named, f"{CPFS[0]};;1;3")
        found = bill.line_ids.mapped("difference")
        self.assertEqual(found, [False, "not_billed"])

    def test_files_that_are_no_bill(self):
        bill = self._bill()
        with self.assertRefused(UserError, "Choose the file"):
            bill.action_compare()
        for header, row, words in (
            ("Nome;Valor", "Maria;3", "Row|CPF"),
            ("CPF;Dias", "123;4", "Row 2"),
            ("CPF;Dias", f"{CPFS[0]};x", r"Row 2 .*Days"),
            ("CPF;Valor", f"{CPFS[0]};x", r"Row 2 .*Amount"),
        ):
            with self.subTest(row), self.assertRefused(UserError, words):
                self._compare(bill, row, header=header)
        self.assertFalse(bill.is_compared)

    def test_one_bill_a_month(self):
        self._bill()
        with (
            self.assertRefused(UniqueViolation, "unique_month"),
            mute_logger("odoo.sql_db"),
        ):
            self._bill("2026-03-31")

    def test_whose_it_is(self):
        bill = self._bill()
        with self.assertRefused(AccessError, ""):
            bill.with_user(self._operator()).action_compute()
        company = self.env["res.company"].create({"name": "Outro Provedor"})
        stranger = self._operator("stranger", "group_sva_manager")
        stranger.write({"company_ids": company.ids, "company_id": company.id})
        with self.assertRefused(AccessError, ""):
            bill.with_user(stranger).action_compute()
        with self.assertRefused(AccessError, ""):
            self.env["sva.bill"].with_user(stranger).create(
                {"integration_id": self.integration.id, "month": "2026-02-01"}
            )
        with self.assertRefused((AccessError, UserError), ""):
            bill.line_ids.with_user(self.manager).active_days = 1
        with self.assertRefused(UserError, "cannot be written"):
            bill.is_compared = True

    def test_it_is_kept_as_long_as_it_may_be_disputed(self):
        today = self.env.company._today()
        bills = [
            self._bill(str(today - relativedelta(months=months))) for months in (60, 63)
        ]
        bills[0]._gc_outdated()
        self.assertEqual([bool(bill.exists()) for bill in bills], [True, False])

    def test_constant_queries(self):
        def queries(month):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._bill(month)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self._seen(CPFS[1], "2026-01-05", "active")
        queries("2026-05-01")
        few = queries("2026-06-01")
        for cpf in CPFS[2:]:
            self._seen(cpf, "2026-01-05", "active")
        self.assertLessEqual(queries("2026-07-01"), few)
