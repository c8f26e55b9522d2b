# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Contracts found by what is owed to them of SVA."""

from odoo import api, fields, models

from .product_template import FRONT_DESK


class ContractContract(models.Model):
    _inherit = "contract.contract"

    lacks_sva_user = fields.Boolean(
        string="SVA sold without a user",
        compute="_compute_lacks_sva_user",
        search="_search_lacks_sva_user",
        groups=FRONT_DESK,
        help="A line of the contract sells SVA today, and there is no SVA user.",
    )

    def _compute_lacks_sva_user(self):
        rows = self.env["sva.billing.mismatch"]._of_few(
            [("contract_id", "in", self.ids), ("reason", "=", "no_user")]
        )
        lacking = set(rows.contract_id.ids)
        for contract in self:
            contract.lacks_sva_user = contract._origin.id in lacking

    @api.model
    def _search_lacks_sva_user(self, operator, value):
        # Odoo asks for it where it reads the field, and not before it searches here
        self._check_field_access(self._fields["lacks_sva_user"], "read")
        if operator != "in":
            return NotImplemented
        # sudo: whoever searches finds contracts of their own only
        rows = self.env["sva.billing.mismatch"].sudo()
        lacking = rows._search([("reason", "=", "no_user")]).subselect("contract_id")
        return [("id", "in" if True in value else "not in", lacking)]
