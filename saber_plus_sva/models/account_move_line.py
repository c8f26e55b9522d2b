# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The type of service on the invoice, because SVA is taxed differently."""

from odoo import api, fields, models

from .contract_template_line import SERVICE_TYPES


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    service_type = fields.Selection(
        selection=SERVICE_TYPES,
        compute="_compute_service_type",
        store=True,
        readonly=False,
        precompute=True,
        help="Comes from the contract line, or from the product on other invoices.",
    )

    @api.depends("product_id")
    def _compute_service_type(self):
        for line in self:
            line.service_type = line.service_type or (line.product_id.is_sva and "sva")
