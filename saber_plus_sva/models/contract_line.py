# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's lines hand their type of service on to the invoice."""

from odoo import models


class ContractLine(models.Model):
    _inherit = "contract.line"

    def _prepare_invoice_line(self):
        return {**super()._prepare_invoice_line(), "service_type": self.service_type}
