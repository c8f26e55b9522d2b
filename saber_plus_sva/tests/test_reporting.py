# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The log of what platforms were seen to hold, and the reports by month."""

from datetime import date, datetime, timedelta

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.sva_usage import movement
from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestUsage(SvaCase):
    def _log(self, cpf=None):
        self.env.flush_all()
        rows = self.env["sva.usage"].search(
            [("cpf_cnpj", "=", cpf or CPFS[0])], order="id"
        )
        return [(row.state, row.movement) for row in rows]

    def test_from_the_first_day_to_the_last(self):
        user = self._sva_user()
        self.assertEqual(self._log(), [])
        self._run_engine()
        log = [("active", "activated")]
        self.assertEqual(self._log(), log)
        user.action_sync()
        self.assertEqual(self._log(), log, "nothing new was seen")
        self.contract.action_block()
        self._run_engine()
        log += [("blocked", "blocked")]
        self.assertEqual(self._log(), log)
        self.contract.action_release()
        self._run_engine()
        log += [("active", "released")]
        self.assertEqual(self._log(), log)
        user.unlink()
        self.assertEqual(self._log(), log, "the platform has it still")
        self._run_engine()
        log += [("absent", "cancelled")]
        self.assertEqual(self._log(), log)
        last = self.env["sva.usage"].search([("cpf_cnpj", "=", CPFS[0])], limit=1)
        self.assertEqual(last.package_id, self.package)
        self.assertEqual(last.company_id, self.env.company)

    def test_who_ends_twice_was_cancelled_once(self):
        user = self._sva_user()
        self._run_engine()
        user.action_deactivate()
        self._run_engine()
        user.unlink()
        self._run_engine()
        self.assertEqual(
            self._log(),
            [("active", "activated"), ("disabled", "cancelled"), ("absent", False)],
        )

    def test_what_was_refused_is_not_in_it(self):
        self.sandbox.fault("createUser", "status", status=422)
        self._sva_user()
        self._run_engine()
        self.assertEqual(self._log(), [])

    def test_a_transfer_is_no_movement(self):
        user = self._sva_user()
        new = self._contract(self.customer)
        user.action_transfer(new.id)
        user.action_transfer(self.contract.id)
        self.assertEqual(self._log(), [], "nothing was seen yet")
        self._run_engine()
        user.action_transfer(new.id)
        user.with_user(self._operator()).write({"contract_id": new.id})
        self._run_engine()
        self.assertEqual(self._log(), [("active", "activated"), ("active", False)])
        rows = self.env["sva.usage"].search([("sva_user_id", "=", user.id)])
        self.assertEqual([row.contract_id for row in rows], [new, self.contract])
        self.assertEqual(rows.package_id, self.package)

    def test_who_is_linked_was_adopted(self):
        self._existing(name="Maria", username="maria")
        user = self._sva_user()
        self._run_engine()
        user.action_link_platform_user()
        self._run_engine()
        self.assertEqual(self._log(), [("active", "adopted")])

    def test_what_no_bill_can_need_any_more_is_forgotten(self):
        usage = self.env["sva.usage"]
        now = datetime.now().replace(microsecond=0)
        rows = usage.create(
            [
                {
                    "date": now - relativedelta(years=years),
                    "integration_id": self.integration.id,
                    "cpf_cnpj": cpf,
                    "state": state,
                }
                for cpf, years, state in (
                    (CPFS[0], 8, "active"),
                    (CPFS[0], 6, "blocked"),  # held until four years ago
                    (CPFS[0], 4, "active"),
                    (CPFS[1], 7, "active"),  # holds still
                    (CPFS[2], 8, "active"),
                    (CPFS[2], 7, "absent"),
                )
            ]
        )
        self.env.flush_all()
        usage._gc_outdated()
        self.assertEqual(rows.exists(), rows[1:4])

    def test_the_movements(self):
        for former, current, expected in (
            ("absent", "active", "activated"),
            ("disabled", "active", "activated"),
            (False, "active", "adopted"),
            (False, "blocked", "adopted"),
            (False, "absent", False),
            ("blocked", "active", "released"),
            ("inactive", "active", "released"),
            ("active", "blocked", "blocked"),
            ("active", "inactive", "blocked"),
            ("inactive", "blocked", False),
            ("disabled", "blocked", False),
            ("blocked", "absent", "cancelled"),
            ("disabled", "absent", False),
            ("active", "active", "package"),
        ):
            with self.subTest((former, current)):
                self.assertEqual(movement(former, current) or False, expected)

    def test_nobody_writes_it(self):
        self._sva_user()
        self._run_engine()
        row = self.env["sva.usage"].search([], limit=1)
        for user in (self._operator(), self._operator("m", "group_sva_manager")):
            with self.assertRefused((AccessError, UserError), ""):
                row.with_user(user).state = "blocked"
            with self.assertRefused((AccessError, UserError), ""):
                row.with_user(user).unlink()


@tagged("post_install", "-at_install")
class TestReporting(SvaCase):
    def setUp(self):
        super().setUp()
        self.month = self.env.company._today().replace(day=1)
        self.manager = self._operator("test_manager", "group_sva_manager")

    def _usage(self, day, state, cpf=CPFS[0]):
        self.env["sva.usage"].create(
            {
                "date": datetime.combine(day, datetime.min.time().replace(hour=15)),
                "integration_id": self.integration.id,
                "cpf_cnpj": cpf,
                "package_id": self.package.id,
                "state": state,
            }
        )
        self.env.flush_all()

    def _ago(self, months, days=0):
        return self.month - relativedelta(months=months) + timedelta(days=days)

    def test_users_by_month(self):
        self._usage(self._ago(3, 10), "active")
        self._usage(self._ago(2, 5), "blocked")
        self._usage(self._ago(1, 5), "absent")
        rows = self.env["sva.usage.month"].with_user(self.manager)
        rows = rows.search([("cpf_cnpj", "=", CPFS[0])], order="month")
        self.assertEqual(
            [(row.month, row.state, row.package_id) for row in rows],
            [
                (self._ago(3), "active", self.package),
                (self._ago(2), "blocked", self.package),
            ],
        )
        self._usage(self._ago(1, 7), "active")
        self.assertEqual(
            self.env["sva.usage.month"].search_count(
                [("cpf_cnpj", "=", CPFS[0]), ("month", ">=", self._ago(1))]
            ),
            2,
            "last month, and this one",
        )

    def test_the_day_is_the_provider_s(self):
        self.env.company.partner_id.tz = "America/Sao_Paulo"
        row = self.env["sva.usage"].create(
            {
                # the evening before, where the provider is
                "date": datetime.combine(self._ago(1), datetime.min.time()),
                "integration_id": self.integration.id,
                "cpf_cnpj": CPFS[0],
                "state": "active",
            }
        )
        self.env.flush_all()
        months = self.env["sva.usage.month"].search([("cpf_cnpj", "=", row.cpf_cnpj)])
        self.assertEqual(min(months.mapped("month")), self._ago(2))

    def test_revenue(self):
        contract = self._contract(self._customer("Ana", CPFS[1]), self.product)
        invoice = self._invoice(contract, 3, amount=50)
        self.env.flush_all()
        rows = self.env["sva.revenue"].with_user(self.manager)
        [row] = rows.search([("id", "in", invoice.invoice_line_ids.ids)])
        self.assertEqual(row.amount, 50)
        self.assertEqual(row.service_type, "sva")
        self.assertEqual(row.date, invoice.invoice_date)
        invoice.button_draft()
        self.env.flush_all()
        self.assertFalse(rows.search([("id", "in", invoice.invoice_line_ids.ids)]))

    def _churn(self, contract):
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["sva.churn"].with_user(self.manager)
        rows = rows.search([("contract_id", "=", contract.id)], order="month")
        return [(row.month, row.sva, row.ended) for row in rows]

    def test_churn(self):
        for contract in (
            self.contract,
            self._contract(self._customer("Ana", CPFS[1]), self.internet),
        ):
            lines = contract.contract_line_ids
            lines.date_start = self._ago(2, -3)
            sva = "with" if self.product in lines.product_id else "without"
            self.assertEqual(
                self._churn(contract),
                [(self._ago(number), sva, 0) for number in (2, 1, 0)],
            )
            contract.action_withdraw()
            contract.sudo().service_end_date = self._ago(1, 10)
            self.assertEqual(
                self._churn(contract),
                [(self._ago(2), sva, 0), (self._ago(1), sva, 1)],
            )

    def test_who_ends_on_the_last_day_ended_in_that_month(self):
        self.contract.contract_line_ids.date_start = self._ago(2, -3)
        self.contract.action_withdraw()
        self.contract.sudo().service_end_date = self._ago(1)
        self.assertEqual(self._churn(self.contract), [(self._ago(2), "with", 1)])

    def test_for_managers_of_the_company(self):
        self._usage(self._ago(0), "active")
        self._invoice(self.contract, 3)
        self.contract.contract_line_ids.date_start = date(2026, 1, 1)
        self.env.flush_all()
        clerk = self._operator()
        company = self.env["res.company"].create({"name": "Outro Provedor"})
        stranger = self._operator("stranger", "group_sva_manager")
        stranger.write({"company_ids": company.ids, "company_id": company.id})
        for name in ("sva.usage", "sva.usage.month", "sva.revenue", "sva.churn"):
            with self.subTest(name):
                model = self.env[name]
                self.assertTrue(model.with_user(self.manager).search_count([]))
                self.assertFalse(model.with_user(stranger).search_count([]))
                with self.assertRefused(AccessError, ""):
                    model.with_user(clerk).search_count([])
                for kind in ("graph", "pivot"):
                    model.with_user(self.manager).get_view(view_type=kind)
