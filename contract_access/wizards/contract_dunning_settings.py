# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules for overdue contracts, for managers who do not administer the system."""

from odoo import api, fields, models

from ..remote import check_names, on_one_record


class ContractDunningSettings(models.TransientModel):
    """One company's rules, with a look at what they would do before they are saved."""

    _name = "contract.dunning.settings"
    _description = "Contract Dunning Settings"
    _inherit = ["contract.dunning.rules", "write.guard.mixin"]

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
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

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"company_id"}

    @api.model
    def default_get(self, fields):
        check_names(self.env, "fields", fields)
        rules = self._rules_in_force(self.env.company)
        return {
            **{name: value for name, value in rules.items() if name in fields},
            **super().default_get(fields),
        }

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

    @on_one_record
    def action_save(self):
        """Have the company follow these rules.

        :raises ValidationError: the days do not follow each other
        """
        self.check_access("write")
        # sudo: companies are for administrators; these few fields are for managers of
        # contracts, who alone may have this record, of a company of their own
        self.sudo()._put_in_force()
        return {"type": "ir.actions.act_window_close"}
