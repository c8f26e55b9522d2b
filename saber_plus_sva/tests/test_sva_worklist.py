# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Contracts found by what is owed to them of SVA."""

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestSvaWorklist(SvaCase):
    def test_sold_without_a_user(self):
        other = self._contract(self._customer("Ana", CPFS[1]))
        self._sva_user(other)
        self.env.flush_all()
        both = self.contract | other
        self.assertEqual(both.mapped("lacks_sva_user"), [True, False])
        contracts = self.env["contract.contract"].with_user(self._operator())
        for value, found in ((True, self.contract), (False, other)):
            domain = [("lacks_sva_user", "=", value), ("id", "in", both.ids)]
            self.assertEqual(contracts.search(domain), found)

    def test_whoever_opens_contracts_can_search_them(self):
        """An accountant has no rights for SVA, and has none of its filters."""
        accountant = self._operator("test_accounting", "account.group_account_invoice")
        contracts = self.env["contract.contract"]
        for user, has_it in ((accountant, False), (self._operator(), True)):
            arch = contracts.with_user(user).get_view(view_type="search")["arch"]
            names = etree.fromstring(arch).xpath("//filter/@name")
            self.assertEqual("lacks_sva_user" in names, has_it)
            self.assertIn("next_step_soon", names)
        with self.assertRaises(AccessError):
            contracts.with_user(accountant).search([("lacks_sva_user", "=", True)])
