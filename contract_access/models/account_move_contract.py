# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An invoice that no contract has made may still be a contract's debt."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .write_guard_mixin import chosen_id


class AccountMove(models.Model):
    _inherit = "account.move"

    dunning_contract_id = fields.Many2one(
        comodel_name="contract.contract",
        string="Contract",
        domain="[('contract_type', '=', 'sale'), ('company_id', '=', company_id),"
        " '|', ('partner_id.commercial_partner_id', '=', commercial_partner_id),"
        " ('invoice_partner_id.commercial_partner_id', '=', commercial_partner_id)]",
        ondelete="restrict",
        index="btree_not_null",
        tracking=True,
        help="The contract that this invoice is a debt of, where no line of it is sold "
        "by one. While it is overdue, notices, blocks and terminations follow.",
    )

    @api.constrains("dunning_contract_id", "company_id", "partner_id")
    def _check_dunning_contract(self):
        # sudo: whose the contract is, for people who see some companies only
        for move in self.sudo().filtered("dunning_contract_id"):
            # a credit note has what its invoice had, whoever has the contract now
            if move.move_type != "out_refund" and not move._fits_dunning_contract():
                raise ValidationError(
                    self.env._(
                        "The contract “%s” is not of this invoice's customer and "
                        "company.",
                        move.dunning_contract_id.display_name,
                    )
                )

    def _fits_dunning_contract(self):
        contract = self.dunning_contract_id
        people = contract.partner_id | contract.invoice_partner_id
        return (
            contract.contract_type == "sale"
            and contract.company_id == self.company_id
            and self.commercial_partner_id in people.commercial_partner_id
        )

    @api.onchange("partner_id", "company_id")
    def _onchange_dunning_contract(self):
        # sudo: as above
        if self.dunning_contract_id and not self.sudo()._fits_dunning_contract():
            self.dunning_contract_id = False

    def _check_chosen_contract(self, *vals_list):
        """Refuse a contract that somebody chooses and may not read."""
        ids = {chosen_id(vals.get("dunning_contract_id")) for vals in vals_list}
        contracts = self.env["contract.contract"].browse(ids - {None})
        # without one, whoever makes invoices need know nothing of contracts
        if contracts and not self.env.su:
            contracts.check_access("read")

    @api.model_create_multi
    def create(self, vals_list):
        self._check_chosen_contract(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        if "dunning_contract_id" not in vals:
            return super().write(vals)
        self._check_chosen_contract(vals)
        # sudo: contracts that it no longer counts for, whoever may read them
        before = self.sudo().dunning_contract_id
        result = super().write(vals)
        self.env["contract.dunning"]._look_at_debt_soon(self, before)
        return result
