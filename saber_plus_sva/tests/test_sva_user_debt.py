# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The front desk sees on the SVA user what is overdue of the contract."""

from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestSvaUserDebt(SvaCase):
    def test_the_overdue_invoices(self):
        self._switch_dunning_on()
        user = self._sva_user().with_user(self._operator())
        self.assertEqual(user.overdue_invoice_count, 0)
        self._invoice(self.contract, 3, 99.9)
        self._end_of_request()
        self.assertEqual(user.overdue_invoice_count, 1)
        self.assertEqual(user.overdue_amount, 99.9)
        action = user.action_show_overdue_invoices()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(dialog.contract_id, self.contract)
