# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What kind of service a line sells; inherited by the contract's own lines."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: what providers are taxed differently on
SERVICE_TYPES = [
    ("internet", "Internet"),
    ("telephony", "Telephony"),
    ("tv", "TV"),
    ("service", "Service"),
    ("sva", "SVA"),
]


class ContractTemplateLine(models.Model):
    _inherit = "contract.template.line"

    service_type = fields.Selection(
        selection=SERVICE_TYPES,
        compute="_compute_service_type",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        help="SVA lines take products with an SVA package, and only they do.",
    )

    @api.depends("product_id.is_sva")
    def _compute_service_type(self):
        for line in self:
            if line.product_id.is_sva:
                line.service_type = "sva"
            elif line.product_id and line.service_type == "sva":
                line.service_type = "service"
            else:
                line.service_type = line.service_type or "service"

    @api.constrains("service_type", "product_id")
    def _check_service_type(self):
        for line in self:
            product = line.product_id
            if line.service_type == "sva" and not product.is_sva:
                raise ValidationError(
                    self.env._(
                        "“%s” cannot be sold as SVA: it has no SVA package. Choose one "
                        "on the product's SVA tab.",
                        product.display_name or line.name,
                    )
                )
            if product.is_sva and line.service_type != "sva":
                raise ValidationError(
                    self.env._(
                        "“%s” has an SVA package, so its line must be of the type SVA.",
                        product.display_name,
                    )
                )
