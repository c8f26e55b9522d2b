# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How many users the platforms had at the end of each month, by package."""

from odoo import fields, models
from odoo.tools import SQL

from ..models.sva_sync_mixin import SEEN_STATUSES
from .periods import months, usage_periods


class SvaUsageMonth(models.Model):
    """A row for each user that a platform had at the end of a month, or has today."""

    _name = "sva.usage.month"
    _description = "SVA Users by Month"
    _auto = False
    _order = "month desc, id"
    _rec_name = "cpf_cnpj"

    _depends = {
        "sva.usage": [
            "company_id",
            "cpf_cnpj",
            "date",
            "integration_id",
            "package_id",
            "state",
        ]
    }

    month = fields.Date(readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    integration_id = fields.Many2one("sva.integration", readonly=True)
    package_id = fields.Many2one("sva.package", readonly=True)
    cpf_cnpj = fields.Char(string="CPF", readonly=True)
    state = fields.Selection(SEEN_STATUSES, string="Status", readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            WITH month AS (%s), period AS (%s)
            SELECT period.id * 100 + month.number AS id,
                   month.first AS month,
                   period.company_id,
                   period.integration_id,
                   period.package_id,
                   period.cpf_cnpj,
                   period.state
              FROM month
              JOIN period
                ON period.first < month.next
               AND (period.next IS NULL OR period.next >= month.next)
             WHERE period.state NOT IN ('absent', 'disabled')
            """,
            months(self.env),
            usage_periods(self.env),
        )
