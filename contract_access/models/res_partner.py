# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A corrected address gets the notice that did not arrive."""

from odoo import models

from ..remote import check_values


class ResPartner(models.Model):
    _inherit = "res.partner"

    def write(self, vals):
        check_values(self.env, vals)
        if "email" not in vals:
            return super().write(vals)
        before = {partner: partner.email_normalized for partner in self}
        result = super().write(vals)
        changed = self.filtered(
            lambda partner: partner.email_normalized != before[partner]
        )
        # sudo: the daily action gives it anew, whoever has corrected the address
        notices = self.env["contract.notice"].sudo()
        notices._undelivered_to(changed).line_ids._end()
        return result
