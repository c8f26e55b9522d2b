# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A platform that holds no CPF and does not tell blocked from disabled: SCIM 2.0."""

from unittest.mock import patch

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from ..client.scim import Scim
from ..client.types import Account
from ..models.sva_integration import LACKS
from .common import CPFS
from .scim import ScimCase, scim


@tagged("post_install", "-at_install")
class TestScim(ScimCase):
    def _user_there(self):
        user = self._sva_user()
        self._run_engine()
        self.assertEqual((user.sync_state, user.platform_state), ("synced", "active"))
        return user

    def test_what_it_lacks_is_said_when_it_is_tested(self):
        action = self.scim.button_test_connection()
        self.assertNotIn("The platform", action["params"]["message"])
        self.there.hidden = ("/v2/Groups",)
        action = self.scim.button_test_connection()
        self.assertIn("has no groups", action["params"]["message"])

    def test_each_thing_that_others_lack_is_said(self):
        poor = Account("poor", "poor", "active", tuple(LACKS))
        with patch.object(Scim, "account", lambda _platform: poor):
            message = self.scim.button_test_connection()["params"]["message"]
        for words in (
            "cannot look users up",
            "all users at once",
            "only as a whole",
            "no reference of ours",
            "no entitlements",
        ):
            self.assertIn(words, message)

    def test_a_users_life(self):
        user = self._user_there()
        self.contract.action_block()
        self._run_engine()
        self.assertEqual((user.sync_state, user.platform_state), ("synced", "inactive"))
        calls = len(self.there.calls)
        user.action_deactivate()
        self.assertEqual((user.state, user.sync_state), ("disabled", "synced"))
        self._run_engine()
        self.assertEqual(len(self.there.calls), calls)
        user.unlink()
        self._run_engine()
        self.assertFalse(self._users_there())

    def test_a_user_without_cpf_is_adopted_onto_the_contract_that_is_chosen(self):
        id_ = scim.add_user(self.there, userName="maria", externalId="theirs")
        self.scim.action_reconcile()
        divergence = self.env["sva.divergence"].search(
            [("integration_id", "=", self.scim.id)]
        )
        self.assertFalse(divergence.cpf_cnpj)
        divergence.contract_id = self.contract
        divergence.action_adopt()
        user = self.contract.sva_user_ids
        self.assertEqual((user.platform_user_id, user.username), (id_, "maria"))
        self.assertEqual(user.cpf_cnpj, self.contract.partner_id.vat)
        self._run_engine()
        self.assertEqual((user.sync_state, user.platform_state), ("synced", "active"))
        self.assertEqual(len(self._users_there()), 1)

    def _of_another_customer(self):
        return self._contract(self._customer("Maria Souza", CPFS[1]))

    def test_a_user_of_another_customer_is_not_linked(self):
        first = self._sva_user(username="maria")
        self._run_engine()
        second = self._sva_user(self._of_another_customer(), username="maria")
        self._run_engine()
        self.assertEqual(
            (second.sync_state, second.conflicting_user_id),
            ("failed", first.platform_user_id),
        )
        with self.assertRaises(UserError) as caught, self.env.cr.savepoint():
            second.action_link_platform_user()
        told = caught.exception.context
        self.assertEqual(
            (told["code"], told["ids"]), ("platform_user_taken", first.ids)
        )
        second.unlink()
        self._run_engine()
        [held] = self._users_there()
        self.assertEqual(
            (held.id, held.profile.name), (first.platform_user_id, first.name)
        )

    def test_a_user_that_has_become_ours_is_not_adopted(self):
        scim.add_user(self.there, userName="maria", externalId="theirs")
        self.scim.action_reconcile()
        divergence = self.env["sva.divergence"].search(
            [("integration_id", "=", self.scim.id)]
        )
        user = self._sva_user(username="maria")
        self._run_engine()
        user.action_link_platform_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "synced")
        divergence.contract_id = self._of_another_customer()
        with self.assertRefused(UserError, "another SVA user"):
            divergence.action_adopt()
        self.assertFalse(divergence.contract_id.sva_user_ids)

    def test_what_a_sign_in_needs(self):
        for values in (
            {"sign_in": "basic"},
            {"sign_in": "basic", "login": "a:b"},
            {"sign_in": "oauth2", "login": "odoo"},
        ):
            with self.assertRefused(ValidationError, "name|token URL"):
                self.scim.write(values)
        with self.assertRefused(ValidationError, "with a token"):
            self.integration.write({"sign_in": "basic", "login": "odoo"})

    def test_the_secret_is_sent_to_no_other_server(self):
        elsewhere = {
            "sign_in": "oauth2",
            "login": "odoo",
            "token_url": "https://elsewhere.example/token",
        }
        with self.assertRefused(ValidationError, "Another server"):
            self.scim.write(elsewhere)
        self.scim.write({**elsewhere, "token": "secret"})
        self.assertEqual(self.scim.connection_state, "unknown")
        with self.assertRefused(ValidationError, "Another server"):
            self.scim.sign_in = "bearer"
        # it is not sent there by any other sign-in
        self.scim.write({"sign_in": "bearer", "token": "secret"})
        self.scim.token_url = "https://third.example/token"

    def test_client_credentials(self):
        self.there.live = set()
        self.scim.write(
            {
                "sign_in": "oauth2",
                "login": scim.LOGIN,
                "token_url": self.there.token_url,
            }
        )
        self.scim.button_test_connection()
        self.assertEqual(self.scim.connection_state, "connected")
        self.assertEqual(self.there.given, 1)

    def test_packages_that_are_entitlements(self):
        self.assertTrue(self.scim.has_entitlements)
        self.assertFalse(self.integration.has_entitlements)
        self.scim.entitlements = "Livros\nFilmes"
        self.assertEqual(self.scim.connection_state, "unknown")
        self.scim.action_fetch_packages()
        packages = self.scim.package_ids.filtered("available")
        self.assertEqual(set(packages.mapped("code")), {"Livros", "Filmes"})
        self.course.product_tmpl_id.sva_package_id = packages.filtered(
            lambda package: package.code == "Filmes"
        )
        user = self._user_there()
        [held] = self._users_there()
        self.assertEqual(held.profile.package_code, "Filmes")
        self.assertEqual(held.id, user.platform_user_id)

    def test_a_contract_sells_both_platforms(self):
        contract = self._contract(
            self._customer("Ana Lima", CPFS[1]),
            self.internet + self.product + self.course,
        )
        users = self.env["sva.user"].create(
            [
                {"contract_id": contract.id, "product_id": product.id}
                for product in (self.product, self.course)
            ]
        )
        self.assertEqual(users.integration_id, self.integration + self.scim)
        self._run_engine()
        self.assertEqual(users.mapped("platform_state"), ["active", "active"])
        contract.action_block()
        self._run_engine()
        self.assertEqual(users.mapped("sync_state"), ["synced", "synced"])
        self.assertEqual(users.mapped("platform_state"), ["blocked", "inactive"])
        ours, [theirs] = self._on_platform(users[0]), self._users_there()
        self.assertEqual((ours["status"], theirs.status), ("blocked", "inactive"))
        self.assertEqual(theirs.profile.package_code, self.course.sva_package_id.code)

    def test_the_next_user_is_on_the_platform_that_has_none(self):
        contract = self._contract(
            self._customer("Ana Lima", CPFS[1]),
            self.internet + self.product + self.course,
        )
        first = self._sva_user(contract)
        form = Form(self.env["sva.user"].with_context(default_contract_id=contract.id))
        self.assertEqual(form.integration_id, self.scim)
        self.assertEqual(form.product_id, self.course)
        second = self._sva_user(contract)
        self.assertEqual((first | second).integration_id, self.integration | self.scim)
        with self.assertRefused(ValidationError, "CPF já cadastrado"):
            self._sva_user(contract)

    def test_in_bulk_those_are_meant_that_were_chosen(self):
        contract = self._contract(self.customer, self.product + self.course)
        users = self._sva_user(contract) | self._sva_user(contract)
        manager = self._operator("test_manager", "group_sva_manager")
        for operation in ("deactivate", "sync"):
            action = self.env.ref(f"saber_plus_sva.sva_user_action_bulk_{operation}")
            for user in users:
                opened = (
                    action.with_user(manager)
                    .with_context(active_model="sva.user", active_ids=user.ids)
                    .run()
                )
                bulk = self.env["sva.bulk.operation"].browse(opened["res_id"])
                self.assertEqual(
                    (bulk.operation, bulk.integration_id, bulk.line_ids.contract_id),
                    (operation, user.integration_id, contract),
                )
        with self.assertRefused(UserError, "of one SVA integration"):
            users.with_user(manager).action_sva_bulk("sync")

    def test_a_former_user_on_a_platform_that_is_not_sold_stays_where_it_is(self):
        self._user_there()
        self.contract.action_withdraw()
        contract = self._contract(self.customer, self.product)
        self.assertTrue(contract._sva_former_users())
        self.assertEqual(contract.action_new_sva_user()["res_model"], "sva.user")
