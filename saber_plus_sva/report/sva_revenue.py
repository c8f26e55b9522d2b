# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What SVA brings in, beside the other services."""

from odoo import fields, models
from odoo.tools import SQL

from ..models.contract_template_line import SERVICE_TYPES


class SvaRevenue(models.Model):
    """A row for each line of a posted customer invoice that has a type of service.

    For managers of SVA, who need not have rights in accounting: it names no invoice.
    """

    _name = "sva.revenue"
    _description = "Revenue by Type of Service"
    _auto = False
    _order = "date desc, id desc"
    _rec_name = "product_id"

    _depends = {
        "account.move": ["invoice_date", "move_type"],
        "account.move.line": [
            "balance",
            "company_id",
            "display_type",
            "parent_state",
            "product_id",
            "service_type",
        ],
    }

    date = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    service_type = fields.Selection(SERVICE_TYPES, readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(
        readonly=True, help="Without taxes, in the company's currency."
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT line.id,
                   move.invoice_date AS date,
                   line.company_id,
                   line.service_type,
                   line.product_id,
                   company.currency_id,
                   -line.balance AS amount
              FROM account_move_line AS line
              JOIN account_move AS move ON move.id = line.move_id
              JOIN res_company AS company ON company.id = line.company_id
             WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
               AND line.parent_state = 'posted'
               AND line.display_type = 'product'
               AND line.service_type IS NOT NULL
            """
        )
