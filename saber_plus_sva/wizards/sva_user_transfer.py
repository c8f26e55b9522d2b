# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which contract an SVA user is transferred to."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import on_one_record


class SvaUserTransfer(models.TransientModel):
    """Asks for the contract, and for the product where it sells several."""

    _name = "sva.user.transfer"
    _description = "SVA User Transfer"
    _inherit = "write.guard.mixin"

    sva_user_id = fields.Many2one(
        comodel_name="sva.user",
        string="SVA User",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    source_id = fields.Many2one(
        related="sva_user_id.contract_id", string="From the Contract"
    )
    partner_id = fields.Many2one(related="sva_user_id.partner_id")
    company_id = fields.Many2one(related="sva_user_id.company_id")
    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        string="To the Contract",
        required=True,
        domain="[('company_id', '=', company_id), ('contract_type', '=', 'sale'),"
        " ('contract_status', 'in', ('active', 'pre_contract')),"
        " ('id', '!=', source_id)]",
    )
    allowed_product_ids = fields.Many2many(
        comodel_name="product.product",
        compute="_compute_allowed_product_ids",
        # customers keep what is no longer sold to others
        context={"active_test": False},
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        required=True,
        domain="[('id', 'in', allowed_product_ids)]",
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"contract_id", "product_id"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"sva_user_id"}

    @api.depends("contract_id", "sva_user_id")
    def _compute_allowed_product_ids(self):
        for wizard in self:
            wizard.allowed_product_ids = wizard.contract_id._sva_products_left(
                wizard.sva_user_id.integration_id
            )

    @api.depends("allowed_product_ids")
    def _compute_product_id(self):
        for wizard in self:
            sold, user = wizard.allowed_product_ids._origin, wizard.sva_user_id
            wizard.product_id = sold._sva_choose(user.product_id, user.package_id.code)

    @on_one_record
    def action_new_user(self):
        """Open the form of a new SVA user for another person than the customer.

        :return: a window action
        """
        return self.contract_id._sva_new_user(default_use_partner_data=False)

    @on_one_record
    def action_transfer(self):
        """Transfer the user, and show it."""
        self.sva_user_id.action_transfer(self.contract_id.id, self.product_id.id)
        return {
            "type": "ir.actions.act_window",
            "res_model": "sva.user",
            "res_id": self.sva_user_id.id,
            "view_mode": "form",
        }
