# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the products of a category are on the invoice."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import check_values

from .product_template import INVOICE_SERVICE_TYPES


class ProductCategory(models.Model):
    _name = "product.category"
    _inherit = ["product.category", "write.guard.mixin"]

    invoice_service_type = fields.Selection(
        selection=INVOICE_SERVICE_TYPES,
        string="Service Type on Invoices",
        help="Of the products of this category and those below it that have none of "
        "their own.",
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"invoice_service_type"}

    def write(self, vals):
        check_values(self.env, vals)
        result = super().write(vals)
        if not {"invoice_service_type", "parent_id"}.isdisjoint(vals):
            products = self.env["product.template"].with_context(active_test=False)
            # sudo: who works on categories need not see every product
            products.sudo().search(
                [("categ_id", "child_of", self.ids)]
            )._have_drafts_follow()
        return result

    def _invoice_service_type(self):
        """The type of this category, or of the nearest one above it that has any."""
        category = self
        while category and not category.invoice_service_type:
            category = category.parent_id
        return category.invoice_service_type
