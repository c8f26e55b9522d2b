# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What happens to customers happens by day, at an hour of the provider's clock."""

from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestHours(ContractCase):
    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.cron = self.env.ref("contract_access.cron_contract_lifecycle")
        self.company = self.env.ref("base.main_company")
        self._live_in("America/Sao_Paulo")

    def _live_in(self, zone):
        self.company.partner_id.tz = zone

    def _run(self):
        """What Odoo does after a run."""
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM ir_cron WHERE id = %s", [self.cron.id])
        [job] = self.env.cr.dictfetchall()
        self.env["ir.cron"]._reschedule_later(job)
        self.env.invalidate_all()

    def test_by_day_unless_somebody_chooses_the_night(self):
        self.assertEqual(self.cron._local_hour(), 8)

    @freeze_time("2026-06-10 15:00:00")
    def test_the_hour_is_chosen(self):
        with Form(self.env["res.config.settings"]) as form:
            self.assertEqual(form.contract_actions_zone, "America/Sao_Paulo")
            form.contract_lifecycle_hour = 9.5
        form.record.execute()
        self.assertEqual(self.cron.nextcall, datetime(2026, 6, 11, 12, 30))
        self.env["res.config.settings"].create({}).execute()
        self.assertEqual(self.cron.nextcall, datetime(2026, 6, 11, 12, 30))
        settings = self.env["res.config.settings"].create({})
        settings.contract_lifecycle_hour = 14
        settings.execute()
        self.assertEqual(self.cron.nextcall, datetime(2026, 6, 10, 17))
        for hour in (-1, 24):
            with self.assertRefused(ValidationError, "from 0:00 to 23:59"):
                settings.contract_lifecycle_hour = hour

    def test_it_stays_when_the_clocks_are_changed(self):
        self._live_in("America/New_York")
        self.cron.nextcall = "2026-03-07 13:00:00"
        self.assertEqual(self.cron._local_hour(), 8)
        with freeze_time("2026-03-07 13:00:05"):
            self._run()
        self.assertEqual(self.cron.nextcall, datetime(2026, 3, 8, 12))
        self.assertEqual(self.cron._local_hour(), 8)

    def test_one_that_people_run_more_often_is_left_to_them(self):
        before = fields.Datetime.now() - timedelta(seconds=5)
        self.cron.write({"interval_number": 2, "nextcall": before})
        self._run()
        self.assertEqual(self.cron.nextcall - before, timedelta(days=2))

    def test_settings_are_saved_where_the_action_was_deleted(self):
        self.cron.unlink()
        settings = self.env["res.config.settings"]
        wanted = not settings.create({}).show_effect
        settings.create({"show_effect": wanted}).execute()
        self.assertEqual(settings.create({}).show_effect, wanted)
