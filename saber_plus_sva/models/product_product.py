# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A product that sells SVA: which one is taken, and that it is not deleted."""

from odoo import api, models

from odoo.addons.contract_access.remote import on_one_record


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _sva_choose(self, product, package_code):
        """The one of these products that somebody is to have.

        :param product: what there is already, or was before
        :param package_code: the platform's code of its package
        :return: the same, or one with the same package, or the only one there is
        """
        same = self & product or self.filtered(
            lambda other: other.sva_package_id.code == package_code
        )
        return same[:1] or (self if len(self) == 1 else self.browse())

    @on_one_record
    def action_view_sva_users(self):
        """Open the SVA users who have this product, in whichever variant.

        The form of a variant is made from that of its template, with its buttons.
        """
        return self.product_tmpl_id.action_view_sva_users()

    @on_one_record
    def action_fetch_sva_packages(self):
        """Fetch the catalogue of the product's integration, see the template's."""
        return self.product_tmpl_id.action_fetch_sva_packages()

    @on_one_record
    def button_fetch_sva_packages(self):
        """The same for the web client, see the template's."""
        return self.product_tmpl_id.button_fetch_sva_packages()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sva_users(self):
        self.product_tmpl_id._check_no_sva_users(self)
