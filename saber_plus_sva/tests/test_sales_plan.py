# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A contract made from a plan has its lines once, and its SVA user by itself."""

from datetime import date, timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.tests import Form, tagged

from odoo.addons.mail.tests.common import MockEmail

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestSalesPlan(MockEmail, SvaCase):
    def _finish_the_stage(self):
        self.contract.unlink()
        self.plan = self.env["contract.template"].create(
            {
                "name": "Fibra + Livros",
                "sva_auto_activate": True,
                "contract_line_ids": [
                    Command.create({"product_id": product.id, "name": product.name})
                    for product in self.internet + self.product
                ],
            }
        )

    def _create(self, **values):
        return self.env["contract.contract"].create(
            {
                "name": "Do plano",
                "partner_id": self.customer.id,
                "contract_template_id": self.plan.id,
                **values,
            }
        )

    def assertLive(self, contract):
        self.assertEqual(
            contract.contract_line_ids.mapped("service_type"), ["service", "sva"]
        )
        user = contract.sva_user_ids
        self.assertEqual(len(user), 1)
        self._run_engine()
        self.assertInStep(user, "active")

    def test_by_another_program(self):
        self.assertLive(self._create())

    def test_by_the_form(self):
        view = "contract.contract_contract_customer_form_view"
        form = Form(self.env["contract.contract"], view=view)
        form.name = "Do plano"
        form.partner_id = self.customer
        form.contract_template_id = self.plan
        self.assertLive(form.save())

    def test_by_a_flow_that_runs_the_onchange_afterwards(self):
        contract = self._create()
        contract._onchange_contract_template_id()
        self.assertLive(contract)

    def test_by_a_flow_that_brings_its_own_lines(self):
        contract = self._create(
            contract_line_ids=[
                Command.create(self._line_values(self.internet)),
                Command.create(self._line_values(self.product)),
            ]
        )
        self.assertLive(contract)

    def test_by_a_flow_that_makes_the_lines_last(self):
        contract = self.env["contract.contract"].create(
            {
                "name": "Venda",
                "partner_id": self.customer.id,
                "sva_auto_activate": True,
                "line_recurrence": True,
            }
        )
        self.assertFalse(contract.sva_user_ids)
        contract.contract_line_ids = [
            Command.create(self._line_values(self.internet)),
            Command.create(self._line_values(self.product)),
        ]
        self.assertLive(contract)

    def test_when_it_is_signed(self):
        contract = self._create(contract_status="pre_contract")
        self.assertFalse(contract.sva_user_ids)
        contract.action_activate_contract()
        self.assertLive(contract)

    def test_who_withdrew_before_signing_and_comes_back(self):
        contract = self._create(contract_status="pre_contract")
        contract.action_withdraw("Desistiu")
        contract.action_reactivate()
        self.assertEqual(contract.signed_on, contract._today())
        self.assertLive(contract)

    def test_asking_again_brings_nobody_back(self):
        contract = self._create(contract_status="pre_contract")
        contract.action_activate_contract()
        contract.sva_user_ids.unlink()
        contract.action_activate_contract()
        self.assertFalse(contract.sva_user_ids)

    def test_what_is_missing_becomes_an_activity(self):
        self.customer.write({"vat": False, "phone": False})
        contract = self._create(contract_status="pre_contract")
        contract.action_activate_contract()
        self.assertStatusPair(contract, "active", "active")
        self.assertFalse(contract.sva_user_ids)
        self.assertIn("CPF, mobile phone", contract.activity_ids.note)
        self.customer.write({"vat": "529.982.247-25", "phone": "11 98765-4321"})
        contract._sva_auto_activate()
        self.assertFalse(contract.activity_ids)
        self.assertLive(contract)

    def test_of_many_at_once_nobody_gets_a_mail_each(self):
        self.customer.write({"vat": False, "phone": False})
        manager = self._operator("test_manager", "group_sva_manager")
        contracts = self.env["contract.contract"]
        for _count in range(2):
            contracts |= self._create(contract_status="pre_contract")
        contracts.user_id = manager
        with self.mock_mail_gateway():
            contracts.action_activate_contract()
        self.assertFalse(self._new_mails)
        for contract in contracts:
            self.assertIn("CPF, mobile phone", contract.activity_ids.note)

    def test_a_cpf_that_is_taken_becomes_an_activity(self):
        self._create()
        contract = self._create()
        self.assertFalse(contract.sva_user_ids)
        self.assertIn("CPF já cadastrado", contract.activity_ids.note)

    def test_a_plan_that_does_not_activate(self):
        self.plan.sva_auto_activate = False
        contract = self._create()
        self.assertEqual(len(contract.contract_line_ids), 2)
        self.assertFalse(contract.sva_user_ids)

    def test_a_company_without_the_platform_becomes_an_activity(self):
        company = self.env["res.company"].create({"name": "Outro provedor"})
        contract = self._create(company_id=company.id)
        self.assertStatusPair(contract, "active", "active")
        self.assertFalse(contract.sva_user_ids)
        self.assertTrue(contract.activity_ids.note)

    def test_an_archived_integration_becomes_an_activity(self):
        self.integration.active = False
        contract = self._create()
        self.assertFalse(contract.sva_user_ids)
        self.assertIn("archived", contract.activity_ids.note)

    def test_what_nobody_foresaw_becomes_an_activity(self):
        users = type(self.env["sva.user"])
        with (
            patch.object(users, "create", side_effect=ZeroDivisionError("529982247")),
            self.assertLogs("odoo.addons.contract_access.transaction", "ERROR") as logs,
        ):
            contract = self._create()
        self.assertStatusPair(contract, "active", "active")
        self.assertIn("unexpected", contract.activity_ids.note)
        self.assertIn("ZeroDivisionError", logs.output[0])
        self.assertNotIn("529982247", logs.output[0])

    def test_the_line_that_runs_is_taken(self):
        kids = self._sva_product("Saber+ Kids", self._package("SABER-KIDS"))
        over = {"date_start": "2026-01-01", "date_end": "2026-01-31"}
        contract = self._create(
            contract_line_ids=[
                Command.create(self._line_values(kids, is_canceled=True)),
                Command.create(
                    self._line_values(kids, **over, last_date_invoiced="2026-01-31")
                    | {"recurring_next_date": False}
                ),
                Command.create(
                    self._line_values(
                        self.product,
                        date_start="2026-02-01",
                        recurring_next_date="2026-02-01",
                    )
                ),
            ]
        )
        self.assertEqual(contract.sva_user_ids.product_id, self.product)

    def test_a_user_that_was_deleted_does_not_come_back_by_a_renewal(self):
        contract = self._create()
        contract.sva_user_ids.unlink()
        line = self._sva_line(contract)
        today = contract._today()
        line.write({"date_end": today, "is_auto_renew": False})
        line.plan_successor(today + timedelta(days=1), False, False)
        self.assertEqual(len(self._sva_line(contract)), 2)
        self.assertFalse(contract.sva_user_ids)

    def test_the_lines_begin_on_the_companys_day(self):
        """Whoever sells from wherever; else the user waits for a day to come."""
        self.env.company.partner_id.tz = False
        self.env.user.tz = "Asia/Tokyo"
        with freeze_time("2026-03-01 23:30:00"):
            contract = self._create()
            self.assertEqual(
                set(contract.contract_line_ids.mapped("date_start")), {date(2026, 3, 1)}
            )
            self.assertLive(contract)
            line = self.env["contract.line"].default_get(["date_start"])
            self.assertEqual(line["date_start"], date(2026, 3, 1))
