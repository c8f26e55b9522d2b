# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The sales plan; its fields are the contract's too."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import check_values

from .contract_template_line import KNOWN, KnownRivals


class ContractTemplate(models.Model):
    _inherit = "contract.template"

    sva_auto_activate = fields.Boolean(
        string="Activate SVA automatically",
        help="When a contract of this plan becomes active, its SVA user is created "
        "from the customer's registration data.",
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"sva_auto_activate"}

    def write(self, vals):
        check_values(self.env, vals)
        if {"contract_line_ids", "contract_line_fixed_ids"}.isdisjoint(vals):
            return super().write(vals)
        # Odoo writes line by line: what counts is how they stand in the end
        known = KnownRivals()
        result = super(ContractTemplate, self.with_context(**{KNOWN: known})).write(
            vals
        )
        lines = self.contract_line_ids.browse().union(*known.of)
        lines.exists()._check_sva_rivals(known.of)
        return result
