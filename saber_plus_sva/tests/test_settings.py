# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the settings page sets."""

from datetime import timedelta

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ..models.sva_api_call import (
    DEFAULT_RETENTION_DAYS,
    MOST_RETENTION_DAYS,
    RETENTION_PARAMETER,
)
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
            kept = settings.sva_call_retention_days
            self.assertIn(kept, (DEFAULT_RETENTION_DAYS, MOST_RETENTION_DAYS))
            settings.execute()
