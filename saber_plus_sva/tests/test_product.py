# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Products that sell packages, and the lines that sell such products."""

from lxml import etree

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestProduct(SvaCase):
    def test_a_package_makes_a_product_sva(self):
        self.assertTrue(self.product.is_sva)
        self.assertFalse(self.internet.is_sva)
        self.product.sva_integration_id = False
        self.assertFalse(self.product.sva_package_id)
        self.assertFalse(self.product.is_sva)

    def test_a_copy_of_one_that_the_author_may_not_see(self):
        template = self.product.product_tmpl_id
        self.assertEqual(template.copy().sva_package_id, self.package)
        author = self._operator(
            "test_author", "base.group_user,product.group_product_manager"
        )
        copy = template.with_user(author).copy()
        self.assertFalse(copy.sudo().sva_integration_id)
        self.assertFalse(copy.sudo().sva_package_id)
        copies = self.product.with_user(author).copy()
        self.assertFalse(copies.sudo().is_sva)

    def test_fetching_from_the_product(self):
        self.sandbox.set_package("SABER-NOVO", name="Saber+ Novo")
        self.product.product_tmpl_id.action_fetch_sva_packages()
        self.assertTrue(self._package("SABER-NOVO"))
        with self.assertRaisesRegex(UserError, "Choose the SVA integration first"):
            self.internet.product_tmpl_id.action_fetch_sva_packages()

    def test_a_package_of_another_integration_is_refused(self):
        with self.assertRefused(ValidationError, "another SVA integration"):
            self.internet.sva_package_id = self.package

    def test_a_type_that_does_not_fit_is_refused(self):
        for product, service_type, words in (
            (self.internet, "sva", "no SVA package"),
            (self.product, "internet", "must be of the type SVA"),
        ):
            values = self._line_values(product, service_type=service_type)
            with self.assertRefused(ValidationError, words):
                self.contract.contract_line_ids = [Command.create(values)]
        line = self.contract.contract_line_ids[0]
        line.service_type = "internet"
        with self.assertRefused(ValidationError, "no SVA package"):
            line.service_type = "sva"

    def test_the_type_follows_the_product(self):
        line = self.contract.contract_line_ids.filtered(
            lambda line: line.product_id == self.product
        )
        line.product_id = self.internet
        self.assertEqual(line.service_type, "service")
        line.product_id = self.product
        self.assertEqual(line.service_type, "sva")

    def test_a_product_that_becomes_sva_takes_its_lines_along(self):
        self.internet.write(
            {
                "sva_integration_id": self.integration.id,
                "sva_package_id": self._package("SABER-CURSOS").id,
            }
        )
        self.assertEqual(
            set(self.contract.contract_line_ids.mapped("service_type")), {"sva"}
        )

    def test_who_has_a_product(self):
        user = self._sva_user()
        other = self._sva_product("Saber+ Cursos", self._package("SABER-CURSOS"))
        self._sva_user(self._contract(self._customer("José", CPFS[1]), other))
        desk = self._operator()
        for product in (self.product, self.product.product_tmpl_id):
            product = product.with_user(desk)
            self.assertEqual(product.sva_user_count, 1)
            domain = product.action_view_sva_users()["domain"]
            self.assertEqual(self.env["sva.user"].search(domain), user)

    def test_what_a_customer_has(self):
        desk = self._operator()
        company = self.env["res.partner"].create({"name": "Padaria Silva"})
        self.customer.parent_id = company
        user = self._sva_user()
        self._sva_user(self._contract(self._customer("José", CPFS[1])))
        for partner in (self.customer, company):
            partner = partner.with_user(desk)
            self.assertEqual(partner.sva_user_count, 1)
            domain = partner.action_view_sva_users()["domain"]
            self.assertEqual(self.env["sva.user"].search(domain), user)
        # never invoiced, and yet the way to the contract is there
        self.assertEqual(self.customer.customer_rank, 0)
        self.assertEqual(self.customer.with_user(desk).sale_contract_count, 1)
        arch = (
            self.env["res.partner"].with_user(desk).get_view(view_type="form")["arch"]
        )
        [button] = etree.fromstring(arch).xpath(
            "//button[field[@name='sale_contract_count']]"
        )
        self.assertEqual(
            button.get("invisible"), "customer_rank == 0 and sale_contract_count == 0"
        )
