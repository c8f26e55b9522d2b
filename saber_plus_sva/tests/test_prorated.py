# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Parts of a period by days, beside OCA's contract_variable_qty_prorated."""

from datetime import date

from freezegun import freeze_time

from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestProrated(SvaCase):
    def test_the_switch_is_hidden_where_the_addon_is_not(self):
        there = "qty_type" in self.env["contract.line"]._fields
        self.assertEqual(self.product.sva_can_prorate, there)
        # without it the switch does nothing
        self.product.sva_prorate = True
        self.assertTrue(self._sva_line())

    def test_what_a_suspension_cuts_is_counted_by_days_once(self):
        if not self.product.sva_can_prorate:
            self.skipTest("needs contract_variable_qty_prorated")
        self.product.sva_prorate = True
        for kind in ("variable", "fixed"):
            with self.subTest(kind), freeze_time("2026-04-01 15:00:00"):
                contract = self._contract(self.customer, self.product)
                contract.contract_line_ids.write(
                    {
                        "date_start": "2026-04-01",
                        "recurring_next_date": "2026-04-01",
                        "price_unit": 30,
                    }
                )
                # the formula stays where somebody sets the quantity back
                contract.contract_line_ids.qty_type = kind
                contract.action_suspend("2026-04-11", "2026-05-20")
                invoice = contract._recurring_create_invoice()
                self.assertAlmostEqual(invoice.amount_untaxed, 10, delta=0.2)

    def test_what_was_invoiced_elsewhere_is_not_counted(self):
        if not self.product.sva_can_prorate:
            self.skipTest("needs contract_variable_qty_prorated")
        self.product.sva_prorate = True
        for start, due, price, first in (
            # a contract that came to Odoo in its sixth year
            ("2020-03-01", "2026-02-01", 30, "2026-02-01"),
            # a line whose first period is longer
            ("2026-01-18", "2026-02-01", 30 * 42 / 28, "2026-01-18"),
        ):
            with self.subTest(start), freeze_time("2026-02-01 15:00:00"):
                contract = self._contract(self.customer, self.product)
                line = contract.contract_line_ids
                line.write({"date_start": start, "price_unit": 30})
                line.recurring_next_date = due
                line.name = "#START#"
                row = contract._recurring_create_invoice().invoice_line_ids
                self.assertAlmostEqual(row.price_subtotal, price, delta=0.2)
                self.assertEqual(str(row.service_start), first)
                self.assertIn(first[:4], row.name)

    def test_the_last_days_are_invoiced_by_days(self):
        if not self.product.sva_can_prorate:
            self.skipTest("needs contract_variable_qty_prorated")
        line = self._sva_line()
        self.assertEqual(line.qty_type, "fixed")
        self.product.sva_prorate = True
        self.assertEqual(line.qty_type, "variable")
        with freeze_time("2026-04-01 15:00:00"):
            contract = self._contract(self.customer, self.product)
            line = contract.contract_line_ids
            self.assertEqual(line.qty_type, "variable")
            line.write(
                {
                    "recurring_invoicing_type": "post-paid",
                    "date_start": "2026-04-01",
                    "price_unit": 30,
                }
            )
            line.recurring_next_date = "2026-05-01"
            line.stop(date(2026, 4, 15))
        with freeze_time("2026-04-16 15:00:00"):
            contract.cron_recurring_create_invoice()
        invoice = contract._get_related_invoices()
        # OCA counts the days of the month that ends with the invoice: March's 31
        self.assertAlmostEqual(invoice.amount_untaxed, 30 * 15 / 31, delta=0.2)
        line.product_id = self._sva_product("Outro", self._package("SABER-KIDS"))
        self.assertEqual(line.qty_type, "fixed")
