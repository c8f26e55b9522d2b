# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules for overdue contracts, for managers who do not administer the system."""

from odoo import api, fields, models

from ..remote import on_one_record


class ContractDunningSettings(models.TransientModel):
    """One company's rules, with a look at what they would do before they are saved."""

    _name = "contract.dunning.settings"
    _description = "Contract Dunning Settings"
    _inherit = ["contract.dunning.rules", "company.settings.mixin"]

    is_previewed = fields.Boolean(readonly=True)
    preview_ids = fields.One2many(
        comodel_name="contract.dunning.preview",
        inverse_name="settings_id",
        string="Overdue contracts by these rules",
        readonly=True,
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"contract_dunning", *self._rule_fields()}

    @on_one_record
    def action_preview(self):
        """Show when dunning would go on with each contract, by the rules on the form.

        Nothing is moved, and the company's rules stay as they are.
        """
        # sudo: what the preview shows is not for people to write
        self.sudo().preview_ids.unlink()
        self.preview_ids._make(self.company_id, self._dunning_rules(), self)
        self.sudo().is_previewed = True
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Overdue Contracts"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }
