# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The sales plan; its fields are the contract's too."""

from odoo import api, fields, models


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
