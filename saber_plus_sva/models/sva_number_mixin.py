# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""CPF and phone are stored in one form, and found however they are typed."""

from odoo import api, models
from odoo.fields import Domain

from ..rules.registration import typed_digits, typed_phone

#: the operators of what people type
TYPED = frozenset({"like", "ilike"})


class SvaNumberMixin(models.AbstractModel):
    """For models that store a CPF as digits, and a phone number in E.164.

    Such fields name one of these as their ``search``.
    """

    _name = "sva.number.mixin"
    _description = "SVA Numbers as They Are Typed"

    @api.model
    def _search_cpf_cnpj(self, operator, value):
        return self._search_number("cpf_cnpj", typed_digits, operator, value)

    @api.model
    def _search_phone(self, operator, value):
        return self._search_number("phone", typed_phone, operator, value)

    @api.model
    def _search_number(self, name, clean, operator, value):
        """Search a stored number; what can be no part of one finds nothing.

        :param name: the field
        :param clean: gives the digits of what was typed, none where it is no number
        """
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        if operator not in TYPED or not value:
            return Domain(name, operator, value)
        digits = clean(str(value))
        return Domain(name, "like", digits) if digits else Domain.FALSE
