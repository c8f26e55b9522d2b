# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whoever cannot be told of a result does not cost it."""

from contextlib import contextmanager
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from ..hooks import uninstall_hook
from .common import TOKEN, SvaRaceCase

INCIDENT = "saber_plus_sva.activity_incident"


@tagged("post_install", "-at_install")
class TestIncidental(SvaRaceCase):
    @contextmanager
    def _somebody_is_faster(self, model, method, times=1):
        """Another transaction tells the same people first, after ours has looked."""
        kind = type(self.env[model])
        original = getattr(kind, method)
        left = [times]

        def after_another(records, *arguments):
            if left[0]:
                left[0] -= 1
                # what this transaction sees of the others ends here
                records.env.cr.execute("SELECT 1")
                with self.registry.cursor() as cr:
                    others = records.with_env(records.env(cr=cr))
                    partner = others._responsible().partner_id
                    others.message_subscribe(partner.ids)
            return original(records, *arguments)

        with (
            patch.object(kind, method, after_another),
            mute_logger("odoo.sql_db", "odoo.service.model"),
        ):
            yield

    def _nobody_follows(self, record):
        record.message_unsubscribe(record.message_partner_ids.ids)
        self._commit()

    def test_an_incident_that_two_notice_at_once(self):
        user = self._sva_user()
        self._nobody_follows(self.integration)
        self.sandbox.fault("*", "status", status=503, times=None)
        with self._somebody_is_faster("sva.integration", "_open_occasion"):
            self._run_engine()
        self.assertFalse(user.lease_token)
        calls = self.env["sva.api.call"].search([("sva_user_id", "=", user.id)])
        self.assertIn(503, calls.mapped("http_status"))
        self.assertEqual(self.integration.connection_state, "unreachable")
        self.assertEqual(len(self.integration.activity_search([INCIDENT])), 1)

    def test_an_incident_that_nobody_can_be_told_of(self):
        user = self._sva_user()
        self.integration.token = "wrong"
        self._commit()
        with (
            patch.object(
                type(self.integration), "_open_occasion", side_effect=ValueError
            ),
            self.assertLogs("odoo.addons.saber_plus_sva", "ERROR"),
        ):
            self._run_engine()
        self.assertEqual(self.integration.connection_state, "unauthorized")
        self.assertEqual((user.lease_token, user.sync_attempts), (False, 0))
        self.integration.token = TOKEN
        self._run_engine()
        self.assertInStep(user, "active")

    def test_a_refusal_that_somebody_tells_at_the_same_time(self):
        user = self._sva_user()
        self._nobody_follows(user)
        self.sandbox.fault("createUser", "status", status=422)
        with self._somebody_is_faster("sva.user", "_refusals_changed"):
            self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        kind = "saber_plus_sva.activity_refused"
        self.assertEqual(len(user.activity_search([kind])), 1)

    def test_a_message_that_cannot_be_sent(self):
        user = self._sva_user()
        self._commit()
        with (
            patch.object(type(user), "_notify_settled", side_effect=ValueError),
            self.assertLogs("odoo.addons.saber_plus_sva", "ERROR"),
        ):
            self._run_engine()
        self.assertInStep(user, "active")

    def test_whoever_has_contracts_only_finds_their_menus(self):
        for group, found in (("user", 0), ("manager", 1)):
            clerk = self._operator(group, f"contract_access.group_contract_{group}")
            menus = self.env["ir.ui.menu"].with_user(clerk).load_menus(False).values()
            names = [
                menu.get("xmlid", "").removeprefix("saber_plus_sva.") for menu in menus
            ]
            for name in ("menu_sva", "menu_sva_contracts", "menu_sva_notices"):
                self.assertIn(name, names)
            self.assertEqual(names.count("menu_sva_dunning"), found)
            for name in ("menu_sva_users", "menu_sva_packages", "menu_sva_products"):
                self.assertNotIn(name, names)

    def test_without_this_addon_the_contracts_have_a_menu(self):
        menu = self.env.ref("contract_access.menu_contract_access")
        self.assertFalse(menu.active)
        uninstall_hook(self.env)
        self.assertTrue(menu.active)
