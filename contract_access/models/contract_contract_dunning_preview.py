# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A contract says what dunning would do with it."""

from odoo import models

from ..remote import on_one_record


class ContractContract(models.Model):
    _inherit = "contract.contract"

    @on_one_record
    def action_preview_dunning(self):
        """Open what dunning would do with this contract, and why."""
        self.check_access("read")
        previews = self.env["contract.dunning.preview"]
        previews.check_access("read")
        preview = previews._make_for(self)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What dunning would do"),
            "res_model": preview._name,
            "res_id": preview.id,
            "view_mode": "form",
            "target": "new",
        }
