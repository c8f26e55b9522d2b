# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The user's state follows the contract and its lines."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestState(SvaCase):
    def setUp(self):
        super().setUp()
        self.user = self._sva_user()
        self.line = self.contract.contract_line_ids.filtered(
            lambda line: line.service_type == "sva"
        )
        self.today = self.contract._sva_today()

    def test_contract_and_access(self):
        for contract_status, access_status, state in (
            ("active", "active", "active"),
            ("active", "overdue", "active"),
            ("active", "auto_blocked", "blocked"),
            ("active", "manually_blocked", "blocked"),
            ("active", "awaiting_signature", "blocked"),
            ("pre_contract", "awaiting_signature", "blocked"),
            ("active", "disabled", "disabled"),
            ("inactive", "disabled", "disabled"),
            ("blacklisted", "disabled", "disabled"),
            ("withdrawn", "disabled", "disabled"),
        ):
            with self.subTest(contract=contract_status, access=access_status):
                self.contract.write(
                    {
                        "contract_status": contract_status,
                        "access_status": access_status,
                    }
                )
                self.assertEqual(self.user.state, state)

    def test_the_line_starts_and_ends(self):
        self.line.write(
            {
                "date_start": self.today + timedelta(days=3),
                "recurring_next_date": self.today + timedelta(days=3),
            }
        )
        self.assertEqual(self.user.state, "blocked")
        self.line.date_start = self.today
        self.assertEqual(self.user.state, "active")
        self.line.date_end = self.today
        self.assertEqual(self.user.state, "active")
        self.line.write(
            {
                "date_start": self.today - timedelta(days=10),
                "date_end": self.today - timedelta(days=1),
            }
        )
        self.assertEqual(self.user.state, "disabled")

    def test_the_line_is_cancelled_replaced_or_deleted(self):
        self.line.cancel()
        self.assertEqual(self.user.state, "disabled")
        self.line.uncancel(self.today)
        self.assertEqual(self.user.state, "active")
        self.line.product_id = self.internet
        self.assertEqual(self.user.state, "disabled")
        self.line.product_id = self.product
        self.assertEqual(self.user.state, "active")
        self.line.cancel()
        self.line.unlink()
        self.assertEqual(self.user.state, "disabled")

    def test_an_archived_contract_counts_as_inactive(self):
        self.contract.active = False
        self.assertEqual(self.user.state, "disabled")
        self.contract.active = True
        self.assertEqual(self.user.state, "active")

    def test_the_switch(self):
        self.user.action_deactivate()
        self.assertEqual(self.user.state, "disabled")
        self.user.action_activate()
        self.assertEqual(self.user.state, "active")

    def test_today_is_the_companys(self):
        self.env.company.partner_id.tz = "America/Sao_Paulo"
        with freeze_time("2026-03-02 01:30:00"):
            self.assertEqual(str(self.contract._sva_today()), "2026-03-01")
