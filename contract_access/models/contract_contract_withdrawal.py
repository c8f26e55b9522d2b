# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who has bought at a distance may change their mind, and gets the money back."""

from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.tools import format_date

from ..rules import is_allowed
from ..suspension import DAY
from .contract_contract_credit_note import CREDIT_NOTE

#: after signature or the begin of the service, for what was sold by telephone, on the
#: internet or at the door (Código de Defesa do Consumidor, Lei 8.078/1990, art. 49)
DAYS_TO_WITHDRAW = 7


class ContractContract(models.Model):
    _inherit = "contract.contract"

    signed_on = fields.Date(
        string="Signed on",
        readonly=True,
        copy=False,
        tracking=True,
        help="The day on which the contract was signed, where it began as a "
        "pre-contract.",
    )
    withdrawal_until = fields.Date(
        string="Right of Withdrawal until",
        compute="_compute_withdrawal_until",
        groups="base.group_user",
        help="The last of the seven days for changing one's mind after a sale at a "
        "distance. Without it: the contract is not signed.",
    )

    @api.depends(
        "signed_on", "date_start", "contract_status", "contract_line_ids.date_start"
    )
    def _compute_withdrawal_until(self):
        for contract in self:
            contract.withdrawal_until = contract._withdrawal_until()

    def _withdrawal_until(self):
        """The last day of the right of withdrawal; False before the signature.

        The days begin after the signature, or after the service began if that was
        later.
        """
        self.ensure_one()
        if self.contract_status == "pre_contract":
            return False
        sold = self.contract_line_ids.filtered(
            lambda line: line.date_start and not line.display_type
        )
        begins = sold.mapped("date_start")
        begin = min(begins, default=self.date_start or self._today())
        return max(self.signed_on or begin, begin) + timedelta(days=DAYS_TO_WITHDRAW)

    def _may_still_withdraw(self):
        """Whether the customer's right of withdrawal holds today."""
        until = self._withdrawal_until()
        return not until or self._today() <= until

    def _explain_withdrawal(self):
        """Whether the right of withdrawal holds, in the user's language."""
        until = self._withdrawal_until()
        if not until:
            return self.env._("The contract is not signed yet.")
        if self._may_still_withdraw():
            return self.env._(
                "A customer who has bought by telephone, on the internet or at the "
                "door may withdraw until %s, and gets back all that was paid "
                "(Consumer Code, art. 49).",
                format_date(self.env, until),
            )
        return self.env._(
            "The seven days in which a customer may withdraw (Consumer Code, art. 49) "
            "ended on %s.",
            format_date(self.env, until),
        )

    def _begin_service(self):
        # sudo: the day is written here only
        for contract in self.sudo():
            contract.signed_on = contract._today()
        return super()._begin_service()

    def action_withdraw(self, reason=None, credit_invoices=False):
        """The customer has withdrawn (“desistiu”).

        :param reason: why, in a few words; kept with the step in the chatter
        :param credit_invoices: draft credit notes for what was invoiced, for
            accounting to check
        :return: True
        :raises UserError: the contract has ended already
        """
        in_time = self.filtered(lambda contract: contract._may_still_withdraw())
        # an end that was planned is none any more, with what it had left to be invoiced
        for contract in in_time.filtered("is_terminated"):
            if is_allowed("withdraw", contract._status_pair()):
                contract.action_cancel_contract_termination()
        result = super().action_withdraw(reason)
        for contract in in_time:
            contract._cancel_drafts()
        if credit_invoices:
            for contract in self:
                contract._credit_invoices()
        return result

    def _cancel_drafts(self):
        """Nothing is owed: what is not posted yet never is.

        An invoice that is of other contracts, too, loses the lines of this one. Whoever
        stays after all is invoiced from where these drafts began.
        """
        # nor is anything made up for
        self.sudo().contract_line_ids.has_open_difference = False
        drafts = self._own_invoices("draft")
        ours = drafts.invoice_line_ids.filtered(
            lambda row: row.contract_line_id.contract_id == self
        )
        self._invoice_anew(ours)
        shared = drafts.filtered(lambda draft: draft.invoice_line_ids - ours)
        (ours & shared.invoice_line_ids).unlink()
        (drafts - shared + self._drafts_that_make_up()).button_cancel()
        if drafts:
            self.message_post(
                body=self.env._("What was not posted of its invoices is cancelled.")
            )

    def _invoice_anew(self, rows):
        """Have the next invoices begin where rows of invoices or credit notes did."""
        for row in rows.filtered("service_start").sorted("service_start", reverse=True):
            row.contract_line_id._count_as_invoiced(row.service_start - DAY)

    def _restore_lines(self):
        result = super()._restore_lines()
        for contract in self.filtered(lambda row: row.contract_status == "withdrawn"):
            contract._take_back_credit_notes()
        return result

    def _take_back_credit_notes(self):
        """Undo :meth:`_credit_invoices`: whoever stays after all owes what was used.

        Drafts are cancelled; what is posted is invoiced anew.
        """
        lines, since = self.contract_line_ids, self.service_end_date
        to_check = self.env.ref(CREDIT_NOTE)
        notes = self._own_invoices("posted")._credit_notes()
        notes = notes.filtered(
            lambda note: (
                note.invoice_line_ids.contract_line_id & lines
                and since
                and note.invoice_date
                and note.invoice_date >= since
                and (
                    note.state == "posted"
                    or to_check in note.activity_ids.activity_type_id
                )
            )
        )
        rows = notes._cancel_drafts().invoice_line_ids
        self._invoice_anew(
            rows.filtered(lambda row: row.contract_line_id in lines and row._charge())
        )

    def _drafts_that_make_up(self):
        """Draft credit notes that only make up for prices of the contract."""
        # sudo: see _own_invoices
        rows = self.sudo().contract_line_ids._invoice_lines(
            ("parent_state", "=", "draft"), ("move_id.move_type", "=", "out_refund")
        )
        return rows.move_id.filtered(
            lambda note: all(note.invoice_line_ids.mapped("price_difference"))
        )

    def _own_invoices(self, state):
        """The contract's invoices in a state.

        Not what somebody else has made, and says that it is owed.
        """
        # sudo: an operator may not read invoices
        return (
            self.sudo()
            ._get_related_invoices()
            .filtered(
                lambda invoice: (
                    invoice.move_type == "out_invoice"
                    and invoice.state == state
                    and not invoice.reversed_entry_id
                    and invoice.invoice_line_ids.contract_line_id.contract_id & self
                )
            )
        )

    def _invoices_to_credit(self):
        """The posted invoices with something of the contract that was not credited."""
        return self._own_invoices("posted").filtered(self._lines_to_credit)

    def _lines_to_credit(self, invoice):
        """The contract's lines on an invoice of which no days are credited."""
        rows = invoice.invoice_line_ids.filtered(lambda row: not row._is_credited())
        return rows.contract_line_id & self.contract_line_ids

    def _credit_invoices(self):
        """Draft credit notes for the contract's invoices; accounting is told.

        :return: the credit notes
        """
        invoices = self._invoices_to_credit()
        if not invoices:
            return invoices
        to_credit = {
            # what is of no contract goes with the first of them
            invoice: (
                self._lines_to_credit(invoice),
                not invoice._credit_notes(),
            )
            for invoice in invoices
        }
        texts = self._in_unattended_language().env
        today = self._today()
        # sudo: the front desk has no rights in accounting, whose people check and post
        # these drafts, or delete them
        credit_notes = invoices._reverse_moves(
            [
                {
                    "date": today,
                    "invoice_date": today,
                    "ref": texts._(
                        "Withdrawal from the contract %(contract)s, invoice "
                        "%(invoice)s",
                        contract=self.code or self.name,
                        invoice=invoice.name,
                    ),
                }
                for invoice in invoices
            ]
        )
        for credit in credit_notes:
            # an invoice may be of several contracts
            ours, others = to_credit[credit.reversed_entry_id]
            credit.invoice_line_ids.filtered(
                lambda row, ours=ours, others=others: (
                    row.contract_line_id not in ours
                    if row.contract_line_id
                    else not others
                )
            ).unlink()
            credit.invoice_line_ids = [
                Command.create(row._values_taken_off())
                for row in credit.reversed_entry_id._given_back_out_of_goodwill(ours)
            ]
            self._have_accounting_check(
                credit,
                lambda contract: contract.env._(
                    "The customer has withdrawn from the contract “%s”. Check this "
                    "credit note, post it, and pay back what was paid.",
                    contract.display_name,
                ),
            )
        self.message_post(
            body=self.env._(
                "Draft credit notes for accounting to check: %s.",
                ", ".join(credit.reversed_entry_id.name for credit in credit_notes),
            )
        )
        return credit_notes
