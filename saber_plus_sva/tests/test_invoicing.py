# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""SVA on the invoice, apart from telecom."""

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestInvoicing(SvaCase):
    def setUp(self):
        super().setUp()
        self.contract.contract_line_ids.filtered(
            lambda line: line.product_id == self.internet
        ).service_type = "internet"

    def test_the_invoice_holds_the_sva_line(self):
        invoice = self.contract._recurring_create_invoice()
        types = {
            line.product_id: line.service_type for line in invoice.invoice_line_ids
        }
        self.assertEqual(types, {self.internet: "internet", self.product: "sva"})

    def test_the_report_is_grouped_by_type_of_service(self):
        invoice = self.contract._recurring_create_invoice()
        invoice.action_post()
        self.env.flush_all()
        groups = self.env["account.invoice.report"]._read_group(
            [("move_id", "=", invoice.id)],
            ["service_type"],
            ["price_subtotal:sum"],
        )
        self.assertEqual({group[0] for group in groups}, {"internet", "sva"})
        for _service_type, amount in groups:
            self.assertAlmostEqual(amount, 29.9)

    def test_a_credit_note_has_the_same_types(self):
        invoice = self.contract._recurring_create_invoice()
        invoice.action_post()
        credit = invoice._reverse_moves()
        self.assertEqual(
            set(credit.invoice_line_ids.mapped("service_type")), {"internet", "sva"}
        )

    def test_an_invoice_without_a_contract(self):
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"product_id": product.id, "price_unit": 1})
                    for product in (self.product, self.internet)
                ],
            }
        )
        self.assertEqual(
            invoice.invoice_line_ids.mapped("service_type"), ["sva", False]
        )

    def test_a_draft_follows_the_product(self):
        invoice = self.contract._recurring_create_invoice()
        line = invoice.invoice_line_ids.filtered(
            lambda row: row.product_id == self.product
        )
        self.assertEqual(line.service_type, "sva")
        line.product_id = self.internet
        self.assertFalse(line.service_type)
        self.internet.invoice_service_type = "internet"
        self.assertEqual(line.service_type, "internet")
        line.product_id = self.product
        self.assertEqual(line.service_type, "sva")

    def test_the_category_says_it_for_its_products(self):
        above = self.env["product.category"].create({"name": "Telecom"})
        category = above.create({"name": "Voz", "parent_id": above.id})
        phone = self._product("Fixo", categ_id=category.id)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_line_ids": [
                    Command.create({"product_id": phone.id, "price_unit": 1})
                ],
            }
        )
        line = invoice.invoice_line_ids
        self.assertFalse(line.service_type)
        above.invoice_service_type = "telephony"
        self.assertEqual(line.service_type, "telephony")
        sold = self._contract(self.customer, phone).contract_line_ids
        self.assertEqual(sold.service_type, "telephony")
        invoice.action_post()
        above.invoice_service_type = "tv"
        phone.invoice_service_type = "service"
        self.assertEqual(line.service_type, "telephony")

    def test_a_correction_by_hand_says_why(self):
        invoice = self.contract._recurring_create_invoice()
        invoice.action_post()
        accountant = self._operator("test_account", "account.group_account_invoice")
        line = invoice.invoice_line_ids.filtered(
            lambda row: row.product_id == self.product
        ).with_user(accountant)
        with self.assertRefused(UserError, "follows the product"):
            line.service_type = "internet"
        with self.assertRefused(ValidationError, "Say why"):
            line.service_type_correction = "internet"
        wizards = self.env["sva.service.type"].with_user(accountant)
        wizards.with_context(active_id=invoice.id).create(
            {"line_id": line.id, "service_type": "tv", "reason": "Nota antiga"}
        ).action_correct()
        self.assertEqual(line.service_type, "tv")
        self.assertIn("Nota antiga", invoice.message_ids[:1].body)
        credit = invoice._reverse_moves()
        self.assertIn("tv", credit.invoice_line_ids.mapped("service_type"))
