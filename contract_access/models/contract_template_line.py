# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A line of the sales plan, whose fields are those of the contract's lines too."""

from odoo import api, models


class ContractTemplateLine(models.Model):
    _name = "contract.template.line"
    _inherit = ["contract.template.line", "write.guard.mixin"]

    @api.model
    def _chosen_relations(self):
        # the customer and the price are computed from them
        return super()._chosen_relations() | {"contract_id", "product_id"}
