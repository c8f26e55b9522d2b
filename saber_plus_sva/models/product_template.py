# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A product that sells a package of an SVA platform."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class ProductTemplate(models.Model):
    _inherit = "product.template"

    sva_integration_id = fields.Many2one(
        comodel_name="sva.integration",
        string="SVA Integration",
        ondelete="restrict",
        index="btree_not_null",
    )
    sva_package_id = fields.Many2one(
        comodel_name="sva.package",
        string="Main SVA Package",
        compute="_compute_sva_package_id",
        store=True,
        readonly=False,
        ondelete="restrict",
        index="btree_not_null",
        domain="[('integration_id', '=', sva_integration_id),"
        " ('available', '=', True)]",
        help="The package that whoever buys this product may use. A product has one.",
    )
    is_sva = fields.Boolean(string="Is SVA", compute="_compute_is_sva", store=True)

    @api.depends("sva_integration_id")
    def _compute_sva_package_id(self):
        for product in self:
            package = product.sva_package_id
            if package.integration_id != product.sva_integration_id:
                package = False
            product.sva_package_id = package

    @api.depends("sva_package_id")
    def _compute_is_sva(self):
        for product in self:
            product.is_sva = bool(product.sva_package_id)

    @api.constrains("sva_integration_id", "sva_package_id")
    def _check_sva_package(self):
        for product in self:
            package = product.sva_package_id
            if package and package.integration_id != product.sva_integration_id:
                raise ValidationError(
                    self.env._(
                        "The package “%(package)s” belongs to another SVA integration "
                        "than the product “%(product)s”.",
                        package=package.display_name,
                        product=product.display_name,
                    )
                )

    def action_fetch_sva_packages(self):
        """Fetch the catalogue of the product's integration.

        :return: a notification for the web client
        :raises UserError: the product has no integration, or the platform does not
            answer as it should
        """
        self.ensure_one()
        if not self.sva_integration_id:
            raise UserError(
                self.env._("Choose the SVA integration first, then fetch its packages.")
            )
        return self.sva_integration_id.action_fetch_packages()
