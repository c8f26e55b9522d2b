# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a provider's customers may do in the portal without anybody's help."""

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    contract_portal_suspension = fields.Boolean(
        string="Customers suspend contracts in the portal",
        help="Within the same limits as at the front desk.",
    )
    contract_portal_cancellation = fields.Boolean(
        string="Customers cancel contracts in the portal",
        help="The contract ends today, or with the days that were invoiced in advance. "
        "The receipt is there at once.",
    )
