# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What of a contract is invoiced: all that was used, and nothing else."""

import logging
from collections import defaultdict
from functools import partial
from itertools import chain

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from ..exceptions import RefusedError
from ..remote import on_one_record
from ..rules import AWAITING, NO_SERVICE
from ..transaction import commit, guarded, run, together_or_one_by_one

_logger = logging.getLogger(__name__)

#: contracts that are invoiced in one transaction
SLICE = 100
#: system parameter: where a run of today that had no time left has to go on
PLACE = "contract_access.invoiced_until"
#: the statuses under which what was used before them may still have to be invoiced
LEFT = tuple(status for status in NO_SERVICE if status != "pre_contract")


class ContractContract(models.Model):
    _inherit = "contract.contract"

    @api.depends("contract_status")
    def _compute_create_invoice_visibility(self):
        result = super()._compute_create_invoice_visibility()
        for contract in self.filtered("create_invoice_visibility"):
            contract.create_invoice_visibility = contract._has_service_to_invoice()
        return result

    def _compute_recurring_next_date(self):
        result = super()._compute_recurring_next_date()
        for contract in self:
            lines = contract.contract_line_ids.filtered(
                lambda line: (
                    line.recurring_next_date
                    and not line.is_canceled
                    and (not line.display_type or line.is_recurring_note)
                )
            )
            going_on = lines.filtered("next_period_date_start")
            # where the contract has the recurrence, OCA has lines that are over keep
            # their date, and invoices the same days of the others again and again
            if going_on and going_on != lines:
                contract.recurring_next_date = min(
                    going_on.mapped("recurring_next_date")
                )
        return result

    # who has archived a contract stands in the chatter
    active = fields.Boolean(tracking=True)

    def write(self, vals):
        if "active" in vals:
            self._check_given(vals)
            self._stop_or_go_on(bool(vals["active"]))
        if {"date_end", "line_recurrence"}.isdisjoint(vals):
            return super().write(vals)
        ends = {contract: contract.date_end for contract in self}
        result = super().write(vals)
        for contract in self:
            if not contract.line_recurrence and not contract.is_terminated:
                end = vals.get("date_end", contract.date_end)
                contract._end_lines(ends[contract], fields.Date.to_date(end))
        return result

    def _stop_or_go_on(self, active):
        """Contracts that are archived give no service; what comes back begins today.

        :param active: what they are to be
        """
        # sudo: an operator does it without rights on what is billed
        changed = self.sudo().filtered(lambda contract: contract.active != active)
        for contract in changed._served():
            if not active:
                contract.service_end_date = contract._today()
                continue
            gap = contract.service_end_date
            contract.service_end_date = False
            contract._bill_from_today({contract: gap})

    def _end_lines(self, former, end):
        """Have the lines end with their contract, where they have no end of their own.

        :param former: the contract's end until now
        """
        lines = self.contract_line_ids.filtered(
            lambda line: (
                line.date_end in (former, False)
                and line.date_end != end
                and not line.is_canceled
                and not line.successor_contract_line_id
            )
        )
        lines._end_with_contract(end)

    def action_withdraw(self, reason=None):
        # within the seven days of the consumer code nothing is owed for them
        served = self._served().filtered(
            lambda contract: not contract._may_still_withdraw()
        )
        result = super().action_withdraw(reason)
        served._end_postpaid_lines()
        return result

    def action_blacklist(self, reason=None):
        served = self._served()
        result = super().action_blacklist(reason)
        served._end_postpaid_lines()
        return result

    def _served(self):
        """Those of the contracts that give a service, or would but for a block."""
        return self.filtered(
            lambda contract: (
                contract.contract_status == "active"
                and contract._status_pair() != AWAITING
            )
        )

    def _end_postpaid_lines(self):
        """Have what was used until today invoiced, where that is done afterwards.

        The lines end as a termination ends them, and come back as from one. Where one
        was planned, its later end does not count any more.
        """
        for contract in self:
            today = contract._today()
            # sudo: an operator ends the service without rights on what is billed
            lines = contract.sudo().contract_line_ids.filtered(
                lambda line, today=today: (
                    not line.display_type
                    and not line.is_canceled
                    and (not line.date_end or line.date_end > today)
                    and (
                        line.before_termination
                        or line.recurring_invoicing_type == "post-paid"
                        and line.date_start <= today
                    )
                )
            )
            lines._remember_before_termination()
            lines._cut(today)

    @api.private
    @api.model
    def cron_recurring_create_invoice(self, date_ref=None):
        """OCA's scheduled action, in transactions of few contracts each.

        A payment that is booked meanwhile waits for one of them at most, and one of
        them is done again because of it. Each contract has its turn once a day, as OCA
        has it. Within somebody's own transaction nothing is committed.
        """
        if not self.env.context.get("ir_cron_progress_id"):
            return super().cron_recurring_create_invoice(date_ref)
        due = self.search(
            self._get_contracts_to_invoice_domain(date_ref)
            & Domain("id", ">", self._invoiced_until()),
            order="id",
        ).ids
        commit(self.env, remaining=len(due))
        for ids in split_every(SLICE, due, list):
            invoicing = super(
                ContractContract, self.with_context(contract_ids_to_invoice=ids)
            )
            with guarded(self.env, _logger, "Contracts %s could not be invoiced", ids):
                run(
                    self.env, partial(invoicing.cron_recurring_create_invoice, date_ref)
                )
            if not commit(self.env, len(ids)) and ids[-1] != due[-1]:
                self._keep_invoiced_until(ids[-1])
                return True
        if self._invoiced_until():
            self._keep_invoiced_until(False)
        return True

    @api.model
    def _invoiced_until(self):
        """The last contract that a run of today has come to, which had no time left.

        Those that cannot be invoiced are due for ever, and must be in nobody's way.

        :return: its id; 0 where all have had their turn
        """
        # sudo: whoever runs the action
        kept = self.env["ir.config_parameter"].sudo().get_param(PLACE) or ""
        day, _space, contract_id = kept.partition(" ")
        is_of_today = day == fields.Date.to_string(fields.Date.today())
        return int(contract_id) if is_of_today else 0

    @api.model
    def _keep_invoiced_until(self, contract_id):
        place = contract_id and f"{fields.Date.today()} {contract_id}"
        # sudo: whoever runs the action
        self.env["ir.config_parameter"].sudo().set_param(PLACE, place)
        commit(self.env)

    def _record_invoice_generation_error(self, exc, create_type):
        if isinstance(exc, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY):
            raise exc  # it is all done again, with what the others have done
        return super()._record_invoice_generation_error(exc, create_type)

    @api.model
    def _get_contracts_to_invoice_domain(self, date_ref=None):
        ids = self.env.context.get("contract_ids_to_invoice")
        left = [
            ("before_termination", "!=", False),
            ("recurring_next_date", "!=", False),
        ]
        return (
            super()._get_contracts_to_invoice_domain(date_ref)
            & (Domain("id", "in", ids) if ids else Domain.TRUE)
            & (
                Domain("contract_status", "not in", NO_SERVICE)
                | Domain("contract_status", "in", LEFT)
                & Domain("ended_unsigned", "=", False)
                & Domain("contract_line_ids", "any", left)
            )
        )

    def _has_service_to_invoice(self):
        """Whether there is something to invoice, now or later."""
        return self.contract_status not in NO_SERVICE or any(
            line.recurring_next_date and line._was_served()
            for line in self.contract_line_ids
        )

    @on_one_record
    def recurring_create_invoice(self):
        """Create the next invoice by hand, as OCA's button does it.

        :raises UserError: the contract's status says that there is nothing to invoice
        """
        if not self._has_service_to_invoice():
            raise RefusedError(
                self.env._(
                    "The contract “%(contract)s” is not invoiced, because it is "
                    "%(status)s.",
                    contract=self.display_name,
                    status=self._selection_label("contract_status"),
                ),
                "wrong_status",
                self,
            )
        return super().recurring_create_invoice()

    def _prepare_recurring_invoices_values(self, date_ref=False):
        invoices = super()._prepare_recurring_invoices_values(date_ref)
        lines, charges = self.env["contract.line"], defaultdict(list)
        rows_of = [self._rows_for_days(values) for values in invoices]
        for row in chain.from_iterable(rows_of):
            line = lines.browse(row["contract_line_id"])
            charges[line].append(line._charge_for(row))
        open_ = lines.union(*charges)._open_differences(charges)
        for values, rows in zip(invoices, rows_of, strict=True):
            ids = {row["contract_line_id"] for row in rows}
            values["invoice_line_ids"] += lines._difference_commands(
                {line: amount for line, amount in open_.items() if line.id in ids},
                # Odoo posts no invoice below zero
                rows,
            )
        return invoices

    @api.model
    def _rows_for_days(self, values):
        """Those of a future invoice's rows that are for days of service."""
        return [
            row
            for _command, _id, row in values["invoice_line_ids"]
            if row.get("service_start")
            and row.get("display_type") in (None, False, "product")
        ]

    @api.model
    def _cron_recurring_create(self, date_ref=False, create_type="invoice"):
        result = super()._cron_recurring_create(date_ref, create_type)
        date_ref = date_ref or fields.Date.context_today(self)
        self._invoice_after_end(date_ref, create_type)
        return result

    @api.model
    def _invoice_after_end(self, date_ref, create_type):
        """Invoice what OCA's scheduled action leaves out.

        What is paid afterwards has its last invoice on the day after the last period,
        when the contract is over; OCA takes none that is.
        """
        create = self._get_recurring_create_func(create_type=create_type)
        domain = (
            self._get_contracts_to_invoice_domain(date_ref)
            & Domain("generation_type", "=", create_type)
            & Domain("date_end", "!=", False)
        )
        over = self.search(domain).filtered(
            lambda contract: contract._has_ended_with_lines_to_invoice(date_ref)
        )

        def invoice(contracts):
            create(contracts, date_ref)
            contracts._clear_invoice_generation_error()

        for company, contracts in over.grouped("company_id").items():
            together_or_one_by_one(
                contracts.with_company(company),
                invoice,
                partial(self._cannot_invoice, create_type),
            )

    def _has_ended_with_lines_to_invoice(self, date_ref):
        lines = self._get_lines_to_invoice(date_ref)
        return (
            self.recurring_next_date > self.date_end
            and lines
            # where the lines go on, somebody has ended the contract by its date
            and all(
                line.date_end and line.date_end <= self.date_end
                for line in lines
                if not line.display_type
            )
        )

    @api.model
    def _begin_day(self):
        run(self.env, self.env["contract.line"]._settle_differences)
        return super()._begin_day()

    @api.model
    def _cannot_invoice(self, create_type, contract, error):
        contract._record_invoice_generation_error(error, create_type)
