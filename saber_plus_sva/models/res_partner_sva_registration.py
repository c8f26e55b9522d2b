# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whoever changes a registration is told that the platform still has the former one."""

from odoo import fields, models

from odoo.addons.contract_access.remote import on_records

from .product_template import FRONT_DESK


class ResPartner(models.Model):
    _inherit = "res.partner"

    sva_registration_differs = fields.Boolean(
        compute="_compute_sva_registration_differs",
        groups=FRONT_DESK,
        help="The customer's SVA users still have the former name or phone.",
    )

    def _compute_sva_registration_differs(self):
        outdated = self._sva_outdated_users().partner_id
        for partner in self:
            partner.sva_registration_differs = partner._origin in outdated

    def _sva_outdated_users(self):
        return self.env["sva.user"].search(
            [("partner_id", "in", self.ids), ("registration_differs", "=", True)]
        )

    @on_records
    def action_take_sva_registration(self):
        """Give the customers' SVA users the name and the phone of the registration.

        :return: True
        """
        outdated = self._sva_outdated_users()
        # somebody else may have pressed the button
        return outdated.action_take_registration() if outdated else True
