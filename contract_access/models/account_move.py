# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""An invoice that is settled releases its contract at once."""

from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _compute_payment_state(self):
        # Whatever settles an invoice (payment, reconciliation, credit note, write-off,
        # cancellation, reset to draft) comes through here, and nothing else does.
        result = super()._compute_payment_state()
        invoices = self.filtered(
            lambda move: move._origin and move.move_type == "out_invoice"
        )
        if invoices:
            self.env["contract.dunning"]._look_at_debt_soon(invoices._origin)
        return result
