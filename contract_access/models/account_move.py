# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An invoice that is settled releases its contract at once; a disputed one too."""

from odoo import fields, models

from ..remote import check_values
from .contract_contract_credit_note import CREDIT_NOTE

#: what may settle a debt: the invoice itself, a credit note, a payment's entry
SETTLES = ("out_invoice", "out_receipt", "out_refund", "entry")


class AccountMove(models.Model):
    _inherit = "account.move"

    is_disputed = fields.Boolean(
        string="Disputed",
        copy=False,
        tracking=True,
        help="The customer disputes this invoice. Until that is decided it leads to no "
        "notice, block or termination; after that it begins with a new notice.",
    )
    dispute_reason = fields.Char(copy=False, tracking=True)
    disputed_on = fields.Date(readonly=True, copy=False)
    # of a credit note: its invoice was made anew
    is_replaced = fields.Boolean(readonly=True, copy=False)

    _dispute_has_reason = models.Constraint(
        "CHECK (is_disputed IS NOT TRUE OR dispute_reason IS NOT NULL)",
        "Say why the invoice is disputed, in a few words.",
    )

    def _credit_notes(self):
        """The credit notes of these invoices that give something back."""
        return self.reversal_move_ids.filtered(
            lambda note: note.state != "cancel" and not note._is_undone()
        )

    def _given_back_out_of_goodwill(self, lines):
        """The posted rows that give something of these contract lines back, no days."""
        notes = self._credit_notes().filtered(lambda note: note.state == "posted")
        return notes.invoice_line_ids.filtered(
            lambda row: (
                row.contract_line_id in lines
                and not row.price_difference
                and not row._charge()
            )
        )

    def _is_undone(self):
        """Whether it is a credit note that was reversed, or what reverses one."""
        return self.reversed_entry_id.move_type == "out_refund" or (
            self.move_type == "out_refund"
            and "posted" in self.reversal_move_ids.mapped("state")
        )

    def _cancel_drafts(self):
        """Cancel those of these credit notes that accounting has not posted.

        :return: those that it has, and that give something back
        """
        drafts = self.filtered(lambda note: note.state == "draft")
        drafts.button_cancel()
        drafts.activity_unlink([CREDIT_NOTE])
        return self.filtered(
            lambda note: note.state == "posted" and not note._is_undone()
        )

    def _reverse_moves(self, default_values_list=None, cancel=False):
        notes = super()._reverse_moves(default_values_list, cancel)
        if cancel:
            notes.filtered(lambda note: note.move_type == "out_refund").write(
                {"is_replaced": True}
            )
        return notes

    def write(self, vals):
        check_values(self.env, vals)
        disputed = self.browse()
        if vals.get("is_disputed"):
            disputed = self.filtered(lambda move: not move.is_disputed)
        result = super().write(vals)
        for company, moves in disputed.grouped("company_id").items():
            super(AccountMove, moves).write({"disputed_on": company._today()})
        if disputed:
            # sudo: what was said of them does not count once the dispute is decided
            notices = self.env["contract.notice.line"].sudo()
            notices.search([("invoice_id", "in", disputed.ids)])._end()
            self.env["contract.dunning"]._look_at_debt_soon(disputed)
        return result

    def _compute_payment_state(self):
        # Whatever settles an invoice (payment, reconciliation, credit note, write-off,
        # cancellation, reset to draft) comes through here, and nothing else does.
        result = super()._compute_payment_state()
        moves = self.filtered(
            lambda move: (
                move._origin
                and move.move_type in SETTLES
                # a draft that never counted settles nothing
                and (move.state != "draft" or move.posted_before)
            )
        )
        if moves:
            self.env["contract.dunning"]._look_at_debt_soon(moves._origin)
        return result
