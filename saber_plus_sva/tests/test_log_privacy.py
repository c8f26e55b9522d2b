# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people have entered is not in Odoo's log."""

import logging
from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.service.model import call_kw
from odoo.tests import tagged

from .common import CPFS, SvaCase

NAME, PASSWORD = "Maria da Silva", "segredo-1"
PERSONAL = (NAME, "52998224725", "529.982.247-25", "98765", PASSWORD)


@tagged("post_install", "-at_install")
class TestLogPrivacy(SvaCase):
    def assertNothingPersonal(self, log):
        text = "\n".join(log.output)
        for value in PERSONAL:
            self.assertNotIn(value, text)
        return text

    def test_what_is_missing_is_told_before_the_database_sees_it(self):
        bare = self._contract(self.customer, self.internet)
        with self.assertNoLogs("odoo.sql_db", "ERROR"):
            for values, words in (
                ({"contract_id": bare.id}, "Product"),
                ({}, "Contract"),
                ({"contract_id": False}, "Contract"),
                ({"contract_id": bare.id, "integration_id": False}, "Integration"),
            ):
                with self.assertRefused(ValidationError, f"missing are .*{words}"):
                    self.env["sva.user"].create(values)
                    self.env.flush_all()
            with self.assertRefused(ValidationError, "Base URL"):
                self.integration.base_url = False

    def test_a_statement_that_the_database_refuses_is_not_logged_whole(self):
        self._sva_user()
        rival = self._contract(self.customer)
        users = self.env["sva.user"]
        with (
            # as for two that come at the same moment
            patch.object(type(users), "_check_duplicates"),
            self.assertLogs("odoo.sql_db", "ERROR") as log,
            self.assertRefused(ValidationError, "^CPF já cadastrado"),
        ):
            users.create({"contract_id": rival.id})
        self.assertIn("sva_user", self.assertNothingPersonal(log))
        self.assertIn("sva_user_unique_cpf", self.assertNothingPersonal(log))

    def test_a_refusal_is_logged_without_its_text(self):
        user = self._sva_user()
        self.contract.action_withdraw()
        for refused in (
            user.action_activate,
            lambda: self._sva_user(self._contract(self.customer)),
        ):
            with self.assertLogs("odoo.http", "WARNING") as log:
                try:
                    refused()
                except UserError as error:
                    # as Odoo does it where a request ends
                    logging.getLogger("odoo.http").warning(error)
            self.assertIn(".models.sva_user:", self.assertNothingPersonal(log))
            self.assertIn("(withheld)", log.output[0])

    def test_a_call_is_logged_without_its_arguments(self):
        users = self.env["sva.user"]
        values = {"contract_id": self.contract.id, "password": PASSWORD}
        with self.assertLogs("odoo.service.model", "DEBUG") as log:
            call_kw(users, "create", [values], {})
        self.assertIn("call sva.user().create(", self.assertNothingPersonal(log))

    def test_a_refusal_names_no_number(self):
        for values in (
            {"cpf_cnpj": "529.982.247-26"},
            {"cpf_cnpj": "11444777000161"},
            {"phone": "(11) 3333-4444"},
            {"phone": "x98765"},
        ):
            with self.assertRaises(ValidationError) as caught:
                self._sva_user(use_partner_data=False, **values)
            for value in values.values():
                self.assertNotIn(value, str(caught.exception))

    def test_who_asks_gets_the_whole_answer(self):
        self._sva_user()
        other = self._contract(self._customer("José", CPFS[1]))
        with self.assertRefused(ValidationError, "Contrato de Maria da Silva"):
            self._sva_user(other, use_partner_data=False, cpf_cnpj=CPFS[0])
