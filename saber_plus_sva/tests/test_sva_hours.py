# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The daily actions of the SVA run by the provider's clock, too."""

from odoo.tests import tagged

from .common import SvaCase


@tagged("post_install", "-at_install")
class TestSvaHours(SvaCase):
    def test_what_puts_customers_right_runs_by_day(self):
        self.env.ref("base.main_company").partner_id.tz = "America/Sao_Paulo"
        compare = self.env.ref("saber_plus_sva.cron_reconcile")
        self.assertEqual(compare._local_hour(), 8.5)
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.sva_comparison_hour, 8.5)
        settings.write({"sva_comparison_hour": 2, "sva_packages_hour": 1.25})
        settings.execute()
        self.assertEqual(compare._local_hour(), 2)
        packages = self.env.ref("saber_plus_sva.cron_fetch_packages")
        self.assertEqual(packages._local_hour(), 1.25)
