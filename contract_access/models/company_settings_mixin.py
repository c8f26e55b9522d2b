# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A company's settings, for managers who do not administer the system."""

from odoo import api, fields, models

from ..remote import check_names, check_rows, on_one_record


class CompanySettingsMixin(models.AbstractModel):
    """A form begins with what is in force for its company, and is saved by a button.

    Who inherits has ``_rules_in_force(company)``, the values by name, and
    ``_put_in_force()``.
    """

    _name = "company.settings.mixin"
    _description = "Company Settings"
    _inherit = "write.guard.mixin"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"company_id"}

    @api.model
    def default_get(self, fields):
        check_names(self.env, "fields", fields)
        values = super().default_get([*fields, "company_id"])
        company = self.env["res.company"].browse(values["company_id"])
        values = {**self._rules_in_force(company), **values}
        return {name: values[name] for name in fields if name in values}

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        self._check_given(*vals_list, is_new=True)
        companies = self.env["res.company"]
        return super().create(
            [
                {**self._rules_in_force(companies.browse(vals["company_id"])), **vals}
                if vals.get("company_id")
                else vals
                for vals in vals_list
            ]
        )

    @on_one_record
    def action_save(self):
        """Have the company follow these settings.

        :return: a window action
        :raises ValidationError: they do not go together
        """
        self.check_access("write")
        # sudo: companies are for administrators; these few fields are for managers, who
        # alone may have this record, of a company of their own
        self.sudo()._put_in_force()
        return {"type": "ir.actions.act_window_close"}
