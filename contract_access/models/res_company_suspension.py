# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How long, and how often, a provider's customers may have a contract suspended."""

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    # Anatel, Regulamento Geral dos Direitos do Consumidor (Resolução 765/2023): once in
    # twelve months, for 30 to 120 days
    contract_suspension_min_days = fields.Integer(
        string="Shortest suspension (days)",
        default=30,
        help="How many days a suspension at the customer's request lasts at least.",
    )
    contract_suspension_max_days = fields.Integer(
        string="Longest suspension (days)",
        default=120,
        help="How many days a suspension at the customer's request lasts at most. 0 is "
        "no limit.",
    )
    contract_suspension_months = fields.Integer(
        string="Months between suspensions",
        default=12,
        help="How many months after the beginning of a suspension the same contract "
        "can be suspended again. 0 is no limit.",
    )

    _check_suspension_limits = models.Constraint(
        "CHECK (contract_suspension_min_days >= 0 AND contract_suspension_months >= 0 "
        "AND (contract_suspension_max_days = 0 "
        "OR contract_suspension_max_days >= contract_suspension_min_days))",
        "The longest suspension cannot be shorter than the shortest one.",
    )
