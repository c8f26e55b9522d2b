# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a platform offers."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import on_one_record


class SvaPackage(models.Model):
    """A package of a platform's catalogue; fetched, never entered by hand."""

    _name = "sva.package"
    _description = "SVA Package"
    _inherit = "write.guard.mixin"
    _order = "available desc, name"
    _rec_names_search = ["name", "code"]

    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        related="integration_id.company_id", store=True, index=True
    )
    code = fields.Char(required=True, readonly=True)
    name = fields.Char(required=True, readonly=True)
    description = fields.Text(readonly=True)
    available = fields.Boolean(
        default=True,
        readonly=True,
        help="Whether the platform offers it to this account today.",
    )
    product_ids = fields.One2many(
        comodel_name="product.template",
        inverse_name="sva_package_id",
        string="Products",
        help="The products that sell this package.",
    )

    product_count = fields.Integer(
        string="Number of Products", compute="_compute_product_count"
    )
    user_count = fields.Integer(string="SVA Users", compute="_compute_user_count")

    _unique_code = models.UniqueIndex(
        "(integration_id, code)", "A package is in the catalogue only once."
    )

    @api.depends("product_ids")
    def _compute_product_count(self):
        for package in self:
            package.product_count = len(package.product_ids)

    def _compute_user_count(self):
        counts = dict(
            self.env["sva.user"]._read_group(
                [("package_id", "in", self.ids)], ["package_id"], ["__count"]
            )
        )
        for package in self:
            package.user_count = counts.get(package, 0)

    @on_one_record
    def action_view_products(self):
        """Open the products that sell this package."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.product_action_sva"
        )
        return {
            **action,
            "domain": [("sva_package_id", "=", self.id)],
            "context": {
                "default_type": "service",
                "default_sva_integration_id": self.integration_id.id,
                "default_sva_package_id": self.id,
            },
        }

    @on_one_record
    def action_view_users(self):
        """Open the SVA users who have this package."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_action"
        )
        return {**action, "domain": [("package_id", "=", self.id)]}

    @api.model
    def _take_over(self, integration, offered):
        """Make the catalogue what the platform offers.

        Whoever looks after a product is told when its package goes, once: not again
        every day after the activity was marked as done. SVA users are left alone.

        :param integration: the account
        :param offered: the platform's :class:`..client.Package` objects
        :return: the packages that are available
        """
        # sudo: the catalogue is the platform's; nobody but this method may write it
        catalogue = self.sudo()
        known = {
            package.code: package
            for package in catalogue.search([("integration_id", "=", integration.id)])
        }
        values = {
            package.code: {
                "name": package.name,
                "description": package.description or False,
                "available": package.active,
            }
            for package in offered
        }
        turned = catalogue.browse()
        for code, package in known.items():
            wanted = values.get(code, {"available": False})
            changes = {
                name: value for name, value in wanted.items() if package[name] != value
            }
            if changes:
                package.write(changes)
            if "available" in changes:
                turned |= package
        catalogue.create(
            [
                {"integration_id": integration.id, "code": code, **vals}
                for code, vals in values.items()
                if code not in known
            ]
        )
        turned.product_ids._watch_sva_package()
        return catalogue.search(
            [("integration_id", "=", integration.id), ("available", "=", True)]
        )
