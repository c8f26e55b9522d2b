# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A product that sells a package of an SVA platform."""

from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.contract_access.exceptions import InvalidError, RefusedError
from odoo.addons.contract_access.remote import check_values, on_one_record

from .contract_template_line import SERVICE_TYPES

#: the activity that says that the platform no longer offers what a product sells
NOT_OFFERED = "saber_plus_sva.activity_package"
#: the group that is told where nobody is responsible for a record of SVA
MANAGER = "saber_plus_sva.group_sva_manager"
FRONT_DESK = "saber_plus_sva.group_sva_user"
#: what a product may be on the invoice; SVA is what has a package
INVOICE_SERVICE_TYPES = [(key, label) for key, label in SERVICE_TYPES if key != "sva"]
#: what decides the type of a product on the invoice
INVOICE_FIELDS = {"categ_id", "invoice_service_type", "sva_package_id"}
#: what decides whether a product sells what its platform offers
OFFER_FIELDS = {"active", "sva_integration_id", "sva_package_id"}


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "activity.occasion.mixin", "write.guard.mixin"]
    _managers = MANAGER

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
    invoice_service_type = fields.Selection(
        selection=INVOICE_SERVICE_TYPES,
        string="Service Type on Invoices",
        help="Without it, that of the product's category. A product with an SVA "
        "package is SVA.",
    )
    sva_prorate = fields.Boolean(
        string="Invoice by Days",
        help="Parts of a period are invoiced by days, on every line of a contract that "
        "sells the product. It needs OCA's addon contract_variable_qty_prorated.",
    )
    sva_can_prorate = fields.Boolean(compute="_compute_sva_can_prorate")
    sva_user_count = fields.Integer(
        string="SVA Users",
        compute="_compute_sva_user_count",
        groups="saber_plus_sva.group_sva_user",
    )
    sva_package_available = fields.Boolean(related="sva_package_id.available")

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

    def _compute_sva_can_prorate(self):
        formula = self.env["contract.line"]._prorating_formula()
        self.sva_can_prorate = bool(formula)

    def _compute_sva_user_count(self):
        counts = Counter()
        for variant, count in self.env["sva.user"]._read_group(
            [("product_id.product_tmpl_id", "in", self.ids)],
            ["product_id"],
            ["__count"],
        ):
            counts[variant.product_tmpl_id] += count
        for product in self:
            product.sva_user_count = counts[product._origin]

    def copy_data(self, default=None):
        """What the copy's author may not see is not copied."""
        vals_list = super().copy_data(default)
        for product, vals in zip(self, vals_list, strict=True):
            # sudo: that there is one
            if (
                not product.sudo()
                .sva_integration_id.with_env(self.env)
                .has_access("read")
            ):
                vals.pop("sva_integration_id", None)
                vals.pop("sva_package_id", None)
        return vals_list

    @api.constrains("sva_integration_id", "sva_package_id")
    def _check_sva_package(self):
        for product in self:
            package = product.sva_package_id
            if package and package.integration_id != product.sva_integration_id:
                raise InvalidError(
                    self.env._(
                        "The package “%(package)s” belongs to another SVA integration "
                        "than the product “%(product)s”.",
                        package=package.display_name,
                        product=product.display_name,
                    ),
                    "wrong_integration",
                    product,
                )

    @api.constrains("sva_integration_id", "sva_package_id")
    def _check_sva_users_keep_a_package(self):
        # sudo: whoever writes products need not see who has them
        groups = (
            self.env["sva.user"]
            .sudo()
            ._read_group(
                [("product_id.product_tmpl_id", "in", self.ids)],
                ["product_id", "integration_id"],
                ["__count"],
            )
        )
        for variant, integration, count in groups:
            product = variant.product_tmpl_id
            if product.sva_package_id.integration_id != integration:
                raise InvalidError(
                    self.env._(
                        "%(count)s SVA users have the product “%(product)s”. It needs "
                        "a package of the integration “%(integration)s”: choose "
                        "another one of its packages.",
                        count=count,
                        product=product.display_name,
                        integration=integration.display_name,
                    ),
                    "has_sva_users",
                    product,
                )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sva_users(self):
        self._check_no_sva_users(
            self.with_context(active_test=False).product_variant_ids
        )

    @api.model
    def _check_no_sva_users(self, variants):
        # sudo: whoever deletes products need not see who has them
        groups = (
            self.env["sva.user"]
            .sudo()
            ._read_group(
                [("product_id", "in", variants.ids)], ["product_id"], ["__count"]
            )
        )
        for variant, count in groups:
            raise UserError(
                self.env._(
                    "The product “%(product)s” cannot be deleted: %(count)s SVA users "
                    "have it. Archive it instead.",
                    product=variant.display_name,
                    count=count,
                )
            )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {
            "sva_integration_id",
            "sva_package_id",
            "invoice_service_type",
            "sva_prorate",
        }

    @api.model_create_multi
    def create(self, vals_list):
        products = super().create(vals_list)
        # sudo: who works on products need not know the platforms
        products.sudo().filtered("sva_package_id")._watch_sva_package()
        return products

    def write(self, vals):
        check_values(self.env, vals)
        result = super().write(vals)
        if INVOICE_FIELDS & vals.keys():
            self._have_drafts_follow()
        if "sva_prorate" in vals:
            self._have_lines_prorated()
        if OFFER_FIELDS & vals.keys():
            # sudo: see above
            self.sudo()._watch_sva_package()
        return result

    def _invoice_service_type(self):
        """What the product is on the invoice; False where nobody has said it."""
        if self.is_sva:
            return "sva"
        return self.invoice_service_type or self.categ_id._invoice_service_type()

    def _have_lines_prorated(self):
        """What contracts and plans sell already is invoiced as the products say."""
        for model in ("contract.line", "contract.template.line"):
            # sudo: whoever works on products need not see who has them
            lines = self.env[model].sudo()
            lines.search([("product_id.product_tmpl_id", "in", self.ids)])._prorate()

    def _have_drafts_follow(self):
        """Invoices that are not posted yet follow what the products say now."""
        # sudo: whoever works on products need not read invoices
        self.env["account.move.line"].sudo().search(
            [
                ("product_id.product_tmpl_id", "in", self.ids),
                ("parent_state", "=", "draft"),
            ]
        )._follow_product()

    def _watch_sva_package(self):
        """Tell somebody that a package is gone, until it is back or replaced."""
        gone = self.filtered(
            lambda product: (
                product.active
                and product.sva_package_id
                and not product.sva_package_id.available
            )
        )
        gone._open_occasion(NOT_OFFERED, self._what_is_not_offered)
        (self - gone)._close_occasion(NOT_OFFERED)

    @api.model
    def _what_is_not_offered(self, product):
        return product.env._(
            "The platform no longer offers the package “%s”. Customers who "
            "have it keep it; new ones cannot get it. Choose another package, "
            "or archive the product.",
            product.sva_package_id.name,
        )

    def _responsible(self):
        integration = self.sva_integration_id
        people = integration.user_id
        if "responsible_id" in self._fields:  # with Odoo's inventory
            people = self.with_company(integration.company_id).responsible_id | people
        return self._responsible_among(people, integration.company_id)

    @on_one_record
    def action_view_sva_users(self):
        """Open the SVA users who have this product."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_action"
        )
        return {**action, "domain": [("product_id.product_tmpl_id", "=", self.id)]}

    @on_one_record
    def action_fetch_sva_packages(self):
        """Fetch the catalogue of the product's integration.

        :return: a dict of ``available``: how many packages there are now
        :raises UserError: the product has no integration, or the platform does not
            answer as it should
        """
        if not self.sva_integration_id:
            raise RefusedError(
                self.env._(
                    "Choose the SVA integration first, then fetch its packages."
                ),
                "no_integration",
                self,
            )
        return self.sva_integration_id.action_fetch_packages()

    def button_fetch_sva_packages(self):
        """The same for the web client, which shows how many there are."""
        found = self.action_fetch_sva_packages()
        return self.sva_integration_id._packages_notification(found)
