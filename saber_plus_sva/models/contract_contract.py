# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract: what decides the access of its SVA users."""

from odoo import api, fields, models

from ..sync.state import line_phase

#: the access that a new contract begins with; under any other status it has none
ACCESS_OF_NEW = {"pre_contract": "awaiting_signature", "active": "active"}


class ContractContract(models.Model):
    _inherit = "contract.contract"

    contract_status = fields.Selection(
        selection=[
            ("pre_contract", "Pre-contract"),
            ("active", "Active"),
            ("inactive", "Inactive"),
            ("blacklisted", "Blacklisted"),
            ("withdrawn", "Withdrawn"),
        ],
        default="active",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    access_status = fields.Selection(
        selection=[
            ("awaiting_signature", "Awaiting signature"),
            ("active", "Active"),
            ("overdue", "Overdue"),
            ("auto_blocked", "Blocked automatically"),
            ("manually_blocked", "Blocked manually"),
            ("disabled", "Disabled"),
        ],
        default="active",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    sva_user_ids = fields.One2many(
        comodel_name="sva.user", inverse_name="contract_id", string="SVA Users"
    )
    has_sva_line = fields.Boolean(compute="_compute_has_sva_line")

    @api.depends("contract_line_ids.service_type")
    def _compute_has_sva_line(self):
        for contract in self:
            types = contract.contract_line_ids.mapped("service_type")
            contract.has_sva_line = "sva" in types

    @api.model_create_multi
    def create(self, vals_list):
        default = self.default_get(["contract_status"]).get("contract_status")
        for vals in vals_list:
            status = vals.get("contract_status", default)
            vals.setdefault("access_status", ACCESS_OF_NEW.get(status, "disabled"))
        return super().create(vals_list)

    def action_new_sva_user(self):
        """Open the form of a new SVA user for this contract."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New SVA User"),
            "res_model": "sva.user",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_id": self.id},
        }

    def _sva_line_phase(self, product):
        """Where the lines that sell a product stand today.

        :return: a :class:`..sync.state.LinePhase`
        """
        self.ensure_one()
        return line_phase(
            (
                (line.date_start, line.date_end)
                for line in self.contract_line_ids
                if line.product_id == product and not line.is_canceled
            ),
            self._sva_today(),
        )

    def _sva_today(self):
        """Today where the company is, whoever is asking from wherever."""
        zone = self.company_id.partner_id.tz or self.env.user.tz or "America/Sao_Paulo"
        return fields.Date.context_today(self.with_context(tz=zone))

    def _sva_label(self, name):
        """The label of a selection field's value, in the user's language."""
        return dict(self._fields[name]._description_selection(self.env))[self[name]]
