# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What dunning would do with one contract, and why."""

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import CPFS, ContractCase


@tagged("post_install", "-at_install")
class TestDunningPreviewContract(ContractCase):
    def _preview(self, contract=None):
        manager = self.env["res.users"].search([("login", "=", "test_manager")])
        manager = manager or self._operator("test_manager", "group_contract_manager")
        action = (contract or self.contract).with_user(manager).action_preview_dunning()
        return self.env[action["res_model"]].with_user(manager).browse(action["res_id"])

    def test_nothing_is_overdue(self):
        preview = self._preview()
        self.assertFalse(preview.is_due)
        self.assertIn("switched off", preview.why)
        self.assertIn("Nothing is overdue", preview.why)
        self._switch_dunning_on()
        self.assertNotIn("switched off", self._preview().why)

    def test_what_would_be_done_is_done(self):
        self._switch_dunning_on()
        self._invoice(self.contract, days_overdue=30)
        other = self._contract(self._customer("Ana", CPFS[1]))
        self._invoice(other, days_overdue=30)
        self.contract.automatic_block = False
        preview = self._preview()
        self.assertTrue(preview.is_due)
        self.assertEqual(preview.access_status_after, "overdue")
        self.assertEqual(preview.notice_on, self.contract._today())
        self.assertIn("for 30 days", preview.why)
        self.assertIn("No notice", preview.why)
        self.assertIn("not blocked automatically", preview.why)
        self.assertStatusPair(self.contract, "active", "active")
        preview.action_run()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertTrue(self.contract.notice_ids)
        self.assertStatusPair(other, "active", "active")

    def test_rules_that_are_not_in_force_do_nothing(self):
        self._switch_dunning_on()
        self._invoice(self.contract, days_overdue=30)
        manager = self._operator("test_manager", "group_contract_manager")
        settings = self.env["contract.dunning.settings"].with_user(manager).create({})
        settings.action_preview()
        with self.assertRefused(UserError, "not saved"):
            settings.preview_ids.action_run()
        self.assertStatusPair(self.contract, "active", "active")

    def test_only_managers(self):
        clerk = self._operator()
        with self.assertRefused(AccessError, ""):
            self.contract.with_user(clerk).action_preview_dunning()
        preview = self._preview()
        with self.assertRefused(AccessError, ""):
            preview.with_user(clerk).action_run()
