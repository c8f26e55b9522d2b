# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whether customers with SVA stay longer: the reason why providers sell it."""

from odoo import fields, models
from odoo.tools import SQL

from .periods import months


class SvaChurn(models.Model):
    """A row for each contract that ran when a month began."""

    _name = "sva.churn"
    _description = "Churn with and without SVA"
    _auto = False
    _order = "month desc, id"
    _rec_name = "contract_id"

    _depends = {
        "contract.contract": [
            "company_id",
            "contract_status",
            "contract_type",
            "date_start",
            "partner_id",
            "service_end_date",
        ],
        "contract.line": [
            "contract_id",
            "date_end",
            "date_start",
            "is_canceled",
            "service_type",
        ],
    }

    month = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    contract_id = fields.Many2one("contract.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    sva = fields.Selection(
        selection=[("with", "With SVA"), ("without", "Without SVA")],
        string="SVA",
        readonly=True,
        help="Whether the contract sold SVA when the month began.",
    )
    ended = fields.Integer(readonly=True, help="Whether it ended within the month.")
    churn = fields.Float(
        string="Churn (%)",
        readonly=True,
        aggregator="avg",
        digits=(16, 2),
        help="Of the contracts that ran when the month began, those that ended in it.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            WITH month AS (%s),
            running AS (
                SELECT contract.id * 100 + month.number AS id,
                       month.first AS month,
                       contract.company_id,
                       contract.id AS contract_id,
                       contract.partner_id,
                       CASE WHEN EXISTS (
                            SELECT FROM contract_line AS line
                             WHERE line.contract_id = contract.id
                               AND line.service_type = 'sva'
                               AND line.is_canceled IS NOT TRUE
                               AND COALESCE(line.date_start, month.first)
                                   <= month.first
                               AND COALESCE(line.date_end, month.first)
                                   >= month.first
                       ) THEN 'with' ELSE 'without' END AS sva,
                       -- the first day without service: the one before is the last
                       CASE WHEN contract.service_end_date <= month.next
                            THEN 1 ELSE 0 END AS ended
                  FROM contract_contract AS contract
            CROSS JOIN LATERAL (
                        SELECT COALESCE(MIN(line.date_start), contract.date_start)
                               AS first
                          FROM contract_line AS line
                         WHERE line.contract_id = contract.id
                           AND line.is_canceled IS NOT TRUE
                       ) AS begin
                  JOIN month
                    ON begin.first <= month.first
                   AND (
                        contract.service_end_date > month.first
                        OR contract.service_end_date IS NULL
                           AND contract.contract_status = 'active'
                       )
                 WHERE contract.contract_type = 'sale'
            )
            SELECT running.*, 100.0 * ended AS churn FROM running
            """,
            months(self.env),
        )
