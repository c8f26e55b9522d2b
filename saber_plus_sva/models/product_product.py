# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A product that somebody has is not deleted."""

from odoo import api, models


class ProductProduct(models.Model):
    _inherit = "product.product"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sva_users(self):
        self.product_tmpl_id._check_no_sva_users(self)
