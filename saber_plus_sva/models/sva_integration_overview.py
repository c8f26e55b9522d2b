# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The numbers of the overview; each is that of the list which it opens."""

from odoo import api, fields, models

from .product_template import MANAGER
from .sva_sync_mixin import STATUSES


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    active_count = fields.Integer(
        string="Active Users", compute="_compute_state_counts"
    )
    blocked_count = fields.Integer(
        string="Blocked Users", compute="_compute_state_counts"
    )
    disabled_count = fields.Integer(
        string="Disabled Users", compute="_compute_state_counts"
    )
    registration_count = fields.Integer(
        string="Changed Registrations", compute="_compute_registration_count"
    )
    compared_on = fields.Datetime(
        string="Last Comparison",
        compute="_compute_compared_on",
        groups=MANAGER,
        help="When the platform's users were last compared with ours to the end.",
    )

    def _compute_state_counts(self):
        counts = {
            (integration, state): count
            for integration, state, count in self.env["sva.user"]._read_group(
                [("integration_id", "in", self.ids)],
                ["integration_id", "state"],
                ["__count"],
            )
        }
        for integration in self:
            for state, _label in STATUSES:
                integration[f"{state}_count"] = counts.get((integration, state), 0)

    def _compute_registration_count(self):
        counts = dict(
            self.env["sva.user"]._read_group(
                [
                    ("integration_id", "in", self.ids),
                    ("registration_differs", "=", True),
                ],
                ["integration_id"],
                ["__count"],
            )
        )
        for integration in self:
            integration.registration_count = counts.get(integration, 0)

    @api.depends("reconciliation_ids.end_date")
    def _compute_compared_on(self):
        dates = dict(
            self.env["sva.reconciliation"]._read_group(
                [("integration_id", "in", self.ids), ("state", "=", "done")],
                ["integration_id"],
                ["end_date:max"],
            )
        )
        for integration in self:
            integration.compared_on = dates.get(integration, False)

    def action_view_active_users(self):
        """Open this integration's active SVA users."""
        return self._view_users("active")

    def action_view_blocked_users(self):
        """Open this integration's blocked SVA users."""
        return self._view_users("blocked")

    def action_view_disabled_users(self):
        """Open this integration's disabled SVA users."""
        return self._view_users("disabled")

    def action_view_changed_registrations(self):
        """Open the SVA users whose customers have another name or phone by now."""
        return self._view_users("registration_differs")

    def action_view_reconciliations(self):
        """Open the comparisons with the platform, the last one first."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Reconciliations"),
            "res_model": "sva.reconciliation",
            "view_mode": "list,form",
            "views": [(False, "list"), (False, "form")],
            "domain": [("integration_id", "=", self.id)],
        }

    def action_view_integration(self):
        """Open the integration itself."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
