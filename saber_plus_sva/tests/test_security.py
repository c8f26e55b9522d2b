# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who may do what, and what nobody gets to see."""

from odoo.exceptions import AccessError
from odoo.modules import get_module_path
from odoo.tests import tagged

from odoo.addons.mail.tests.common import mail_new_test_user

from .common import TOKEN, SvaCase


@tagged("post_install", "-at_install")
class TestSecurity(SvaCase):
    def test_the_front_desk_does_its_work(self):
        operator = self._operator()
        contract = self.contract.with_user(operator)
        contract.contract_line_ids[0].name = "Fibra"
        user = (
            self.env["sva.user"]
            .with_user(operator)
            .create({"contract_id": contract.id, "password": "segredo1"})
        )
        user.action_sync()
        self.assertInStep(user, "active")
        user.action_deactivate()
        user.phone = "11 91234-5678"
        user.action_activate()
        self.assertEqual(user.state, "active")

    def test_the_front_desk_does_not_configure(self):
        operator = self._operator()
        integration = self.integration.with_user(operator)
        for attempt in (
            lambda: integration.write({"base_url": "https://example.com"}),
            lambda: integration.write({"token": "other"}),
            integration.action_test_connection,
            integration.action_fetch_packages,
            integration.unlink,
            lambda: self.package.with_user(operator).write({"name": "X"}),
            lambda: self.env["sva.api.call"].with_user(operator).search([]),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_the_manager_configures_but_reads_no_secret(self):
        manager = self._operator("test_manager", "group_sva_manager")
        integration = self.integration.with_user(manager)
        integration.write({"token": TOKEN})
        integration.action_fetch_packages()
        self.assertFalse(integration.token)
        for name in ("token_sealed",):
            with self.assertRaises(AccessError):
                integration.read([name])
        self.assertNotIn("token_sealed", integration.fields_get())
        user = self._sva_user(password="segredo1").with_user(manager)
        with self.assertRaises(AccessError):
            user.read(["password_sealed"])
        with self.assertRaises(AccessError):
            user.search([("password_sealed", "!=", False)])

    def test_what_the_engine_keeps_for_itself_is_no_field_to_group_by(self):
        technical = {
            "error_code",
            "error_message",
            "lease_token",
            "lease_until",
            "refused_digest",
            "seen_in",
        }
        user = self._sva_user()
        manager = self._operator("test_manager", "group_sva_manager")
        for name in ("sva.user", "sva.user.removal", "sva.divergence"):
            self.assertFalse(
                technical & self.env[name].with_user(manager).fields_get().keys()
            )
        fixed = ["external_ref", "sync_error", "sync_attempts", "platform_user_id"]
        user.write({"error_code": "timeout"})
        [values] = user.with_user(manager).read(fixed)
        self.assertTrue(values["sync_error"])

    def test_an_internal_user_sees_nothing(self):
        employee = mail_new_test_user(self.env, login="outro", groups="base.group_user")
        user = self._sva_user()
        for records in (user, self.integration, self.package):
            with self.assertRaises(AccessError):
                records.with_user(employee).read(["display_name"])

    def test_companies_are_apart(self):
        company = self.env["res.company"].create({"name": "Filial"})
        operator = self._operator()
        operator.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        user = self._sva_user()
        mine = self.env["sva.user"].with_user(operator).with_company(company)
        self.assertFalse(mine.search([("id", "=", user.id)]))
        with self.assertRaises(AccessError):
            user.with_user(operator).with_company(company).action_deactivate()

    def test_neutralization(self):
        path = f"{get_module_path('saber_plus_sva')}/data/neutralize.sql"
        self.env.flush_all()
        with open(path) as script:
            self.env.cr.execute(script.read())
        self.env.invalidate_all()
        self.assertFalse(self.integration.has_token)
        self.assertFalse(self.integration.base_url)
        self._sva_user()
        self._run_engine()
        self.assertEqual(self.integration.connection_state, "unauthorized")
        self.assertEqual(self.sandbox.users(), {})
