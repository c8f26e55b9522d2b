# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A corrected telephone gets the notice that did not arrive."""

import phonenumbers

from odoo import models

from odoo.addons.contract_access.remote import check_values


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        check_values(self.env, vals)
        if {"phone", "mobile"}.isdisjoint(vals):
            return super().write(vals)
        before = {partner: partner._sms_number() for partner in self}
        result = super().write(vals)
        changed = self.filtered(lambda row: row._sms_number() != before[row])
        # sudo: the daily action gives it anew, whoever has corrected the number
        notices = self.env["contract.notice"].sudo()._undelivered_to(changed)
        notices.filtered(lambda row: row._goes_by_sms()).line_ids._end()
        return result

    def _sms_number(self):
        """The number that this person gets an SMS at; a landline gets none."""
        # OCA's partner_mobile brings back the field that Odoo 19 no longer has
        names = [name for name in ("mobile", "phone") if name in self._fields]
        for number in filter(None, map(self._phone_format, names)):
            kind = phonenumbers.number_type(phonenumbers.parse(number))
            if kind != phonenumbers.PhoneNumberType.FIXED_LINE:
                return number
        return False
