# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A payment that comes back, beside OCA's account_payment_return."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestPaymentReturn(ContractCase):
    def setUp(self):
        super().setUp()
        if "payment.return" not in self.env:
            self.skipTest("needs account_payment_return")
        self._switch_dunning_on()

    def _return(self, invoice):
        """The bank takes back what was paid of an invoice."""
        receivable = invoice.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        paid = receivable.matched_credit_ids.credit_move_id
        line = {
            "partner_id": self.customer.id,
            "move_line_ids": [Command.set(paid.ids)],
            "amount": sum(paid.mapped("credit")),
        }
        returned = self.env["payment.return"].create(
            {
                "journal_id": paid.journal_id.id,
                "line_ids": [Command.create(line)],
            }
        )
        returned.action_confirm()
        self._end_of_request()
        return returned

    def test_it_begins_with_a_new_notice(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay(invoice)
        self.assertStatusPair(self.contract, "active", "active")
        notices = self.contract.notice_ids
        self._return(invoice)
        self.assertEqual(self.contract.overdue_amount, 100)
        self.assertEqual(self.contract.unnoticed_days, 20)
        self.assertFalse(self.contract.noticed_on)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        [told] = self.contract.notice_ids - notices
        self.assertEqual(told.kind, "debt")
        self.assertEqual(told.invoice_ids, invoice)
        self.assertEqual(told.partner_id, self.customer)
        self._deliver_notices(days_ago=14)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        told.delivered_on -= timedelta(days=1)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_a_return_that_is_cancelled_releases(self):
        invoice = self._invoice(self.contract, 20)
        self._pay(invoice)
        returned = self._return(invoice)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        returned.action_cancel()
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")
