# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Registering a platform, its token and its catalogue."""

import os
from ast import literal_eval
from datetime import timedelta
from unittest.mock import patch

from cryptography.fernet import Fernet
from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tests import Form, tagged
from odoo.tools import html2plaintext, mute_logger

from .. import vault
from ..exceptions import PlatformAway
from .common import CPFS, TOKEN, SvaCase


@tagged("post_install", "-at_install")
class TestIntegration(SvaCase):
    def test_the_connection_is_tested(self):
        self.integration.connection_state = "unknown"
        action = self.integration.button_test_connection()
        self.assertEqual(action["params"]["type"], "success")
        self.assertEqual(self.integration.connection_state, "connected")

    def test_a_wrong_token_is_told(self):
        self.integration.token = "wrong"
        self.assertEqual(self.integration.connection_state, "unknown")
        with self.assertRaisesRegex(UserError, "refused the token"):
            self.integration.action_test_connection()
        self.assertEqual(self.integration.connection_state, "unauthorized")
        self.integration.token = TOKEN
        self.integration.action_test_connection()
        self.assertEqual(self.integration.connection_state, "connected")
        self.assertFalse(self.integration.activity_ids)

    def test_a_host_that_does_not_answer_is_told(self):
        self.integration.write({"base_url": "http://127.0.0.1:9/v1", "token": TOKEN})
        with self.assertRaisesRegex(UserError, "cannot be reached"):
            self.integration.action_test_connection()
        self.assertEqual(self.integration.connection_state, "unreachable")

    def test_it_is_told_when_it_is_tried_again(self):
        self.env["res.lang"]._activate_lang("pt_BR")
        self.sandbox.fault("*", "status", status=503, times=None)
        integration = self.integration.with_context(
            lang="pt_BR", tz="America/Sao_Paulo"
        )
        for button in (
            integration.action_test_connection,
            integration.action_fetch_packages,
            integration.action_reconcile,
        ):
            self.integration._observe_connection(None)
            # not assertRaises: its savepoint would not outlive the commits
            with self.assertRaisesRegex(PlatformAway, "Nada se perde") as away:
                button()
            here = self.integration.paused_until - timedelta(hours=3)
            when = here.strftime("Próxima tentativa: %d/%m/%Y %H:%M:%S.")
            self.assertIn(when, str(away.exception))

    def test_what_a_message_leads_to(self):
        self._existing(CPFS[4], name="Estranho", username="estranho")
        params = self.integration.button_reconcile()["params"]
        self.assertEqual(params["links"][0]["url"], "/odoo/sva-divergences")
        self.assertIn("%s", params["message"])
        self.env["sva.divergence"].search([]).action_remove()
        self._run_engine()
        self.assertNotIn("links", self.integration.button_reconcile()["params"])

    def test_the_numbers_open_what_they_count(self):
        self.sandbox.remove_package("SABER-LIVROS")
        refused = self._sva_user()
        self._run_engine()
        waiting = self._sva_user(self._contract(self._customer("José", CPFS[1])))
        buttons = {
            self.integration.action_view_failed_users: ("failed_count", refused),
            self.integration.action_view_pending_users: ("pending_count", waiting),
        }
        search = self.env.ref("saber_plus_sva.sva_user_view_search").arch
        for button, (name, users) in buttons.items():
            self.assertEqual(self.integration[name], 1)
            action = button()
            [chosen] = [
                key.removeprefix("search_default_")
                for key in action["context"]
                if key.startswith("search_default_")
            ]
            [node] = etree.fromstring(search).xpath(f"//filter[@name='{chosen}']")
            domain = Domain(action["domain"]) & Domain(literal_eval(node.get("domain")))
            self.assertEqual(self.env["sva.user"].search(domain), users)

    def test_a_new_token_is_in_the_chatter_without_its_value(self):
        before = self.integration.message_ids
        self.integration.token = "tok-another"
        note = self.integration.message_ids - before
        self.assertEqual(html2plaintext(note.body), "A new token was entered.")
        self.integration.name = "Saber+ do provedor"
        self.assertEqual(self.integration.message_ids - before, note)

    def test_the_token_is_write_only_and_encrypted(self):
        self.assertFalse(self.integration.token)
        self.assertTrue(self.integration.has_token)
        self.assertEqual(self.integration.read(["token"])[0]["token"], False)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT row_to_json(i)::text FROM sva_integration i WHERE id = %s",
            [self.integration.id],
        )
        [[row]] = self.env.cr.fetchall()
        self.assertNotIn(TOKEN, row)
        self.assertEqual(vault.unseal(self.integration.token_sealed), TOKEN)

    def test_a_token_is_needed(self):
        for token in (False, "", "   "):
            with self.assertRefused(ValidationError, "Enter the token"):
                self.integration.token = token
        with self.assertRefused(ValidationError, "Enter the token"):
            self.integration.copy({"company_id": self._company().id})

    def test_saving_the_form_keeps_the_token(self):
        with Form(self.integration) as form:
            form.name = "Saber+ 2"
        self.assertEqual(vault.unseal(self.integration.token_sealed), TOKEN)

    def test_keys_are_rotated_for_passwords_that_wait(self):
        old, new = self._new_keys()
        user = self._sva_user()
        with self._keys(old):
            user.password = "Senha-que-espera"
        before = user.sync_state, user.message_ids
        with self._keys(new, old):
            user._encrypt_by_the_newest_key()
        with self._keys(new):
            self.assertEqual(vault.unseal(user.password_sealed), "Senha-que-espera")
        self.assertEqual((user.sync_state, user.message_ids), before)

    def test_what_was_refused_stays_so_when_keys_are_rotated(self):
        old, new = self._new_keys()
        user = self._sva_user()
        with self._keys(old):
            user.password = "Senha-que-espera"
        refused = user.sudo()
        refused.refused_digest = refused._digest()
        self.assertEqual(user.sync_state, "failed")
        with self._keys(new, old):
            user._encrypt_by_the_newest_key()
        self.assertEqual(user.sync_state, "failed")

    def test_keys_are_rotated_for_who_is_archived_too(self):
        old, new = self._new_keys()
        with self._keys(old):
            self.integration.token = TOKEN
        self.integration.active = False
        with self._keys(new, old):
            self.integration._encrypt_by_the_newest_key()
        with self._keys(new):
            self.assertEqual(vault.unseal(self.integration.token_sealed), TOKEN)

    def test_what_the_newest_key_has_encrypted_is_left_alone(self):
        sealed = self.integration.token_sealed
        self.integration._encrypt_by_the_newest_key()
        self.assertEqual(self.integration.token_sealed, sealed)
        old, new = self._new_keys()
        with self._keys(old):
            self.integration.token = TOKEN
        with self._keys(new, old):
            self.integration.action_test_connection()
            self.integration._encrypt_by_the_newest_key()
            sealed = self.integration.token_sealed
            self.integration._encrypt_by_the_newest_key()
            self.assertEqual(self.integration.token_sealed, sealed)

    def test_a_key_that_does_not_fit_asks_for_the_token(self):
        other = Fernet.generate_key().decode()
        with (
            self._keys(other),
            self.assertRaisesRegex(UserError, "Enter the token .* again"),
        ):
            self.integration.action_test_connection()
        self.assertEqual(self.integration.connection_state, "unauthorized")

    def test_a_key_that_is_none_is_told(self):
        for keys in ("no-key", ",", " "):
            with (
                self._keys(keys),
                self.assertRaisesRegex(UserError, vault.KEYS_VARIABLE),
            ):
                self.integration.token = TOKEN

    def test_the_platform_is_fixed(self):
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            self.integration.write({"platform": "other"})
        self.integration.write({"platform": "saber_plus", "name": "Saber+ 2"})

    @mute_logger("odoo.sql_db")
    def test_one_integration_per_platform_and_company(self):
        self.integration.active = False
        with self.assertRaises(IntegrityError), self.env.cr.savepoint():
            self.env["sva.integration"].create(
                {"name": "Second", "base_url": self.sandbox.url, "token": TOKEN}
            )
        other = self.env["sva.integration"].create(
            {
                "name": "Of another company",
                "base_url": self.sandbox.url,
                "token": TOKEN,
                "company_id": self._company().id,
            }
        )
        self.assertTrue(other)

    def test_base_urls(self):
        for url, words in {
            "http://saber.example.com/v1": "https://",
            "http://127.0.0.1.example.com/v1": "https://",
            "saber": "not a web address",
            "https://user:secret@saber.example.com": "user name",
            "https://saber.example.com/?a=b": "before any",
        }.items():
            with self.assertRefused(ValidationError, words):
                self.integration.base_url = url
        self.integration.write(
            {"base_url": " https://API.saber.example.com/v1/ ", "token": TOKEN}
        )
        self.assertEqual(self.integration.base_url, "https://api.saber.example.com/v1")

    def test_the_token_goes_to_the_server_that_it_was_entered_for(self):
        integration = self.integration.with_user(
            self._operator("test_manager", "group_sva_manager")
        )
        integration.action_test_connection()
        for url in (
            "https://attacker.example.com/v1",
            self.sandbox.url.replace("127.0.0.1", "localhost"),
            "http://127.0.0.1:9/v1",
            self.sandbox.url.replace("http:", "https:"),
        ):
            for values in ({}, {"token": False}, {"token": ""}):
                with self.assertRefused(ValidationError, "enter the token again"):
                    integration.write({"base_url": url, **values})
        self.assertEqual(integration.connection_state, "connected")
        integration.base_url = f"{self.sandbox.url}/v2"
        self.assertEqual(integration.connection_state, "unknown")
        self.assertTrue(integration.has_token)
        integration.write({"base_url": "https://new.example.com", "token": "new"})
        self.assertEqual(integration.connection_state, "unknown")

    def test_the_catalogue_is_fetched(self):
        codes = set(self.integration.package_ids.mapped("code"))
        self.assertIn("SABER-LIVROS", codes)
        self.sandbox.set_package("SABER-NOVO", name="Saber+ Novo")
        self.sandbox.set_package("SABER-CURSOS", name="Saber+ Cursos 2")
        self.sandbox.remove_package("SABER-LIVROS")
        self.integration.action_fetch_packages()
        packages = {package.code: package for package in self.integration.package_ids}
        self.assertEqual(set(packages), codes | {"SABER-NOVO"})
        self.assertEqual(packages["SABER-CURSOS"].name, "Saber+ Cursos 2")
        self.assertFalse(packages["SABER-LIVROS"].available)
        self.sandbox.set_package("SABER-LIVROS", name="Saber+ Livros")
        self.integration.action_fetch_packages()
        self.assertTrue(packages["SABER-LIVROS"].available)

    def test_a_failed_fetch_leaves_the_catalogue(self):
        before = self.integration.package_ids.read(["code", "name", "available"])
        self.sandbox.fault("listPackages", "malformed")
        with self.assertRaisesRegex(UserError, "could not be understood"):
            self.integration.action_fetch_packages()
        self.assertEqual(
            self.integration.package_ids.read(["code", "name", "available"]), before
        )

    def test_a_failed_fetch_is_no_failure_of_the_platform(self):
        # not assertRaises: its savepoint would not outlive the commits
        for kind in ("malformed", "reset", "status"):
            self.sandbox.fault("listPackages", kind)
            with self.assertRaisesRegex(UserError, r"\w"):
                self.integration.action_fetch_packages()
            self.assertEqual(self.integration.connection_state, "connected")
            self.assertFalse(self.integration.paused_until)
            self.assertFalse(self.integration.activity_ids)
        self.sandbox.fault("*", "reset", times=None)
        with self.assertRaisesRegex(UserError, r"\w"):
            self.integration.action_fetch_packages()
        self.assertEqual(self.integration.connection_state, "unreachable")

    def _company(self):
        return self.env["res.company"].create({"name": "Filial"})

    def _new_keys(self):
        return [Fernet.generate_key().decode() for _each in range(2)]

    def _keys(self, *keys):
        """Odoo has these keys, of which the first is the newest."""
        return patch.dict(os.environ, {vault.KEYS_VARIABLE: ",".join(keys)})
