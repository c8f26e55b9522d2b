# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The catalogue follows the platform; products and users are looked after."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from ..client.transport import Transport
from .common import PACKAGE, TOKEN, SvaCase


@tagged("post_install", "-at_install")
class TestPackage(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def setUp(self):
        super().setUp()
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

    @mute_logger("odoo.addons.saber_plus_sva.models.sva_integration")
    def test_what_nobody_foresaw_stops_nobody(self):
        second = self._integration(
            company_id=self.env["res.company"].create({"name": "Filial"}).id
        )
        model = type(self.env["sva.package"])
        take_over = model._take_over
        for broken, whole in (
            (self.integration, second),
            (second, self.integration),
        ):

            def fail(packages, integration, offered, broken=broken):
                take_over(packages, integration, offered)
                if integration == broken:
                    raise ValueError("not this one")

            code = f"SABER-{broken.id}"
            self.sandbox.set_package(code, name="Saber+ Novo")
            with patch.object(model, "_take_over", fail):
                self._nightly()
            self.assertNotIn(code, broken.package_ids.mapped("code"))
            self.assertIn(code, whole.package_ids.mapped("code"))

    def test_accounts_that_are_not_asked(self):
        others = self.env["sva.integration"].search([]) - self.integration
        others.active = False  # the demo data's
        for values in ({"active": False}, {"connection_state": "unauthorized"}):
            self.integration.write(values)
            self.sandbox.forget()
            self._nightly()
            self.assertEqual(self.sandbox.operations(), [], values)
            self.integration.write({"active": True, "token": TOKEN})

    def test_no_transaction_is_open_during_the_call(self):
        cursor = type(self.env.cr)
        commit, send = cursor.commit, Transport._send
        queries, asked = [], []

        def end(cr):
            commit(cr)
            queries[:] = [self.env.cr.sql_log_count]

        def call(transport, request):
            queries.append(self.env.cr.sql_log_count)
            asked.append(len(set(queries)))
            return send(transport, request)

        with (
            patch.object(cursor, "commit", end),
            patch.object(Transport, "_send", call),
        ):
            self.integration._refresh_packages()
        self.assertEqual(asked, [1])

    def test_one_that_is_done_stays_done(self):
        self.sandbox.remove_package(PACKAGE)
        self._nightly()
        self.template.activity_ids.action_done()
        self._nightly()
        self.assertFalse(self.template.activity_ids)
        # until it goes once more
        self.sandbox.set_package(PACKAGE, name="Saber+ Livros")
        self._nightly()
        self.sandbox.remove_package(PACKAGE)
        self._nightly()
        self.assertEqual(len(self.template.activity_ids), 1)

    def test_only_products_on_sale_are_told(self):
        unsold = self._sva_product("Livros antigos", self.package).product_tmpl_id
        unsold.active = False
        self.sandbox.remove_package(PACKAGE)
        self._nightly()
        self.assertFalse(unsold.activity_ids)
        unsold.active = True
        self.assertEqual(len(unsold.activity_ids), 1)
        unsold.active = False
        self.assertFalse(unsold.activity_ids)
        self.assertEqual(len(self.template.copy().activity_ids), 1)

    def test_a_package_counts_its_products_and_users(self):
        user = self._sva_user()
        package = self.package.with_user(self._operator())
        self.assertEqual((package.product_count, package.user_count), (1, 1))
        for action, records in (
            (package.action_view_products(), self.template),
            (package.action_view_users(), user),
        ):
            found = self.env[action["res_model"]].search(action["domain"])
            self.assertEqual(found, records)

    def test_a_product_keeps_a_package_while_somebody_has_it(self):
        self._sva_user()
        template = self.template.with_user(self.manager)
        with self.assertRefused(ValidationError, "1 SVA users have"):
            template.sva_package_id = False
        with self.assertRefused(ValidationError, "1 SVA users have"):
            template.sva_integration_id = False
        template.sva_package_id = self._package("SABER-CURSOS")

    def test_a_package_is_the_platforms_to_remove(self):
        with self.assertRefused(AccessError, ""):
            self.package.with_user(self.env.ref("base.user_admin")).unlink()

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
