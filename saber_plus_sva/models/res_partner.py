# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a platform needs to know of a customer."""

from odoo import models

from ..tools.registration import InvalidCpf, InvalidPhone, clean_cpf, clean_mobile


class ResPartner(models.Model):
    _inherit = "res.partner"

    # platform's users are matched with customers by CPF, a page at a time
    _sva_cpf = models.Index(
        "(regexp_replace(vat, '\\D', '', 'g')) WHERE vat IS NOT NULL"
    )

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
        return {"name": self.name, "cpf_cnpj": number or False, "phone": phone or False}

    def _sva_country_codes(self):
        """The countries that a phone number without “+” may be in.

        :return: ISO codes: the customer's, or else the company's; then Brazil's,
            because whoever has a CPF is likely to have a phone there
        """
        own = self.country_id or (self.company_id or self.env.company).country_id
        return [code for code in (own.code, "BR") if code]
