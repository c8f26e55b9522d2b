# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Creating and changing SVA users: what is filled in, what is refused."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestSvaUser(SvaCase):
    def test_the_registration_fills_in(self):
        user = self._sva_user()
        self.assertRecordValues(
            user,
            [
                {
                    "name": "Maria da Silva",
                    "cpf_cnpj": CPFS[0],
                    "username": CPFS[0],
                    "phone": "+5511987654321",
                    "integration_id": self.integration.id,
                    "product_id": self.product.id,
                    "package_id": self.package.id,
                    "partner_id": self.customer.id,
                    "company_id": self.env.company.id,
                }
            ],
        )
        self.assertTrue(user.external_ref)

    def test_the_form_fills_in(self):
        form = Form(self.env["sva.user"].with_context(**self._new_action()["context"]))
        self.assertEqual(form.integration_id, self.integration)
        self.assertEqual(form.product_id, self.product)
        self.assertEqual(form.cpf_cnpj, CPFS[0])
        self.assertEqual(form.phone, "+5511987654321")
        form.phone = "(11) 91234-5678"
        user = form.save()
        self.assertEqual(user.phone, "+5511912345678")

    def test_somebody_else_of_the_house(self):
        form = Form(self.env["sva.user"].with_context(**self._new_action()["context"]))
        form.use_partner_data = False
        form.name = "Pedro da Silva"
        form.cpf_cnpj = "111.444.777-35"
        self.assertEqual(form.username, "11144477735")
        user = form.save()
        self.assertEqual((user.name, user.cpf_cnpj), ("Pedro da Silva", "11144477735"))
        self.assertEqual(user.username, "11144477735")

    def test_all_that_is_missing_is_named_at_once(self):
        self.customer.write({"vat": False, "phone": False})
        with self.assertRefused(ValidationError, "CPF, mobile phone"):
            self._sva_user()
        self.assertFalse(self.contract.sva_user_ids)

    def test_bad_registration_data(self):
        for values, words in (
            ({"vat": "529.982.247-26"}, "not a valid CPF"),
            ({"vat": "11.444.777/0001-61"}, "is a CNPJ"),
            ({"vat": "12.ABC.345/01DE-35"}, "is a CNPJ"),
            ({"phone": "nenhum"}, "not a phone number"),
            ({"phone": "(11) 3333-4444"}, "not a mobile phone"),
        ):
            self.customer.write({"vat": CPFS[0], "phone": "(11) 98765-4321", **values})
            with (
                self.subTest(**values),
                self.assertRefused(ValidationError, words),
            ):
                self._sva_user()
        self.assertFalse(self.env["sva.user"].search([]))

    def test_bad_data_entered_by_hand(self):
        for values, words in (
            ({"cpf_cnpj": "52998224726"}, "not a valid CPF"),
            ({"cpf_cnpj": "11444777000161"}, "is a CNPJ"),
            ({"phone": "123"}, "not a phone number"),
            ({"password": "curta"}, "at least 6"),
        ):
            with (
                self.subTest(**values),
                self.assertRefused(ValidationError, words),
            ):
                self._sva_user(
                    **{
                        "use_partner_data": False,
                        "cpf_cnpj": CPFS[0],
                        "phone": "11987654321",
                        **values,
                    }
                )

    @mute_logger("odoo.sql_db")
    def test_one_user_per_cpf_however_it_is_written(self):
        self._sva_user()
        relative = self._customer("Outro", CPFS[1])
        contract = self._contract(relative)
        relative.vat = "529.982.247-25"
        for lang in ("en_US", "pt_BR"):
            self.env["res.lang"]._activate_lang(lang)
            with self.assertRefused(ValidationError, r"^CPF já cadastrado\."):
                self._sva_user(contract.with_context(lang=lang))

    @mute_logger("odoo.sql_db")
    def test_one_user_per_contract(self):
        self._sva_user()
        with self.assertRefused(ValidationError, "on this platform already"):
            self._sva_user(
                use_partner_data=False, cpf_cnpj=CPFS[1], phone="11987654321"
            )

    def test_the_product_must_be_sold_by_the_contract(self):
        courses = self._product("Cursos", self._package("SABER-CURSOS"))
        with self.assertRefused(ValidationError, "Add it to the contract"):
            self._sva_user(product_id=courses.id)
        with self.assertRefused(ValidationError, "has no SVA package"):
            self._sva_user(product_id=self.internet.id)

    def test_a_package_that_vanished_is_not_sold(self):
        self.sandbox.remove_package(self.package.code)
        self.integration.action_fetch_packages()
        with self.assertRefused(ValidationError, "no longer offered"):
            self._sva_user()

    def test_a_suppliers_contract_has_no_users(self):
        self.contract.contract_type = "purchase"
        with self.assertRefused(ValidationError, "customer's contract"):
            self._sva_user()

    def test_only_phone_and_password_can_be_changed(self):
        user = self._sva_user()
        other = self._contract(self._customer("José", CPFS[1]))
        for values in (
            {"cpf_cnpj": CPFS[1]},
            {"name": "X"},
            {"username": "x"},
            {"contract_id": other.id},
            {"product_id": self.internet.id},
            {"use_partner_data": False},
            {"external_ref": "x"},
        ):
            with self.subTest(**values), self.assertRaises(UserError):
                user.write(values)
        user.write({"phone": "11 91234-5678", "password": "segredo1"})
        self.assertEqual(user.phone, "+5511912345678")

    def test_operators_cannot_write_what_the_engine_observed(self):
        operator = self._operator()
        user = self._sva_user().with_user(operator)
        for values in (
            {"platform_state": "active"},
            {"state": "active"},
            {"manually_disabled": True},
            {"sync_state": "synced"},
        ):
            with self.subTest(**values), self.assertRaises(UserError):
                user.write(values)
        with self.assertRaises(UserError):
            user.create({"contract_id": self.contract.id, "platform_user_id": "usr_1"})

    def test_a_password_is_never_read_back(self):
        user = self._sva_user(password="segredo1")
        self.assertFalse(user.password)
        self.env.flush_all()
        self.env.cr.execute("SELECT row_to_json(u)::text FROM sva_user u")
        self.assertNotIn("segredo1", str(self.env.cr.fetchall()))

    def test_activation_is_refused_on_a_dead_contract(self):
        user = self._sva_user()
        for status in ("inactive", "blacklisted", "withdrawn"):
            self.contract.contract_status = status
            self.assertEqual(user.state, "disabled")
            with self.assertRaisesRegex(UserError, "cannot be activated"):
                user.action_activate()
        self.contract.contract_status = "active"
        self.contract.active = False
        with self.assertRaisesRegex(UserError, "cannot be activated"):
            user.action_activate()

    def test_a_form_begins_without_a_contract(self):
        form = Form(self.env["sva.user"])
        self.assertFalse(form.state)
        form.contract_id = self.contract
        self.assertEqual((form.product_id, form.state), (self.product, "active"))
        self.assertEqual(form.save().cpf_cnpj, CPFS[0])

    def test_the_customers_later_changes_do_not_reach_the_platform(self):
        user = self._sva_user()
        self.customer.write({"name": "Maria Souza", "phone": "11 90000-0000"})
        self.assertEqual((user.name, user.phone), ("Maria da Silva", "+5511987654321"))

    def _new_action(self):
        return self.contract.action_new_sva_user()
