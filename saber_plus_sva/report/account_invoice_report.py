# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Invoices by type of service."""

from odoo import api, fields, models
from odoo.tools import SQL

from ..models.contract_template_line import SERVICE_TYPES


class AccountInvoiceReport(models.Model):
    _inherit = "account.invoice.report"

    service_type = fields.Selection(selection=SERVICE_TYPES, readonly=True)

    _depends = {"account.move.line": ["service_type"]}

    @api.model
    def _select(self) -> SQL:
        return SQL("%s, line.service_type AS service_type", super()._select())
