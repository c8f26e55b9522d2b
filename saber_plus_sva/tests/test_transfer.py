# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Another contract, another product, another package: the platform's user follows."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestTransfer(SvaCase):
    def _finish_the_stage(self):
        self.sandbox.set_package("SABER-CURSOS", name="Saber+ Cursos")
        self.integration.action_fetch_packages()
        self.courses = self._sva_product("Saber+ Cursos", self._package("SABER-CURSOS"))
        self.user = self._sva_user()
        self._run_engine()
        self.assertInStep(self.user, "active")

    def setUp(self):
        super().setUp()
        self.sandbox.set_package("SABER-CURSOS", name="Saber+ Cursos")
        self._put_on_platform(self.user)
        self.on_platform = self.user.platform_user_id

    def _held(self):
        return self._on_platform(self.user)

    # another contract

    def _new_contract(self, *products, **values):
        products = self.env["product.product"].union(*products) or self.product
        return self._contract(self.customer, products, **values)

    def test_a_customer_who_comes_back_keeps_the_user(self):
        self.contract.action_blacklist()
        self._run_engine()
        self.assertInStep(self.user, "disabled")
        new = self._new_contract()
        front_desk = self._operator()
        self.customer.phone = "11 90000-0000"
        self.assertTrue(self.user.with_user(front_desk).action_transfer(new.id))
        self._run_engine()
        self.assertInStep(self.user, "active")
        self.assertEqual(self.user.contract_id, new)
        self.assertEqual(self._held()["id"], self.on_platform)
        self.assertEqual(self.user.phone, "+5511987654321")
        self.assertIn(new.display_name, self.user.message_ids[0].body)

    def test_the_username_stays(self):
        user = self._sva_user(
            self._contract(self._customer("José", CPFS[1])), username="jose.silva"
        )
        user.action_transfer(self._contract(user.partner_id).id)
        self.assertEqual(user.username, "jose.silva")

    def test_an_end_that_was_a_mistake(self):
        """Another product that is sold later does not take over before its time."""
        line = self._sva_line()
        self._sell_tomorrow(self.contract, self.courses)
        before = line.date_end
        line.date_end = before - timedelta(days=1)
        self.assertEqual(
            (self.user.product_id, self.user.state), (self.product, "disabled")
        )
        line.date_end = before
        self.assertEqual(
            (self.user.product_id, self.user.state), (self.product, "active")
        )

    def test_the_package_is_what_the_new_contract_sells(self):
        new = self._new_contract(self.courses)
        self.user.action_deactivate()
        self.user.action_transfer(new.id)
        self._run_engine()
        self.assertInStep(self.user, "active")
        self.assertEqual(self._held()["package_code"], "SABER-CURSOS")

    def test_where_several_are_sold_one_is_chosen(self):
        other = self._sva_product("Saber+ Cursos II", self._package("SABER-CURSOS"))
        new = self._new_contract(self.courses)
        self._sell_tomorrow(new, other)
        with self.assertRefused(UserError, "several SVA products"):
            self.user.action_transfer(new.id)
        self.user.action_transfer(new.id, other.id)
        self.assertEqual(self.user.product_id, other)
        self.assertEqual(self.user.contract_id, new)

    def test_what_cannot_be_transferred(self):
        stranger = self._contract(self._customer("José", CPFS[1]))
        ended = self._new_contract()
        ended.action_withdraw()
        taken = self._new_contract()
        other = self._sva_user(
            taken, use_partner_data=False, cpf_cnpj=CPFS[2], phone="11 98888-7777"
        )
        nothing = self._new_contract(self.internet)
        for contract, words in (
            (stranger, "another customer"),
            (ended, "Withdrawn"),
            (taken, "already"),
            (nothing, "sells no SVA"),
            (self.contract.browse(), "Choose"),
        ):
            with self.assertRefused(UserError, words):
                self.user.action_transfer(contract.id)
        with self.assertRefused(ValidationError, "no SVA package"):
            self.user.action_transfer(self._new_contract().id, self.internet.id)
        self.assertTrue(other)
        self.assertEqual(self.user.contract_id, self.contract)
        self.assertEqual(self.user.sync_state, "synced")

    def test_another_registration_of_the_same_person(self):
        again = self._customer("Maria Silva", CPFS[0])
        new = self._contract(again)
        self.user.action_transfer(new.id)
        self._run_engine()
        self.assertInStep(self.user, "active")
        self.assertEqual(self.user.partner_id, again)

    def test_a_second_user_is_told_where_the_first_one_is(self):
        self.contract.action_blacklist()
        new = self._new_contract()
        with self.assertRefused(ValidationError, "^CPF já cadastrado.*Blacklisted"):
            self._sva_user(new)

    def test_a_duplicate_is_refused_without_a_word_in_the_log(self):
        new = self._new_contract()
        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            for values in (
                {},
                {"use_partner_data": False, "cpf_cnpj": CPFS[0]},
            ):
                with self.assertRefused(ValidationError, "^CPF já cadastrado"):
                    self._sva_user(new, **values)
            with self.assertRefused(ValidationError, "already"):
                self._sva_user(cpf_cnpj=CPFS[1])
        with self.assertRefused(ValidationError, "^CPF já cadastrado"):
            self.env["sva.user"].create(
                [
                    {"contract_id": contract.id, "cpf_cnpj": CPFS[1]}
                    for contract in (new, self._new_contract())
                ]
            )

    def test_a_new_user_for_a_customer_who_comes_back_is_the_former_one(self):
        self.contract.action_blacklist()
        new = self._new_contract()
        action = new.action_new_sva_user()
        self.assertEqual(action["res_model"], "sva.user.transfer")
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"]))
        self.assertEqual(wizard.product_id, self.product)
        wizard.save().action_transfer()
        self.assertEqual(self.user.contract_id, new)

    def test_a_customer_who_comes_back_wants_it_for_somebody_else(self):
        self.contract.action_blacklist()
        new = self._new_contract()
        action = new.action_new_sva_user()
        wizard = Form(self.env[action["res_model"]].with_context(**action["context"]))
        action = wizard.save().action_new_user()
        form = Form(self.env[action["res_model"]].with_context(**action["context"]))
        form.name, form.cpf_cnpj, form.phone = "Filha", CPFS[1], "11 97777-1111"
        user = form.save()
        self.assertEqual((user.contract_id, user.name), (new, "Filha"))
        self.assertEqual(self.user.contract_id, self.contract)

    def test_a_plan_that_activates_takes_the_former_user_along(self):
        self.contract.action_blacklist()
        new = self._new_contract(sva_auto_activate=True)
        self.assertEqual(self.user.contract_id, new)
        self._run_engine()
        self.assertInStep(self.user, "active")

    # another package, another product

    def test_the_products_package_changes(self):
        self.product.product_tmpl_id.sva_package_id = self._package("SABER-CURSOS")
        self._run_engine()
        self.assertInStep(self.user, "active")
        self.assertEqual(self._held()["package_code"], "SABER-CURSOS")

    def test_the_line_sells_another_product(self):
        self._sva_line().product_id = self.courses
        self.assertEqual(self.user.product_id, self.courses)
        self._run_engine()
        self.assertInStep(self.user, "active")
        self.assertEqual(self._held()["package_code"], "SABER-CURSOS")

    def test_another_line_replaces_the_first(self):
        self._sva_line().cancel()
        self.assertEqual(
            (self.user.product_id, self.user.state), (self.product, "disabled")
        )
        values = self._line_values(self.courses, contract_id=self.contract.id)
        self.env["contract.line"].create(values)
        self.assertEqual(
            (self.user.product_id, self.user.state), (self.courses, "active")
        )

    def test_another_product_follows_on_a_day_to_come(self):
        today = self.contract._today()
        line = self._sva_line()
        line.date_end = today + timedelta(days=9)
        start = today + timedelta(days=10)
        self.env["contract.line"].create(
            {
                **self._line_values(
                    self.courses, date_start=start, recurring_next_date=start
                ),
                "contract_id": self.contract.id,
            }
        )
        self.assertEqual(self.user.product_id, self.product)
        self.env.flush_all()
        with freeze_time(start + timedelta(days=1)):
            # something else comes first that day, before the daily action
            self.contract.action_block()
            self.contract.action_release()
            self._end_of_request()
            self.assertEqual(self.user.state, "active")
            self._dun()
            self.assertEqual(
                (self.user.product_id, self.user.state), (self.courses, "active")
            )
            self._run_engine()
            self.assertInStep(self.user, "active")
        self.assertEqual(self._held()["package_code"], "SABER-CURSOS")

    def test_the_last_line_is_deleted(self):
        self._sva_line().cancel()
        self._sva_line().unlink()
        self.assertEqual(self.user.product_id, self.product)
        self._run_engine()
        self.assertInStep(self.user, "disabled")

    def test_a_contract_that_goes_to_somebody_else(self):
        other = self._customer("João Souza", CPFS[2])
        with self.assertRefused(UserError, "goes to somebody else"):
            self.contract.partner_id = other
        seller = self._operator("test_seller", "contract_access.group_contract_user")
        with self.assertRefused(UserError, "goes to somebody else"):
            self.contract.with_user(seller).partner_id = other
        # another address of the customer, and the same person with two registrations
        address = self.env["res.partner"].create(
            {"name": "Casa", "parent_id": self.customer.id}
        )
        self.contract.partner_id = address
        self.contract.partner_id = self._customer("Maria da Silva", CPFS[0])
        self.assertEqual(self.user.partner_id, self.contract.partner_id)
        self.user.unlink()
        self.contract.partner_id = other

    def test_a_contract_with_users_stays_what_it_is(self):
        company = self.env["res.company"].create({"name": "Outro provedor"})
        with self.assertRefused(ValidationError, "must stay a customer's contract"):
            self.contract.contract_type = "purchase"
        with self.assertRefused(UserError, "company"):
            self.contract.company_id = company
