# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a platform needs to know of a customer."""

from collections import Counter

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.contract_access.remote import on_one_record
from odoo.addons.phone_validation.models.mail_thread_phone import PHONE_REGEX_PATTERN

from ..exceptions import RedirectValidationError
from ..rules.registration import (
    InvalidCpf,
    InvalidPhone,
    clean_cpf,
    clean_mobile,
    format_phone,
    format_registration_number,
    typed_digits,
    typed_phone,
)
from .sva_number_mixin import TYPED

#: a trigram index knows no shorter pieces of a number
SHORTEST_PIECE = 3


class ResPartner(models.Model):
    _inherit = "res.partner"

    vat = fields.Char(search="_search_vat")
    sva_user_count = fields.Integer(
        string="SVA Users",
        compute="_compute_sva_user_count",
        groups="saber_plus_sva.group_sva_user",
    )

    # platform's users are matched with customers by CPF, a page at a time
    _sva_cpf = models.Index(
        "(regexp_replace(vat, '\\D', '', 'g')) WHERE vat IS NOT NULL"
    )
    # and found by a piece of it
    _sva_cpf_piece = models.Index(
        lambda registry: (
            registry.has_trigram
            and "USING gin (regexp_replace(vat, '\\D', '', 'g') gin_trgm_ops)"
            " WHERE vat IS NOT NULL"
        )
    )

    def _compute_display_name(self):
        """Show a CPF or CNPJ beside the name with its punctuation."""
        super()._compute_display_name()
        if not self.env.context.get("show_vat"):
            return
        for partner in self:
            name, number = partner.display_name or "", partner.vat
            if number and name.endswith(number):
                partner.display_name = name.removesuffix(
                    number
                ) + format_registration_number(number)

    @api.model
    def _search_vat(self, operator, value):
        """Find a CPF or CNPJ by its digits, with whatever punctuation."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        digits = typed_digits(str(value)) if operator in TYPED else ""
        if not digits:
            return Domain("vat", operator, value)
        return self._sva_with_digits("vat", r"\D", digits)

    @api.model
    def _search_display_name(self, operator, value):
        domain = super()._search_display_name(operator, value)
        digits = typed_phone(value) if operator in TYPED and value else ""
        if len(digits) < SHORTEST_PIECE:
            return domain
        return Domain.OR(
            [
                domain,
                *(
                    self._sva_with_digits(name, PHONE_REGEX_PATTERN, digits)
                    for name in self._phone_get_number_fields()
                    if name in self._fields and self._fields[name].store
                ),
            ]
        )

    @api.model
    def _sva_with_digits(self, name, pattern, digits):
        """The customers with these digits in a number.

        By a subquery, so that its index serves beside other alternatives, too.

        :param name: the field
        :param pattern: what is no part of the number, as in the field's index
        """
        query = SQL(
            "(SELECT id FROM res_partner WHERE %(column)s IS NOT NULL"
            " AND regexp_replace(%(column)s, %(pattern)s, '', 'g') LIKE %(piece)s)",
            column=SQL.identifier(name, to_flush=self._fields[name]),
            pattern=pattern,
            piece=f"%{digits}%",
        )
        return Domain("id", "in", query)

    def _compute_sva_user_count(self):
        customers = self.with_context(active_test=False).search_fetch(
            [("id", "child_of", self.ids)], ["parent_id"]
        )
        counts = self.env["sva.user"]._read_group(
            [("partner_id", "in", customers.ids)], ["partner_id"], ["__count"]
        )
        totals = Counter()
        for customer, count in counts:
            while customer:
                totals[customer] += count
                customer = customer.parent_id
        for partner in self:
            partner.sva_user_count = totals[partner._origin]

    @on_one_record
    def action_view_sva_users(self):
        """Open the SVA users of this customer and of its contacts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_action"
        )
        return {**action, "domain": [("partner_id", "child_of", self.id)]}

    def _sva_registration_data(self):
        """Name, CPF and mobile phone of a customer, as a platform takes them.

        What is not valid is returned as it stands, for the message that says so.

        :return: a dict of ``name``, ``cpf_cnpj`` (digits) and ``phone`` (E.164), each
            False where the registration does not have it
        """
        number = self.vat or self.commercial_partner_id.vat
        try:
            number = number and clean_cpf(number)
        except InvalidCpf:
            number = number.strip()
        # OCA's partner_mobile brings back the field that Odoo 19 no longer has
        phone = ("mobile" in self._fields and self.mobile) or self.phone
        try:
            phone = phone and clean_mobile(phone, self._sva_country_codes())
        except InvalidPhone:
            phone = phone.strip()
        return {
            # a platform may keep no second blank, and would differ for ever
            "name": self.name and " ".join(self.name.split()),
            "cpf_cnpj": number or False,
            "phone": phone or False,
        }

    def _sva_phone_shown(self):
        """The phone as people write it, for the customer to read."""
        return format_phone(self.phone, self._sva_country_codes())

    def _sva_incomplete(self, message, code="registration_incomplete"):
        """What to raise where the registration is not what a platform takes.

        :param message: what is wrong with it
        :param code: the same for programs
        :return: an error with a button that opens the registration
        """
        action = {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [[False, "form"]],
        }
        button = self.env._("Open the registration")
        return RedirectValidationError(message, code, self, action, button)

    def _sva_country_codes(self):
        """The countries that a phone number without “+” may be in.

        :return: ISO codes: the customer's, or else the company's; then Brazil's,
            because whoever has a CPF is likely to have a phone there
        """
        own = self.country_id or (self.company_id or self.env.company).country_id
        return [code for code in (own.code, "BR") if code]
