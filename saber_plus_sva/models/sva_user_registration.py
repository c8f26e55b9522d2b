# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What has changed in a customer's registration since the SVA user was created."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import on_records
from odoo.addons.contract_access.transaction import touch

from ..rules.registration import (
    InvalidCpf,
    InvalidPhone,
    clean_cpf,
    clean_mobile,
    format_phone,
)
from .sva_sync_mixin import TECHNICIANS


class SvaUser(models.Model):
    _inherit = "sva.user"

    registration_differs = fields.Boolean(
        string="Registration Changed",
        compute="_compute_registration_differs",
        store=True,
        help="The customer's registration has another name or mobile phone by now.",
    )
    registration_changes = fields.Char(
        string="New Registration Data",
        compute="_compute_registration_changes",
        compute_sudo=True,
        help="What the customer's registration says instead.",
    )
    registration_phone = fields.Char(
        compute="_compute_registration_phone",
        store=True,
        groups=TECHNICIANS,
        help="What the registration said when the phone was last set here.",
    )
    cpf_differs = fields.Boolean(
        string="CPF Changed",
        compute="_compute_cpf_differs",
        compute_sudo=True,
        help="The customer's registration has another CPF by now.",
    )

    def _registration_sources(self):
        """What decides whether the registration differs from the user."""
        customer = ["name", "phone", "country_id"]
        if "mobile" in self.env["res.partner"]._fields:
            customer.append("mobile")
        return [
            "use_partner_data",
            "name",
            "phone",
            "registration_phone",
            *(f"partner_id.{name}" for name in customer),
        ]

    @api.depends(lambda self: self._registration_sources())
    def _compute_registration_differs(self):
        for user in self:
            user.registration_differs = bool(user._changed_registration())

    @api.depends("registration_differs")
    def _compute_registration_changes(self):
        for user in self:
            changes = user._changed_registration()
            if phone := changes.get("phone"):
                countries = user.partner_id._sva_country_codes()
                changes["phone"] = format_phone(phone, countries)
            user.registration_changes = ", ".join(changes.values()) or False

    @api.depends("use_partner_data")
    def _compute_registration_phone(self):
        # not dependent on the customer's phone, nor on the contract: see write
        for user in self:
            data = user.partner_id._sva_registration_data()
            user.registration_phone = data["phone"]

    @api.depends(
        "use_partner_data",
        "cpf_cnpj",
        "partner_id.vat",
        "partner_id.commercial_partner_id.vat",
    )
    def _compute_cpf_differs(self):
        for user in self:
            number = user.partner_id._sva_registration_data()["cpf_cnpj"] or ""
            try:
                differs = clean_cpf(number) != user.cpf_cnpj
            except InvalidCpf:
                differs = False
            user.cpf_differs = user.use_partner_data and differs

    def _changed_registration(self):
        """What the platform should have instead, as far as it would take it.

        :return: a dict of ``name`` and ``phone``, each only where it differs
        """
        if not self.use_partner_data:
            return {}
        partner = self.partner_id
        data = partner._sva_registration_data()
        try:
            clean_mobile(data["phone"] or "", partner._sva_country_codes())
        except InvalidPhone:
            data["phone"] = False
        known = {
            "name": (self.name,),
            # whoever has set another phone knew what the registration said
            "phone": (self.phone, self.registration_phone),
        }
        return {
            name: data[name]
            for name, values in known.items()
            if data[name] and data[name] not in values
        }

    @api.model_create_multi
    def create(self, vals_list):
        users = super().create(vals_list)
        users._touch_registration()
        return users

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(("name", "phone", "use_partner_data")):
            self._touch_registration()
        return result

    def _touch_registration(self):
        """Who changes the registration at this moment has to see these users."""
        # what it says now, not when that is read
        self._recompute_recordset(["registration_phone"])
        # sudo: whoever changes a user need not be allowed to change the customer
        touch(self.sudo().partner_id)

    @on_records
    def action_take_registration(self):
        """Give the users the name and the phone that their customers have by now.

        :return: True
        """
        self.check_access("write")
        # sudo: the name is otherwise fixed once the user exists
        for user in self.sudo().with_context(sva_registration=True):
            if changes := user._changed_registration():
                user.write(changes)
                user._note(user.env._("SVA user (%s): registration taken over."))
        return True
