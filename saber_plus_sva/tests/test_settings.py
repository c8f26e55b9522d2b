# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the settings page sets."""

from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from ..models.sva_api_call import DEFAULT_RETENTION_DAYS, RETENTION_PARAMETER
from .common import SvaCase


@tagged("post_install", "-at_install")
class TestSettings(SvaCase):
    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "lang": "en_US"})
        self.parameters = self.env["ir.config_parameter"]
        self.calls = self.env["sva.api.call"]

    def test_calls_are_kept_for_the_days_that_are_set(self):
        form = Form(self.env["res.config.settings"])
        self.assertEqual(form.sva_call_retention_days, DEFAULT_RETENTION_DAYS)
        form.sva_call_retention_days = 7
        form.save().execute()
        calls = self.calls.search([("integration_id", "=", self.integration.id)])
        self.assertTrue(calls)
        calls.date -= timedelta(days=6)
        self.calls._gc_calls()
        self.assertTrue(calls.exists())
        calls.date -= timedelta(days=2)
        self.calls._gc_calls()
        self.assertFalse(calls.exists())

    def test_less_than_a_day_is_refused(self):
        for days in (0, -1):
            with self.assertRefused(ValidationError, "one day or longer"):
                self.env["res.config.settings"].create(
                    {"sva_call_retention_days": days}
                )

    def test_rubbish_in_the_parameter_does_no_harm(self):
        for value in ("no number", "-3", "0", "²", "1.5", "9" * 30, "9" * 5000):
            self.parameters.set_param(RETENTION_PARAMETER, value)
            count = self.calls.search_count([])
            self.calls._gc_calls()
            self.assertEqual(self.calls.search_count([]), count, value)
            # nor is it in the way of whoever saves other settings
            settings = self.env["res.config.settings"].create({})
            self.assertGreater(settings.sva_call_retention_days, 0)
            settings.execute()


@tagged("post_install", "-at_install")
class TestDunningSettings(SvaCase):
    """The page for managers of SVA, who do not administer the system."""

    def setUp(self):
        super().setUp()
        self.manager = self._operator("test_manager", "group_sva_manager")
        self.company = self.env.company
        self.settings = self.env["contract.dunning.settings"].with_user(self.manager)

    def test_it_shows_what_is_in_force(self):
        self._switch_dunning_on(2, 20, 80)
        self.company.write({"contract_trust_days": 7, "contract_release_by": "manager"})
        form = Form(self.settings)
        self.assertTrue(form.contract_dunning)
        self.assertEqual(form.contract_block_after_days, 20)
        self.assertEqual(form.contract_trust_days, 7)
        self.assertEqual(form.contract_release_by, "manager")
        form.contract_dunning = False
        form.save().action_save()
        self.assertFalse(self.company._dunning_periods())
        self.assertEqual(self.company.contract_trust_days, 7)

    def test_the_preview_takes_what_was_typed_and_saves_nothing(self):
        self._switch_dunning_on(0, 0, 0)
        self._invoice(self.contract, 20)
        form = Form(self.settings)
        form.contract_dunning = True
        form.contract_block_after_days = 25
        form.contract_trust_days = 9
        settings = form.save()
        action = settings.action_preview()
        self.assertEqual(action["res_id"], settings.id)
        [line] = settings.preview_ids
        self.assertEqual(line.contract_id, self.contract)
        self.assertEqual(line.access_status_after, "overdue")
        form = Form(settings)
        form.contract_block_after_days = 15
        settings = form.save()
        settings.action_preview()
        self.assertEqual(settings.preview_ids.access_status_after, "auto_blocked")
        self.assertFalse(self.company._dunning_periods())
        self.assertEqual(self.company.contract_trust_days, 3)
        self.assertStanding(self.contract, "active", "active")
        settings.action_save()
        self.assertEqual(self.company.contract_block_after_days, 15)
        self.assertEqual(self.company.contract_trust_days, 9)
        self._dun()
        self.assertStanding(self.contract, "active", "auto_blocked")

    def test_days_that_do_not_follow_each_other(self):
        form = Form(self.settings)
        form.contract_dunning = True
        form.contract_block_after_days = 0
        form.contract_overdue_after_days = 90
        with self.assertRefused(ValidationError, "must follow each other"):
            form.save().action_save()

    def test_who_may(self):
        mine = self.settings.create({})
        clerk = self._operator()
        other = self._operator("test_other", "group_sva_manager")
        branch = self.env["res.company"].create({"name": "Filial"})
        with self.assertRefused(AccessError, ""):
            self.settings.with_user(clerk).create({})
        with self.assertRefused(AccessError, ""):
            mine.with_user(other).action_save()
        with self.assertRefused(AccessError, ""):
            self.settings.create({"company_id": branch.id})
        self._switch_dunning_on()
        self._invoice(self.contract, 20)
        mine.contract_overdue_after_days = 1
        mine.action_preview()
        with self.assertRefused(AccessError, ""):
            mine.preview_ids.with_user(other).read(["overdue_days"])
