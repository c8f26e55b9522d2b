# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A key is never replaced by another one while there is something that needs it."""

import os
import socket
import tempfile
from pathlib import Path
from unittest.mock import patch

from cryptography.fernet import Fernet

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .. import vault
from ..models.sva_integration import INCIDENT
from .common import CPFS, TOKEN, SvaCase

OURS = "odoo.addons.saber_plus_sva"


@tagged("post_install", "-at_install")
class TestKeys(SvaCase):
    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.integration = self.integration.with_env(self.env)
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.file = Path(folder) / "data" / vault.KEY_FILE
        self.startPatcher(patch.object(vault, "_key_file", lambda: self.file))
        environment = dict(os.environ)
        environment.pop(vault.KEYS_VARIABLE, None)
        self.startPatcher(patch.dict(os.environ, environment, clear=True))

    def _begin_with_a_key(self):
        """As where the first token of the database is entered."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE sva_integration SET token_sealed = NULL")
        self.env.cr.execute("UPDATE sva_user SET password_sealed = NULL")
        self.env.invalidate_all()
        self.integration.token = TOKEN
        self.env.flush_all()

    def test_the_first_secret_makes_the_key(self):
        self.assertFalse(self.file.exists())
        self._begin_with_a_key()
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(vault.unseal(self.integration.token_sealed), TOKEN)

    def test_a_lost_key_is_not_replaced(self):
        self._begin_with_a_key()
        key = self.file.read_text()
        user = self._sva_user(password="segredo1")
        self._run_engine()
        self.assertInStep(user, "active")
        self.file.unlink()
        user.phone = "+5511900000000"
        self.sandbox.forget()
        for enter in (
            lambda: self.integration.write({"token": "tok-new"}),
            lambda: user.write({"password": "segredo2"}),
        ):
            with self.assertRefused(UserError, "No new key is made"):
                enter()
        with self.assertLogs(OURS, "WARNING") as log:
            for _turn in range(3):
                self._run_engine()
        [record] = log.records
        self.assertEqual(record.levelname, "WARNING")
        for words in (socket.gethostname(), self.integration.company_id.name):
            self.assertIn(words, record.getMessage())
        self.assertFalse(self.file.exists())
        self.assertEqual(self.sandbox.operations(), [])
        self.assertEqual(user.sync_state, "pending")
        self.assertIn("no encryption key", self.integration.connection_error)
        self.assertEqual(len(self.integration.activity_search([INCIDENT])), 1)
        # with the key out of the backup it goes on by itself
        self.file.write_text(key)
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertFalse(self.integration.activity_search([INCIDENT]))

    @mute_logger(f"{OURS}.models.sva_connection_mixin")
    def test_a_second_server_spoils_nothing(self):
        self._begin_with_a_key()
        user = self._sva_user(password="segredo1")
        first, self.file = self.file, self.file.parent.parent / "second" / "key"
        self._run_engine()
        self.assertEqual(user.sync_state, "pending")
        self.assertTrue(user.has_pending_password)
        with self.assertRefused(UserError, socket.gethostname()):
            self._sva_user(
                self._contract(self._customer("José", CPFS[1])), password="segredo1"
            )
        self.assertFalse(self.file.exists())
        self.file = first
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertFalse(user.has_pending_password)

    @mute_logger(f"{OURS}.models.sva_connection_mixin")
    def test_another_key_asks_for_the_token(self):
        self._begin_with_a_key()
        self.file.write_text(Fernet.generate_key().decode())
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "pending")
        self.assertIn("Enter the token", self.integration.connection_error)
        self.integration.token = TOKEN
        self._run_engine()
        self.assertInStep(user, "active")
