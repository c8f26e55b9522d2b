# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The type of service on the invoice, because SVA is taxed differently."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from odoo.addons.contract_access.remote import check_values

from .contract_template_line import SERVICE_TYPES


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    service_type = fields.Selection(
        selection=SERVICE_TYPES,
        compute="_compute_service_type",
        store=True,
        precompute=True,
        copy=True,
        help="That of the product; where it has none, that of the contract line.",
    )
    service_type_correction = fields.Selection(
        selection=SERVICE_TYPES, string="Corrected Service Type", readonly=True
    )
    service_type_reason = fields.Char(string="Reason of the Correction", readonly=True)

    @api.depends("product_id", "service_type_correction")
    def _compute_service_type(self):
        for line in self:
            if line.service_type_correction:
                line.service_type = line.service_type_correction
            elif line.parent_state in ("posted", "cancel"):
                # what was declared stays
                line.service_type = line.service_type
            else:
                line.service_type = line._derive_service_type()

    def _derive_service_type(self):
        product, sold = self.product_id, self.contract_line_id
        kind = product.product_tmpl_id._invoice_service_type()
        if not kind and product and product == sold.product_id:
            kind = sold.service_type
        return kind

    def _follow_product(self):
        """Have the lines follow what their products say, until they are posted."""
        self.env.add_to_compute(self._fields["service_type"], self)

    def write(self, vals):
        check_values(self.env, vals)
        if "service_type" in vals and not self.env.su:
            raise UserError(
                self.env._(
                    "The type of service follows the product. To correct it, use "
                    "“Correct Service Type” in the actions of the invoice."
                )
            )
        return super().write(vals)

    @api.constrains("service_type_correction", "service_type_reason")
    def _check_service_type_reason(self):
        for line in self:
            if line.service_type_correction and not line.service_type_reason:
                raise ValidationError(
                    self.env._("Say why the type of service is corrected.")
                )
