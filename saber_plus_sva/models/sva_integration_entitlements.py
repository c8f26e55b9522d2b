# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which entitlements are packages, on platforms that can have them so."""

from odoo import api, fields, models


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    entitlements = fields.Text(
        tracking=True,
        help="The entitlements that are packages, one a line. Where none is entered, "
        "the groups that the account can see are the packages. Fetch the packages "
        "after a change.",
    )
    has_entitlements = fields.Boolean(compute="_compute_has_entitlements")

    @api.depends("platform")
    def _compute_has_entitlements(self):
        for integration in self:
            adapter = self._platforms().get(integration.platform)
            integration.has_entitlements = bool(
                adapter and "entitlements" in adapter.settings
            )
