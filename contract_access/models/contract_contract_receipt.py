# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whoever cancels gets a receipt at once (Decreto 11.034/2022)."""

from odoo import api, fields, models
from odoo.tools import format_date, format_datetime

from ..exceptions import RefusedError
from ..remote import on_records

#: all that a receipt says, and that another one overwrites
RECEIPT_FIELDS = (
    "termination_receipt_number",
    "termination_receipt_date",
    "termination_receipt_user_id",
)


class ContractContract(models.Model):
    _inherit = "contract.contract"

    termination_receipt_number = fields.Char(
        string="Receipt of Cancellation",
        readonly=True,
        copy=False,
        tracking=True,
        index="btree_not_null",
        help="The number by which the customer proves that the contract was cancelled.",
    )
    termination_receipt_date = fields.Datetime(
        string="Cancelled at",
        readonly=True,
        copy=False,
        help="When the cancellation was taken, whatever day it is for.",
    )
    termination_receipt_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Cancelled by",
        readonly=True,
        copy=False,
        groups="base.group_user",
    )
    termination_receipt_time = fields.Char(
        compute="_compute_termination_receipt_texts",
        help="Day and hour of the cancellation, where the company is.",
    )
    termination_receipt_last_day = fields.Char(
        compute="_compute_termination_receipt_texts",
        help="The day on which the contract ends.",
    )

    @api.depends("termination_receipt_date", "terminate_date", "service_end_date")
    @api.depends_context("lang")
    def _compute_termination_receipt_texts(self):
        for contract in self:
            taken = contract.termination_receipt_date
            company = contract.company_id or self.env.company
            zone = company._time_zone()
            contract.termination_receipt_time = taken and format_datetime(
                self.env, taken, tz=zone
            )
            # the last day of use, unless a withdrawal came before it; sudo: customers
            # read it as well
            ends = contract.sudo().service_end_date, contract.terminate_date
            day = taken and min(filter(None, ends), default=False)
            contract.termination_receipt_last_day = day and format_date(self.env, day)

    def _move(self, name, cause, reason=None, **values):
        result = super()._move(name, cause, reason, **values)
        if name == "withdraw":
            self._issue_termination_receipt()
        return result

    def _terminate_contract(
        self,
        terminate_reason_id,
        terminate_comment,
        terminate_date,
        terminate_lines_with_last_date_invoiced=False,
    ):
        result = super()._terminate_contract(
            terminate_reason_id,
            terminate_comment,
            terminate_date,
            terminate_lines_with_last_date_invoiced,
        )
        self._issue_termination_receipt()
        return result

    def action_cancel_contract_termination(self, bill_gap=False):
        result = super().action_cancel_contract_termination(bill_gap)
        self._void_termination_receipt()
        return result

    def action_reactivate(self, bill_gap=False):
        result = super().action_reactivate(bill_gap)
        self._void_termination_receipt()
        return result

    @on_records
    def action_print_termination_receipt(self):
        """The receipt of cancellation, to hand out.

        :raises UserError: a contract was not cancelled
        """
        if not all(self.mapped("termination_receipt_number")):
            raise RefusedError(
                self.env._("There is no receipt: it was not cancelled."),
                "no_receipt",
                self,
            )
        report = self.env.ref("contract_access.termination_receipt_report")
        return report.report_action(self, config=False)

    def _issue_termination_receipt(self):
        """Number the cancellation, and send the receipt to the customer."""
        contracts = self.filtered(lambda contract: contract.contract_type == "sale")
        # sudo: receipts are written here only
        for contract in contracts.sudo():
            contract.write(
                {
                    "termination_receipt_number": (
                        contract.company_id._next_receipt_number()
                    ),
                    "termination_receipt_date": fields.Datetime.now(),
                    "termination_receipt_user_id": self.env.uid,
                }
            )
        contracts._notify_customer("termination")

    def _void_termination_receipt(self):
        # the chatter keeps the number; sudo: see above
        self.sudo().write(dict.fromkeys(RECEIPT_FIELDS, False))
