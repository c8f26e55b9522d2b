# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a line sells, and for how much; inherited by the contract's own lines."""

from datetime import date

from odoo import api, fields, models

from odoo.addons.contract_access.exceptions import InvalidError
from odoo.addons.contract_access.remote import check_values
from odoo.addons.contract_access.transaction import touch

#: what providers are taxed differently on
SERVICE_TYPES = [
    ("internet", "Internet"),
    ("telephony", "Telephony"),
    ("tv", "TV"),
    ("service", "Service"),
    ("sva", "SVA"),
]
#: what decides which lines sell the same platform at the same time
RIVAL_FIELDS = frozenset(
    {
        "contract_id",
        "product_id",
        "service_type",
        "date_start",
        "date_end",
        "is_auto_renew",
        "is_canceled",
    }
)
#: the key of the context that holds the :class:`KnownRivals`
KNOWN = "sva_known_rivals"


class KnownRivals:
    """The lines that are written together, and looked at when all of them are."""

    def __init__(self):
        #: by line, the rivals that it had before it was written first
        self.of = {}


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
    # a line begins as a service: there the product decides, and the type follows it
    product_id = fields.Many2one(
        domain="[('active', '=', True), ('is_sva', 'in', [service_type == 'sva',"
        " service_type in ('sva', 'service')])]"
    )
    specific_price = fields.Float(
        compute="_compute_specific_price", store=True, readonly=False, precompute=True
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"service_type"}

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_sva_rivals(lines._inherited_sva_rivals())
        return lines

    def write(self, vals):
        check_values(self.env, vals)
        if not RIVAL_FIELDS & vals.keys():
            return super().write(vals)
        before = self._sva_rivals()
        known = self.env.context.get(KNOWN)
        # a program may give a context, too
        if isinstance(known, KnownRivals):
            for line in self:
                known.of.setdefault(line, before.get(line, self.browse()))
            return super().write(vals)
        result = super().write(vals)
        self._check_sva_rivals(before)
        return result

    @api.depends("product_id.is_sva")
    def _compute_service_type(self):
        for line in self:
            product = line.product_id
            kind = product and product.product_tmpl_id._invoice_service_type()
            if not kind and not (product and line.service_type == "sva"):
                kind = line.service_type
            line.service_type = kind or "service"

    @api.depends("product_id")
    def _compute_specific_price(self):
        """The price of the day on which the product is chosen, by the price list.

        From then on it is what was agreed. OCA's automatic price is for lines that
        are to follow the price list.
        """
        sold = self.filtered(lambda line: line.product_id and line._is_sold())
        for line in self - sold:
            line.specific_price = line.specific_price
        for key, lines in sold.grouped(lambda line: line._price_key()).items():
            pricelist, currency, company, uom, quantity = key
            pricelist = pricelist.with_company(company)
            products = lines.product_id.with_company(company)
            prices = pricelist._get_products_price(products, quantity, uom=uom)
            given_in = pricelist.currency_id or company.currency_id
            for line in lines:
                line.specific_price = given_in._convert(
                    prices[line.product_id.id], currency, company, round=False
                )

    def _is_sold(self):
        return self.contract_id.contract_type != "purchase"

    def _price_key(self):
        """What a product's price depends on: lines that share it are priced at once."""
        contract = self.contract_id
        company = contract.company_id or self.env.company
        partner = contract.partner_id.with_company(company)
        return (
            contract.pricelist_id or partner.property_product_pricelist,
            self.currency_id or company.currency_id,
            company,
            self.uom_id or self.product_id.uom_id,
            self.quantity,
        )

    @api.onchange("service_type")
    def _onchange_service_type(self):
        if self.product_id and self.product_id.is_sva != (self.service_type == "sva"):
            self.product_id = False

    @api.onchange("product_id", "price_unit")
    def _onchange_free_sva(self):
        if self.product_id.is_sva and self._is_sold() and not self.price_unit:
            return {
                "warning": {
                    "title": self.env._("Free of charge?"),
                    "message": self.env._(
                        "The line sells “%s” at no charge. Enter its price, or leave "
                        "0 if it is to be free of charge.",
                        self.product_id.display_name,
                    ),
                }
            }

    def _sva_rivals(self):
        """The lines that sell the same platform on the same contract at the same time.

        :return: those of each of these lines that has any
        """
        lines = self.with_context(active_test=False).search(
            [
                ("contract_id", "in", self.contract_id.ids),
                ("service_type", "=", "sva"),
                ("is_canceled", "=", False),
                ("contract_id.contract_type", "!=", "purchase"),
            ]
        )
        rivals = {}
        for (_contract, integration), group in lines.grouped(
            lambda line: (line.contract_id, line.product_id.sva_integration_id)
        ).items():
            for line in group & self if integration else ():
                start, end = line._sva_period()
                others = (group - line).filtered(
                    lambda other, start=start, end=end: (
                        other._sva_period()[0] <= end
                        and start <= other._sva_period()[1]
                    )
                )
                if others:
                    rivals[line] = others
        return rivals

    def _sva_period(self):
        """First and last day; a line that renews itself goes on."""
        end = not self.is_auto_renew and self.date_end
        return self.date_start or date.min, end or date.max

    def _inherited_sva_rivals(self):
        """The rivals that new lines have for being what they are."""
        return {}

    def _check_sva_rivals(self, known):
        """Of a platform's packages a customer can use one at a time.

        :param known: the rivals that the lines have had; a base that had some before
            they were refused can still be worked on, terminated and renewed
        :raises ValidationError: a line has a rival that it did not have
        """
        # of two who add a line, or end one beside whoever counts on it, one looks again
        touch(self.contract_id)
        sva = self.filtered(lambda line: line.service_type == "sva")
        for line, others in sva._sva_rivals().items():
            other = (others - known.get(line, self.browse()))[:1]
            if other:
                # sudo: whoever sells need not know the platforms, but for the name
                platform = line.product_id.sva_integration_id.sudo().display_name
                raise InvalidError(
                    self.env._(
                        "“%(product)s” cannot be sold together with “%(other)s”: a "
                        "customer has one package of %(platform)s at a time. Change "
                        "the product of the existing line, or end it before the new "
                        "one starts.",
                        product=line.product_id.display_name,
                        other=other.product_id.display_name,
                        platform=platform,
                    ),
                    "second_package",
                    other,
                )

    @api.constrains("service_type", "product_id")
    def _check_service_type(self):
        for line in self:
            product = line.product_id
            if line.service_type == "sva" and not product.is_sva:
                raise InvalidError(
                    self.env._(
                        "“%s” cannot be sold as SVA: it has no SVA package. Choose one "
                        "on the product's SVA tab.",
                        product.display_name or line.name,
                    ),
                    "no_package",
                    product,
                )
            if product.is_sva and line.service_type != "sva":
                raise InvalidError(
                    self.env._(
                        "“%s” has an SVA package, so its line must be of the type SVA.",
                        product.display_name,
                    ),
                    "wrong_service_type",
                    product,
                )
