# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Dunning: finds, as a set, the contracts that must move, and moves them."""

import logging
from functools import partial

from psycopg2 import OperationalError

from odoo import api, models
from odoo.tools import SQL, split_every

from ..rules import ENDED, TRANSITIONS
from ..transaction import commit, guarded, run, together_or_one_by_one, touch

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
#: what a contract's transition is decided by, read at once for all of them
DECISIVE = (
    "company_id",
    "contract_status",
    "access_status",
    "automatic_block",
    "automatic_cancellation",
    "no_block_until",
    "is_terminated",
    "terminate_date",
)
#: the activity that says that a contract could not be moved
FAILED = "contract_access.activity_dunning"
#: what the customer is told of a move
OCCASIONS = {
    "fall_overdue": "overdue",
    "auto_block": "blocked",
    "clear": "released",
}


class ContractDunning(models.AbstractModel):
    """What the invoices of a contract say about it."""

    _name = "contract.dunning"
    _description = "Contract Dunning"

    @api.model
    def _cron_contract_lifecycle(self):
        """The daily action: what starts, ends, falls due or is settled today."""
        with guarded(self.env, _logger, "The day could not be begun"):
            run(self.env, self.env["contract.contract"]._begin_day)
        moves = self._moves(self._periods())
        commit(self.env, remaining=len(moves))
        for batch in split_every(BATCH_SIZE, sorted(moves), list):
            run(self.env, partial(self._move_batch, batch))
            if not commit(self.env, len(batch)):
                return

    @api.model
    def _periods(self):
        """The companies' periods, by company."""
        return {
            company: company._dunning_periods()
            # the companies are few, and each has its own calendar and periods
            for company in self.env["res.company"].sudo().search([(1, "=", 1)])
        }

    @api.model
    def _moves(self, periods, contracts=None):
        """The transitions that are owed today.

        :param periods: :class:`..rules.Periods` by company
        :param contracts: of these; without it, of all
        :return: for each contract's id that must move, the transition and the number
            of days overdue
        """
        days = self._candidates(periods, contracts)
        candidates = self.env["contract.contract"].browse(days)
        candidates.fetch(DECISIVE)
        moves = {}
        for contract in candidates:
            if contract._has_reached_its_end():
                name = "terminate"
            else:
                after = periods[contract.company_id]
                name = contract._owed_transition(days[contract.id], after)
            if name:
                moves[contract.id] = (name, days[contract.id])
        cleared = candidates.filtered(
            lambda contract: moves.get(contract.id, (None, 0))[0] == "clear"
        )
        for contract in self._in_correction(cleared):
            del moves[contract.id]
        return moves

    @api.model
    def _in_correction(self, contracts):
        """Of these contracts, those of an invoice that was posted and is a draft again.

        What is owed is not settled by that.
        """
        sold = self.env["account.move.line"].search(
            [
                ("contract_line_id.contract_id", "in", contracts.ids),
                ("move_id.move_type", "=", "out_invoice"),
                ("move_id.state", "=", "draft"),
                ("move_id.posted_before", "=", True),
            ]
        )
        return sold.contract_line_id.contract_id & contracts

    @api.model
    def _overdue(self, contracts):
        """What is overdue of contracts.

        :return: a dict by contract's id of the days since the oldest open due date and
            what is open and overdue, in the company's currency; who owes nothing is
            not in it
        """
        if not contracts.ids:
            return {}
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                %s
                SELECT contract_id, days, amount FROM overdue WHERE contract_id IN %s
                """,
                self._with_overdue(contracts.company_id),
                tuple(contracts.ids),
            )
        )
        return {contract_id: (days, amount) for contract_id, days, amount in rows}

    @api.model
    def _overdue_days(self, contracts):
        """The days of :meth:`_overdue`, by contract's id."""
        return {
            contract_id: days
            for contract_id, (days, _amount) in self._overdue(contracts).items()
        }

    @api.model
    def _candidates(self, periods, contracts=None):
        """Contracts that there may be a transition for.

        Something is overdue, was overdue, or an end was planned; what follows from it
        is for :meth:`contract.contract._owed_transition` to say.

        :return: the days overdue by contract's id
        """
        if not periods or (contracts is not None and not contracts.ids):
            return {}
        self.env.flush_all()
        only = SQL("TRUE")
        if contracts is not None:
            only = SQL("contract.id IN %s", tuple(contracts.ids))
        rows = self.env.execute_query(
            SQL(
                """
                %s
                SELECT contract.id, COALESCE(overdue.days, 0)
                  FROM contract_contract AS contract
                  JOIN today ON today.company_id = contract.company_id
             LEFT JOIN overdue ON overdue.contract_id = contract.id
                 WHERE contract.active
                   AND contract.contract_type = 'sale'
                   AND contract.contract_status NOT IN %s
                   AND (
                        overdue.days IS NOT NULL
                        OR contract.access_status IN %s
                        OR contract.is_terminated
                       )
                   AND %s
                """,
                self._with_overdue(periods),
                tuple(status for status, _access in ENDED),
                tuple(access for _status, access in TRANSITIONS["clear"].sources),
                only,
            )
        )
        return dict(rows)

    @api.model
    def _with_overdue(self, companies):
        """What is overdue, from open due dates of posted customer invoices.

        A payment term makes several due dates: each counts by itself.
        """
        today = SQL(", ").join(
            SQL("(%s, %s::date)", company.id, company._today()) for company in companies
        )
        return SQL(
            """
            WITH today (company_id, day) AS (VALUES %s),
            -- an invoice has several lines of a contract: its debt counts once
            debt AS (
                SELECT DISTINCT
                       line.contract_id,
                       due.id,
                       today.day - due.date_maturity AS days,
                       due.amount_residual AS amount
                  FROM account_move_line AS due
                  JOIN today ON today.company_id = due.company_id
                  JOIN account_account AS account
                    ON account.id = due.account_id
                   AND account.account_type = 'asset_receivable'
                  JOIN account_move AS invoice
                    ON invoice.id = due.move_id
                   AND invoice.move_type = 'out_invoice'
                   -- where payments post without an entry, the residual stays
                   AND invoice.payment_state NOT IN ('in_payment', 'paid', 'reversed')
                  JOIN account_move_line AS sold
                    ON sold.move_id = invoice.id
                   AND sold.contract_line_id IS NOT NULL
                  JOIN contract_line AS line ON line.id = sold.contract_line_id
                 WHERE due.parent_state = 'posted'
                   AND due.reconciled IS NOT TRUE
                   AND due.amount_residual > 0
                   AND due.date_maturity < today.day
            ),
            overdue AS (
                SELECT contract_id, MAX(days) AS days, SUM(amount) AS amount
                  FROM debt
              GROUP BY contract_id
            )
            """,
            today,
        )

    @api.model
    def _move_batch(self, contract_ids):
        """Move contracts; looked at again, because much may have happened since.

        They go together where all goes well, and each by itself where one does not.
        """
        contracts = self.env["contract.contract"].browse(contract_ids).exists()
        moves = self._moves(self._periods(), contracts)
        days = {contract_id: number for contract_id, (_move, number) in moves.items()}
        groups = contracts.filtered(lambda contract: contract.id in moves).grouped(
            lambda contract: (moves[contract.id][0], contract.company_id)
        )
        for (name, _company), group in groups.items():
            group = group._in_unattended_language()
            dunning = self.with_env(group.env)
            together_or_one_by_one(
                group,
                lambda rows, dunning=dunning, name=name: dunning._move(
                    rows, name, days
                ),
                lambda row, error, dunning=dunning, name=name: dunning._cannot_move(
                    row, name, error
                ),
            )

    @api.model
    def _cannot_move(self, contract, name, error):
        """Have a person look at a contract; the next run tries it again."""
        problem = str(error)
        _logger.error(
            "Contract %s could not make “%s”", contract.id, name, exc_info=error
        )
        contract.message_post(
            body=self.env._("Dunning failed for the contract: %s", problem)
        )
        contract._open_occasion(FAILED, problem)

    @api.model
    def _move(self, contracts, name, days):
        if name == "terminate":
            for contract in contracts:
                self._terminate(contract, days[contract.id])
        else:
            for contract in contracts:
                cause = self._cause(name, days[contract.id])
                contract._track_set_log_message(cause)
            contracts._move(name, False)
        contracts._close_occasion(FAILED)
        if name in OCCASIONS:
            contracts._notify_customer(OCCASIONS[name])

    @api.model
    def _cause(self, name, days):
        if name == "clear":
            return self.env._("Nothing is overdue any more")
        return self.env._("%s days overdue", days)

    @api.model
    def _terminate(self, contract, days):
        if contract.is_terminated:  # by somebody, for a day that has come
            contract._move("terminate", contract.terminate_reason_id.name)
            return
        contract._terminate_contract(
            self.env.ref("contract_access.terminate_reason_default"),
            self._cause("terminate", days),
            contract._today(),
            # what was invoiced in advance stays invoiced
            terminate_lines_with_last_date_invoiced=True,
        )

    @api.model
    def _look_at_debt_soon(self, invoices):
        """Look at the contracts of invoices once this transaction's work is done.

        :param invoices: moves whose residual or state has changed
        """
        data = self.env.cr.precommit.data
        waiting = data.setdefault("contract_access.paid", set())
        if not waiting:
            self.env.cr.precommit.add(partial(self._release_cleared, waiting))
        waiting.update(invoices.ids)

    @api.model
    def _release_cleared(self, invoice_ids):
        lines = self.env["account.move.line"].sudo()  # for whoever has booked it
        sold = lines.search(
            [("move_id", "in", list(invoice_ids)), ("contract_line_id", "!=", False)]
        )
        invoice_ids.clear()
        contracts = sold.contract_line_id.contract_id
        # who blocks them at this moment looks again, or this transaction does
        touch(contracts)
        try:
            with self.env.cr.savepoint():
                contracts._release_cleared()
        except OperationalError:
            raise  # the request is tried again
        except Exception:
            # never in the way of a payment: the daily action makes up for it
            _logger.exception("Contracts %s could not be released", contracts.ids)
        self.env.flush_all()
