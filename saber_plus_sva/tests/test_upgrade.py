# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What an update makes of what there is already."""

from datetime import datetime

from odoo.modules.migration import load_script
from odoo.modules.module import get_module_path
from odoo.tests import tagged
from odoo.tools import convert_file, sql

from .common import SvaCase

VERSION = "19.0.1.1.0"
#: how the names of addons begin that are updated together
OURS_AND_OCAS = ("contract", "saber_plus_sva")


@tagged("post_install", "-at_install")
class TestUpgrade(SvaCase):
    def _migrate(self, addon, when):
        path = f"{get_module_path(addon)}/migrations/{VERSION}/{when}-migration.py"
        self.env.flush_all()
        load_script(path, f"{addon}_{when}").migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def test_rows_know_since_when_they_wait(self):
        waiting = self._sva_user()
        self.customer.phone = "11 90000-0000"
        cron = self.env.ref("saber_plus_sva.cron_sync_users")
        cron.lastcall = "2026-01-02 03:04:05"
        self.env.flush_all()
        for table, column in (
            ("sva_user", "pending_since"),
            ("sva_user", "registration_phone"),
            ("sva_user_removal", "pending_since"),
            ("ir_cron", "last_success"),
        ):
            self.env.cr.execute(
                sql.SQL(
                    "ALTER TABLE %s DROP COLUMN %s",
                    sql.SQL.identifier(table),
                    sql.SQL.identifier(column),
                )
            )
        self.env.invalidate_all()
        for _twice in range(2):
            self._migrate("saber_plus_sva", "pre")
        self.assertEqual(waiting.pending_since, waiting.write_date)
        self.assertTrue(waiting._changed_registration())
        self.assertEqual(cron.last_success, cron.lastcall)

    def test_the_log_of_usage_begins_with_those_that_there_are(self):
        user = self._sva_user()
        self._run_engine()
        usage = self.env["sva.usage"].search([("sva_user_id", "=", user.id)])
        usage.unlink()
        for _twice in range(2):
            self._migrate("saber_plus_sva", "post")
        row = self.env["sva.usage"].search([("sva_user_id", "=", user.id)])
        self.assertEqual(
            (row.state, row.movement, row.package_id, row.company_id, row.cpf_cnpj),
            ("active", False, self.package, self.env.company, user.cpf_cnpj),
        )
        self.assertEqual(user.sudo().usage_state, "active")
        self.assertEqual(row.contract_id, self.contract)

    def test_the_log_of_usage_knows_the_contracts(self):
        user = self._sva_user()
        self._run_engine()
        usage = self.env["sva.usage"].search([("sva_user_id", "=", user.id)])
        usage.contract_id = False
        self.env.flush_all()
        usage._init_column("contract_id")
        self.env.invalidate_all()
        self.assertEqual(usage.contract_id, self.contract)

    def test_others_make_rows_before_ours_are_loaded(self):
        """What is demanded of them then has a default in the database.

        Odoo itself demands nothing then of models whose addons it updates, as it does
        OCA's with ours.
        """
        ours = {"contract_access", "contract_access_sms", "saber_plus_sva"}
        demanded = {
            (model._table, field.name)
            for model in self.env.values()
            if model._auto and not model._original_module.startswith(OURS_AND_OCAS)
            for field in model._fields.values()
            if field.store and field.required and field._module in ours
        }
        self.assertIn(("res_company", "contract_release_by"), demanded)
        for names in demanded:
            self.env.cr.execute(
                "SELECT column_default FROM information_schema.columns"
                " WHERE (table_name, column_name) = %s",
                [names],
            )
            self.assertTrue(self.env.cr.fetchone()[0], names)

    def test_tokens_belong_to_the_database_that_is_updated(self):
        self.integration.token_home = False
        self.integration.active = False
        self._migrate("saber_plus_sva", "post")
        self.assertFalse(self.integration.is_elsewhere)

    def test_actions_move_to_the_day_unless_somebody_has_chosen(self):
        for addon, name, before, after in (
            ("contract_access", "cron_contract_lifecycle", "05:00:00", (11, 0)),
            ("saber_plus_sva", "cron_reconcile", "06:17:00", (11, 30)),
        ):
            cron = self.env.ref(f"{addon}.{name}")
            for time, hour in ((before, after), ("04:00:00", (4, 0))):
                cron.nextcall = f"2099-01-02 {time}"
                self._migrate(addon, "post")
                self.assertEqual(cron.nextcall, datetime(2099, 1, 2, *hour))

    def test_a_deleted_template_does_not_come_back(self):
        addons = ("contract_access", "saber_plus_sva")
        of_ours = [("model", "=", "mail.template"), ("module", "in", addons)]
        kept, *deleted = self.env["ir.model.data"].search(of_ours)
        kept = self.env["mail.template"].browse(kept.res_id)
        kept.subject = "Nosso aviso"
        names = [data.complete_name for data in deleted]
        self.env["mail.template"].browse([data.res_id for data in deleted]).unlink()
        for addon in addons:
            for path in self.env["ir.module.module"].get_module_info(addon)["data"]:
                if "mail_template" in path:
                    convert_file(self.env, addon, path, {}, "update")
        self.assertEqual(kept.subject, "Nosso aviso")
        for name in names:
            self.assertFalse(self.env.ref(name, raise_if_not_found=False), name)

    def test_mails_that_are_new_are_there_after_an_update(self):
        templates = self.env["mail.template"]
        for name in self.env["sva.user"]._mail_templates().values():
            templates += self.env.ref(name)
        templates.unlink()
        self._migrate("saber_plus_sva", "post")
        for name in self.env["sva.user"]._mail_templates().values():
            self.assertTrue(self.env.ref(name).body_html, name)
