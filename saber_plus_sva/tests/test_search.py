# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A CPF or a phone is found however it is typed, wherever one searches."""

from lxml import etree

from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from .common import CPFS, SvaCase

CPF_FORMS = (
    "52998224725",
    "529.982.247-25",
    " 529 982 247 25 ",
    "529.982",
    "982.247-25",
    "247-25",
)
PHONE_FORMS = (
    "11987654321",
    "(11) 98765-4321",
    "+5511987654321",
    "+55 (11) 98765-4321",
    "0055 11 98765 4321",
    "011 98765-4321",
    "98765-4321",
)
RUBBISH = ("🎉", "\\", "'\"", "a'); --", "'", "ç" * 10_000, "9" * 10_000, "٣٤", "-./")


@tagged("post_install", "-at_install")
class TestSearch(SvaCase):
    def _finish_the_stage(self):
        self.user = self._sva_user()
        self.other_customer = self._customer("José", CPFS[1], "(21) 91234-5678")
        self.other_contract = self._contract(self.other_customer)
        self.other = self._sva_user(self.other_contract)
        common = {"integration_id": self.integration.id}
        self.divergence, self.other_divergence = self.env["sva.divergence"].create(
            [
                {
                    **common,
                    "platform_user_id": user.cpf_cnpj,
                    "platform_state": "active",
                    "name": user.name,
                    "cpf_cnpj": user.cpf_cnpj,
                    "username": user.cpf_cnpj,
                    "phone": user.phone,
                }
                for user in (self.user, self.other)
            ]
        )
        self.removal, self.other_removal = self.env["sva.user.removal"].create(
            [
                {**common, "name": user.name, "cpf_cnpj": user.cpf_cnpj}
                for user in (self.user, self.other)
            ]
        )

    def _typed(self, model, text):
        """What the first proposal of the search box finds."""
        arch = self.env[model].get_view(view_type="search")["arch"]
        field = etree.fromstring(arch).find(".//field")
        domain = safe_eval(field.get("filter_domain"), {"self": text})
        return self.env[model].search(domain)

    def _chosen(self, model, text):
        """What a drop-down offers."""
        found = self.env[model].name_search(text, limit=None)
        return self.env[model].browse(id_ for id_, _name in found)

    def assertFinds(self, texts, wanted, unwanted):
        for text in texts:
            for search in (self._typed, self._chosen):
                with self.subTest(model=wanted._name, text=text[:20], search=search):
                    found = search(wanted._name, text) & (wanted | unwanted)
                    self.assertEqual(found, wanted)

    def test_people_of_the_platform(self):
        for wanted, unwanted in (
            (self.user, self.other),
            (self.divergence, self.other_divergence),
        ):
            self.assertFinds((*CPF_FORMS, *PHONE_FORMS, "maria"), wanted, unwanted)
        self.assertFinds((*CPF_FORMS, "maria"), self.removal, self.other_removal)

    def test_customers_and_contracts_however_the_registration_is_written(self):
        self.contract.code = "2026/0042"
        for vat, phone in (
            ("529.982.247-25", "(11) 98765-4321"),
            ("52998224725", "+55 11 98765-4321"),
            ("529 982 247 25", "11987654321"),
        ):
            self.customer.write({"vat": vat, "phone": phone})
            for wanted, unwanted in (
                (self.customer, self.other_customer),
                (self.contract, self.other_contract),
            ):
                forms = (*CPF_FORMS, *PHONE_FORMS, "maria")
                self.assertFinds(forms, wanted, unwanted)
        self.assertFinds(["2026/0042", "0042"], self.contract, self.other_contract)

    def test_other_identification_numbers_are_found_as_before(self):
        self.customer.write({"country_id": self.env.ref("base.be").id, "vat": False})
        self.customer.vat = "BE0477472701"
        for text in ("BE0477", "0477472701", "be 0477"):
            found = self.env["res.partner"].search([("vat", "ilike", text)])
            self.assertEqual(self.customer in found, text != "be 0477")
        self.assertIn(
            self.customer,
            self.env["res.partner"].search([("vat", "=", "BE0477472701")]),
        )

    def test_what_is_no_number_finds_no_number(self):
        for text in RUBBISH:
            for model in (
                "sva.user",
                "sva.user.removal",
                "sva.divergence",
                "contract.contract",
                "res.partner",
            ):
                with self.subTest(text=text[:20], model=model):
                    self.assertFalse(self._typed(model, text))
                    self.assertFalse(self._chosen(model, text))

    def test_the_number_beside_a_name(self):
        for partner, number in (
            (self.customer, "529.982.247-25"),
            (self._customer("Padaria", "11444777000161"), "11.444.777/0001-61"),
            (self._customer("Ana", "X-1"), "X-1"),
            (self._customer("Caio", False), "Caio"),
        ):
            for context in ({}, {"show_address": True}):
                shown = partner.with_context(show_vat=True, **context).display_name
                self.assertTrue(shown.startswith(partner.name))
                self.assertIn(number, shown.splitlines()[-1 if partner.vat else 0])
            self.assertEqual(partner.display_name, partner.name)

    def test_the_operators_of_a_custom_filter(self):
        everybody = self.user | self.other
        for operator, value, wanted in (
            ("ilike", "529.982", self.user),
            ("not ilike", "529.982", self.other),
            ("ilike", "maria", self.user.browse()),
            ("not ilike", "maria", everybody),
            ("ilike", "", everybody),
            ("=", CPFS[0], self.user),
            ("!=", CPFS[0], self.other),
            ("in", [CPFS[0], CPFS[1]], everybody),
            ("=", False, self.user.browse()),
            ("!=", False, everybody),
            ("=like", "529%", self.user),
        ):
            with self.subTest(operator=operator, value=value):
                found = everybody.search([("cpf_cnpj", operator, value)])
                self.assertEqual(found & everybody, wanted)
                partners = self.env["res.partner"].search([("vat", operator, value)])
                customers = (everybody & found).partner_id
                both = self.customer | self.other_customer
                self.assertEqual(partners & both, customers)
