# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a notice said was open, as it was on that day."""

from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import SQL


class ContractNoticeLine(models.Model):
    """A due date of an invoice in a notice.

    It stands for the invoice and the date, not for the entry: that is made anew where
    an invoice is a draft again, and the notice still stands. It ends where the debt is
    settled or disputed, or the contract's is too little to count; what is open after
    that needs a new notice.
    """

    _name = "contract.notice.line"
    _description = "Contract Notice Line"
    _inherit = "write.guard.mixin"
    _order = "due_date, id"
    _rec_name = "name"

    notice_id = fields.Many2one(
        comodel_name="contract.notice",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="notice_id.company_id", store=True)
    invoice_id = fields.Many2one(
        comodel_name="account.move", readonly=True, ondelete="set null", index=True
    )
    name = fields.Char(string="Number", required=True, readonly=True)
    month = fields.Date(readonly=True, help="The month that the invoice is of.")
    due_date = fields.Date(required=True, readonly=True)
    currency_id = fields.Many2one(related="notice_id.currency_id")
    amount = fields.Monetary(string="Open", required=True, readonly=True)
    ended_on = fields.Date(
        readonly=True, help="When the debt was settled or disputed, as known here."
    )

    @api.model
    def _commands(self, dues):
        """The lines of a new notice.

        :param dues: see :meth:`contract.dunning._open_dues`
        """
        # sudo: what is named of an invoice, by people who may not open it
        invoices = self.env["account.move"].sudo()
        invoices.browse([invoice for invoice, *_due in dues]).fetch(
            ["name", "invoice_date"]
        )
        return [
            Command.create(
                {
                    "invoice_id": invoice_id,
                    "name": invoices.browse(invoice_id).name,
                    # an entry has none, and may be of years ago
                    "month": invoices.browse(invoice_id).invoice_date or due_date,
                    "due_date": due_date,
                    "amount": amount,
                }
            )
            for invoice_id, due_date, amount in dues
        ]

    @api.model
    def _end_settled(self, invoices):
        """What these invoices no longer owe is over; owed again, it is a new debt.

        A draft is being corrected, and settles nothing.
        """
        if not invoices:
            return
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT named.id
                  FROM contract_notice_line AS named
                  JOIN contract_notice AS notice ON notice.id = named.notice_id
                  JOIN contract_contract AS contract ON contract.id = notice.contract_id
             LEFT JOIN res_partner AS payer ON payer.id = contract.invoice_partner_id
                  JOIN account_move AS invoice ON invoice.id = named.invoice_id
                 WHERE named.ended_on IS NULL
                   AND invoice.id IN %s
                   AND invoice.state != 'draft'
                   AND NOT (
                        invoice.state = 'posted'
                        AND invoice.payment_state
                            NOT IN ('in_payment', 'paid', 'reversed')
                        AND EXISTS (
                            SELECT FROM account_move_line AS due
                             WHERE due.move_id = invoice.id
                               AND due.date_maturity = named.due_date
                               AND due.reconciled IS NOT TRUE
                               AND due.amount_residual > 0
                               -- an entry may be of several people
                               AND (
                                    invoice.move_type != 'entry'
                                    OR due.partner_id = payer.commercial_partner_id
                                   )
                        )
                       )
                """,
                tuple(invoices.ids),
            )
        )
        self.browse([line for [line] in rows])._end()

    def _end(self, in_days=0):
        """No block rests on these any more; what is open of them is told anew.

        :param in_days: until then they count as told
        """
        for company, lines in (
            self.filtered(lambda line: not line.ended_on).grouped("company_id").items()
        ):
            lines.ended_on = company._today() + timedelta(in_days)

    def _ends_later(self):
        return self.ended_on and self.ended_on > self.company_id._today()
