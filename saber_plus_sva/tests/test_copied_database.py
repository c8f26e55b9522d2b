# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A copy of the database does not write to the platform."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import html2plaintext

from ..models.sva_integration import INCIDENT
from ..models.sva_integration_home import SvaIntegration
from .common import TOKEN, SvaCase


@tagged("post_install", "-at_install")
class TestCopiedDatabase(SvaCase):
    def _finish_the_stage(self):
        self.user = self._sva_user()
        self._run_engine()
        self.assertInStep(self.user, "active")

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.integration = self.integration.with_env(self.env)
        self.parameters = self.env["ir.config_parameter"]
        self.user = self.user.with_env(self.env)
        self._put_on_platform(self.user)
        self.sandbox.forget()

    def _block_in_a_copy(self):
        self.parameters.set_param("database.uuid", "a-copy")
        self.contract.action_block()
        self._run_engine()

    def test_a_copy_makes_no_call_and_says_why(self):
        self._block_in_a_copy()
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual(self.user.sync_state, "pending")
        self.assertEqual(self.user.sync_attempts, 0)
        self.assertEqual(self._on_platform(self.user)["status"], "active")
        self.assertTrue(self.integration._is_paused())
        self.assertIn("another database", self.integration.connection_error)
        self.assertEqual(self.integration.elsewhere_reason, "the database's identity")
        self.assertEqual(len(self.integration.activity_search([INCIDENT])), 1)
        # nor does anybody's button
        for button in (
            self.integration.action_test_connection,
            self.integration.action_fetch_packages,
            self.integration.action_reconcile,
            self.user.action_sync,
        ):
            with self.assertRaisesRegex(UserError, "another database"):
                button()
        self.assertEqual(self.sandbox.operations(), [])

    def test_the_token_entered_again_goes_on(self):
        self._block_in_a_copy()
        self.integration.token = TOKEN
        self.assertFalse(self.integration.is_elsewhere)
        self.assertFalse(self.integration.activity_search([INCIDENT]))
        self._run_engine()
        self.assertInStep(self.user, "blocked")

    def test_a_manager_confirms_that_it_is_the_real_one(self):
        self._block_in_a_copy()
        manager = self._operator("test_manager", "group_sva_manager")
        desk = self._operator("test_desk")
        with self.assertRaises(AccessError):
            self.integration.with_user(desk).action_confirm_database()
        before = self.integration.message_ids
        self.integration.with_user(manager).action_confirm_database()
        note = self.integration.message_ids - before
        self.assertIn("the database's identity", html2plaintext(note.body))
        self.assertEqual(note.author_id, manager.partner_id)
        self.assertFalse(self.integration.activity_search([INCIDENT]))
        self._run_engine()
        self.assertInStep(self.user, "blocked")
        with self.assertRaisesRegex(UserError, "belongs to this database"):
            self.integration.action_confirm_database()

    def test_back_at_home_it_goes_on_by_itself(self):
        uuid = self.parameters.get_param("database.uuid")
        self._block_in_a_copy()
        self.parameters.set_param("database.uuid", uuid)
        self._run_engine()
        self.assertInStep(self.user, "blocked")
        self.assertFalse(self.integration.activity_search([INCIDENT]))

    def test_a_renamed_restore_is_another_database(self):
        here = SvaIntegration._here

        def renamed(integration):
            return {**here(integration), "database": "restored"}

        with patch.object(SvaIntegration, "_here", renamed):
            self.contract.action_block()
            self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual(self.user.sync_state, "pending")

    def test_so_is_one_that_is_reached_at_another_address(self):
        self.parameters.set_param("web.base.url", "https://odoo.example.com")
        # one that was reached from the server itself has had no address to tell it by
        self.assertFalse(self.integration.is_elsewhere)
        self.integration.token = TOKEN
        for url, is_elsewhere in {
            "https://odoo.example.com": False,
            "http://ODOO.example.com:8069/": False,
            "https://staging.example.com": True,
            "http://localhost:8069": False,
            "http://127.0.0.1:8069": False,
        }.items():
            self.parameters.set_param("web.base.url", url)
            self.integration.invalidate_recordset()
            self.assertEqual(self.integration.is_elsewhere, is_elsewhere, url)

    def test_a_token_whose_home_nobody_knows_stays_where_it_is(self):
        self.integration.token_home = False
        self.contract.action_block()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), [])

    def test_the_home_cannot_be_written(self):
        manager = self._operator("test_manager", "group_sva_manager")
        with self.assertRefused(UserError, r"\w"):
            self.integration.with_user(manager).write({"token_home": {}})
