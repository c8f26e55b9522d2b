# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Creating and changing SVA users: what is filled in, what is refused."""

from odoo.exceptions import UserError, ValidationError
from odoo.http import serialize_exception
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext, mute_logger
from odoo.tools.safe_eval import safe_eval

from ..exceptions import RedirectValidationError
from .common import CPFS, SvaCase, cpfs


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

    def test_a_product_that_is_not_sold_to_others_any_more(self):
        self.product.active = False
        user = self._sva_user()
        self.assertEqual((user.product_id, user.state), (self.product, "active"))

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

    def test_a_transfer_is_advised_to_the_same_person_only(self):
        self._sva_user()
        again = self._contract(self.customer)
        with self.assertRefused(ValidationError, "transfer it from there"):
            self._sva_user(again)
        stranger = self._contract(self._customer("José", CPFS[1]))
        data = {"use_partner_data": False, "cpf_cnpj": CPFS[0]}
        with self.assertRefused(ValidationError, r"(?s)^CPF já cad.*another customer"):
            self._sva_user(stranger, **data)
        for contract in (self.contract, stranger):
            with self.assertRaises(ValidationError) as refused:
                self._sva_user(contract, **data)
            self.assertNotIn("transfer", str(refused.exception))

    def test_the_product_must_be_sold_by_the_contract(self):
        courses = self._sva_product("Cursos", self._package("SABER-CURSOS"))
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

    def test_the_chatter_says_what_was_done_and_no_value(self):
        user = self._sva_user()
        user.write({"phone": "(11) 98765-4321"})  # as it was
        self.assertEqual(
            self._notes(self.contract), ["SVA user (Saber+ Livros) created."]
        )
        user.write({"phone": "11 91234-5678"})
        user.write({"password": "segredo1"})
        changes = [
            "SVA user (Saber+ Livros): new phone.",
            "SVA user (Saber+ Livros): new password.",
        ]
        self.assertEqual(self._notes(user)[-2:], changes)
        self.assertEqual(self._notes(self.contract)[-2:], changes)
        user.unlink()
        self.assertEqual(
            self._notes(self.contract)[-1], "SVA user (Saber+ Livros) deleted."
        )
        said = " ".join(self._notes(self.contract))
        for value in ("segredo1", "91234", CPFS[0]):
            self.assertNotIn(value, said)

    def test_the_chatter_of_many_costs_no_more_queries(self):
        def contracts(first, count):
            return [
                self._contract(self._customer("Rui", cpf)) for cpf in cpfs(count, first)
            ]

        def queries(batch):
            users = self.env["sva.user"].create(
                [{"contract_id": contract.id} for contract in batch]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            users.write({"password": "segredo1"})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = contracts(1000, 3), contracts(2000, 9)
        queries(few[:1])  # fills the caches
        self.assertEqual(queries(few[1:]), queries(many))

    def _notes(self, record):
        """What its chatter says, oldest first."""
        messages = record.message_ids.filtered("body").sorted("id")
        return [html2plaintext(message.body) for message in messages]

    def test_a_registration_that_is_not_complete_leads_to_where_it_can_be(self):
        for values, words in (
            ({"vat": False, "phone": False}, "CPF, mobile phone"),
            ({"vat": "529.982.247-26"}, "not a valid CPF"),
        ):
            self.customer.write({"vat": CPFS[0], "phone": "11987654321", **values})
            with self.assertRefused(RedirectValidationError, words):
                self._sva_user()
        with self.assertRaises(RedirectValidationError) as raised:
            self._sva_user()
        answer = serialize_exception(raised.exception)
        self.assertRegex(answer["message"], "^This is not a valid CPF.*digits\\.$")
        self.assertEqual(answer["context"]["action"]["res_id"], self.customer.id)
        # entered by hand, it is mended where it was entered
        with self.assertRefused(ValidationError, "not a valid CPF"):
            self._sva_user(use_partner_data=False, cpf_cnpj="52998224726")

    def test_the_front_desk_completes_a_registration(self):
        desk = self._operator()
        customers = self.env["res.partner"].with_user(desk)
        customer = customers.create({"name": "Ana", "vat": CPFS[3]})
        customer.phone = "(11) 91234-5678"
        contract = self._contract(customer).with_user(desk)
        user = self.env["sva.user"].with_user(desk).create({"contract_id": contract.id})
        self.assertEqual(user.phone, "+5511912345678")

    def test_a_form_begins_in_the_users_company(self):
        operator = self._operator()
        form = Form(self.env["sva.user"].with_user(operator))
        self.assertEqual(form.company_id, operator.company_id)
        self.assertEqual(form.integration_id, self.integration)
        other = self._contract(self._customer("José", CPFS[1], "(21) 91234-5678"))
        for contract in (self.contract, other):
            form.contract_id = contract
            self.assertEqual(form.name, contract.partner_id.name)
            self.assertEqual(form.cpf_cnpj, contract.partner_id.vat)
        self.assertEqual(form.phone, "+5521912345678")
        user = form.save()
        self.assertEqual((user.contract_id, user.product_id), (other, self.product))

    def test_the_form_of_another_companys_contract(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        operator = self._operator()
        operator.company_ids += branch
        abroad = self._integration(name="Saber+ da filial", company_id=branch.id)
        contract = self._contract(
            self._customer("José", CPFS[1]), self.internet, company_id=branch.id
        )
        form = Form(
            self.env["sva.user"]
            .with_user(operator)
            .with_context(allowed_company_ids=operator.company_ids.ids)
        )
        form.contract_id = contract
        self.assertEqual((form.company_id, form.integration_id), (branch, abroad))

    def test_the_form_offers_contracts_that_lack_a_user(self):
        sold = self._contract(self._customer("José", CPFS[1]))
        taken = self._contract(self._customer("Ana", CPFS[2]))
        self._sva_user(taken)
        ended = self._contract(self._customer("Rui", CPFS[3]))
        ended.action_withdraw()
        internet = self._contract(self._customer("Eva", CPFS[4]), self.internet)
        purchase = self._contract(self.customer, contract_type="purchase")
        desk = self._operator()
        users = self.env["sva.user"].with_user(desk)
        everything = self.contract | sold | taken | ended | internet | purchase
        description = users.fields_get(["contract_id"])["contract_id"]["domain"]
        for integration_id, wanted in (
            (self.integration.id, self.contract | sold),
            # another platform may be chosen later
            (False, self.contract | sold | taken),
        ):
            values = {
                "integration_id": integration_id,
                "company_id": self.env.company.id,
            }
            offered = everything.with_user(desk).search(safe_eval(description, values))
            self.assertEqual(offered & everything, wanted)

    def test_the_company_is_the_contracts(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        user = self._sva_user(company_id=branch.id)
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(user.company_id, self.contract.company_id)

    def test_the_customers_later_changes_do_not_reach_the_platform(self):
        user = self._sva_user()
        self.customer.write({"name": "Maria Souza", "phone": "11 90000-0000"})
        self.assertEqual((user.name, user.phone), ("Maria da Silva", "+5511987654321"))

    def _new_action(self):
        return self.contract.action_new_sva_user()
