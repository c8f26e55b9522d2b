# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The catalogue follows the platform; products and users are looked after."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged

from .common import PACKAGE, SvaCase


@tagged("post_install", "-at_install")
class TestPackage(SvaCase):
    def setUp(self):
        super().setUp()
        self.manager = self._operator("test_manager", "group_sva_manager")
        self.template = self.product.product_tmpl_id

    def _nightly(self):
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.integration"]._cron_fetch_packages()
        self.env.invalidate_all()

    def test_the_catalogue_is_fetched_every_day(self):
        self.sandbox.set_package("SABER-NOVO", name="Saber+ Novo")
        self._nightly()
        self.assertTrue(self._package("SABER-NOVO").available)

    def test_a_package_that_is_gone(self):
        user = self._sva_user()
        self._run_engine()
        self.sandbox.remove_package(PACKAGE)
        self.sandbox.forget()
        for _twice in range(2):
            self._nightly()
        self.assertFalse(self.package.available)
        activity = self.template.activity_ids
        self.assertEqual(len(activity), 1)
        self.assertIn(self.package.name, activity.note)
        self.assertIn(
            self.template,
            self.env["product.template"].search(
                [("sva_package_id.available", "=", False)]
            ),
        )
        # whoever has it keeps it
        self.assertEqual((user.sync_state, user.package_id), ("synced", self.package))
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), ["listPackages"] * 2)
        self.assertInStep(user, "active")
        self.assertEqual(self.package.user_count, 1)
        # and it comes back
        self.sandbox.set_package(PACKAGE, name="Saber+ Livros")
        self.integration.action_fetch_packages()
        self.assertFalse(self.template.activity_ids)

    def test_another_package_settles_it(self):
        self.sandbox.remove_package(PACKAGE)
        self.integration.action_fetch_packages()
        self.assertTrue(self.template.activity_ids)
        self.template.sva_package_id = self._package("SABER-CURSOS")
        self.assertFalse(self.template.activity_ids)

    def test_one_account_that_fails_stops_no_other(self):
        other = self._integration(
            company_id=self.env["res.company"].create({"name": "Filial"}).id,
            token="wrong",
        )
        self.sandbox.set_package("SABER-NOVO", name="Saber+ Novo")
        # archived ones are not asked, and the order is not ours to choose
        with self.assertLogs("odoo.addons.saber_plus_sva", "WARNING") as logs:
            self._nightly()
        self.assertNotIn("wrong", "".join(logs.output))
        self.assertEqual(other.connection_state, "unauthorized")
        self.assertTrue(self._package("SABER-NOVO").available)

    def test_a_product_keeps_a_package_while_somebody_has_it(self):
        self._sva_user()
        template = self.template.with_user(self.manager)
        with self.assertRefused(ValidationError, "1 SVA users have"):
            template.sva_package_id = False
        with self.assertRefused(ValidationError, "1 SVA users have"):
            template.sva_integration_id = False
        template.sva_package_id = self._package("SABER-CURSOS")

    def test_a_product_that_somebody_has_is_not_deleted(self):
        self._sva_user()
        for record in (self.product, self.template):
            with self.assertRefused(UserError, "Archive it instead"):
                record.with_user(self.manager).unlink()
        self.assertTrue(self.product.exists())

    def test_an_integration_in_use_is_not_deleted(self):
        user = self._sva_user()
        self._run_engine()
        integration = self.integration.with_user(self.manager)
        with self.assertRefused(UserError, r"SVA users: 1, Products: 1\)"):
            integration.unlink()
        user.unlink()
        self.template.sva_package_id = False
        self.template.sva_integration_id = False
        with self.assertRefused(UserError, r"\(Removals: 1\)"):
            integration.unlink()
        self._run_engine()
        integration.unlink()
        self.assertFalse(self.integration.exists())

    def test_how_long_calls_are_kept_is_a_setting(self):
        settings = Form(self.env["res.config.settings"])
        self.assertEqual(settings.sva_call_retention_days, 90)
        settings.sva_call_retention_days = 30
        settings.save().execute()
        parameters = self.env["ir.config_parameter"]
        parameter = "saber_plus_sva.call_retention_days"
        self.assertEqual(parameters.get_param(parameter), "30")
        settings.sva_call_retention_days = 0
        with self.assertRefused(ValidationError, "one day or longer"):
            settings.save()
