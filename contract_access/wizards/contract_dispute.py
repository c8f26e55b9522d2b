# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which of a contract's open invoices the customer disputes."""

from odoo import Command, api, fields, models

from ..exceptions import RefusedError
from ..remote import on_one_record


class ContractDispute(models.TransientModel):
    """Shows the open invoices of a contract to people without accounting rights."""

    _name = "contract.dispute"
    _description = "Disputed Invoices"
    _inherit = "write.guard.mixin"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    reason = fields.Char(help="What the customer objects to.")
    line_ids = fields.One2many(
        comodel_name="contract.dispute.line", inverse_name="dispute_id"
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"reason", "line_ids"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_id"}

    @api.model_create_multi
    def create(self, vals_list):
        disputes = super().create(vals_list)
        for dispute in disputes:
            dispute.contract_id.check_access("write")
            # sudo: open invoices, for people who may not open them
            invoices = dispute.sudo()._open_invoices()
            dispute.sudo().line_ids = [
                Command.create(
                    {
                        "invoice_id": invoice.id,
                        "is_disputed": invoice.is_disputed,
                        "was_disputed": invoice.is_disputed,
                    }
                )
                for invoice in invoices
            ]
        return disputes

    def _open_invoices(self):
        open_ones = self.contract_id._invoices_that_count().filtered(
            lambda invoice: invoice.amount_residual > 0
        )
        return open_ones.sorted("invoice_date_due")

    @on_one_record
    def action_confirm(self):
        """Take what was chosen as disputed, and what is not chosen any more as not.

        What somebody else has said of the others since the dialog was opened stays.

        :return: the action that closes the dialog
        :raises UserError: there is no reason for a new dispute
        """
        self.contract_id.check_access("write")
        # sudo: this switch of an invoice is for people at the counter, too
        lines = self.sudo().line_ids
        changed = lines.filtered(lambda row: row.is_disputed != row.was_disputed)
        chosen = changed.filtered("is_disputed").invoice_id
        new = chosen.filtered(lambda invoice: not invoice.is_disputed)
        decided = (changed.invoice_id - chosen).filtered("is_disputed")
        reason = (self.reason or "").strip()
        if new and not reason:
            raise RefusedError(
                self.env._("Say why, in a few words."), "field_missing", self
            )
        new.write({"is_disputed": True, "dispute_reason": reason})
        decided.write({"is_disputed": False})
        return {"type": "ir.actions.act_window_close"}


class ContractDisputeLine(models.TransientModel):
    """One open invoice."""

    _name = "contract.dispute.line"
    _description = "Disputed Invoice"
    _inherit = "write.guard.mixin"

    dispute_id = fields.Many2one(
        comodel_name="contract.dispute",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    invoice_id = fields.Many2one(
        comodel_name="account.move", required=True, readonly=True, ondelete="cascade"
    )
    # sudo: what stands on the customer's invoice, for people who may not open it
    name = fields.Char(related="invoice_id.name", string="Number", related_sudo=True)
    due_date = fields.Date(related="invoice_id.invoice_date_due", related_sudo=True)
    currency_id = fields.Many2one(related="invoice_id.currency_id", related_sudo=True)
    amount = fields.Monetary(
        related="invoice_id.amount_residual", string="Open", related_sudo=True
    )
    is_disputed = fields.Boolean(string="Disputed")
    was_disputed = fields.Boolean(readonly=True)

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"is_disputed"}

    @api.model
    def _open_to_create(self):
        return frozenset()
