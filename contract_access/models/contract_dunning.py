# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Dunning: finds, as a set, the contracts that must move, and moves them."""

import logging
import time
from functools import partial

from psycopg2 import OperationalError

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from ..rules import BLOCKED, ENDED, NO_DEBT, NOTIFY, TRANSITIONS, Debt
from ..transaction import (
    commit,
    guarded,
    log_error,
    run,
    together_or_one_by_one,
    touch,
    words_for,
)

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
#: for how long a run goes on, also where Odoo has no more time for it: what comes
#: before the contracts would else take most of each
RUN_SECONDS = 5
#: what a contract's transition is decided by, beside its customer and its debt
DECISIVE = (
    "company_id",
    "contract_status",
    "access_status",
    "automatic_block",
    "automatic_cancellation",
    "no_block_until",
    "blocked_on",
    "is_terminated",
    "terminate_date",
)
#: the activity that says that a contract could not be moved
FAILED = "contract_access.activity_dunning"
#: the access that ends where nothing is overdue any more
CLEARED_FROM = {access for _status, access in TRANSITIONS["clear"].sources}
#: the types of what a payer may owe: invoices, and entries such as opening balances
OWING = ("out_invoice", "out_receipt", "entry")
#: the columns of ``overdue`` that make a :class:`..rules.Debt`, in its order
DEBT_COLUMNS = SQL(
    "overdue.days, overdue.amount, overdue.unnoticed_days, overdue.noticed_on,"
    " overdue.invoices"
)


def _among(column, contracts):
    if contracts is None:
        return SQL("TRUE")
    return SQL("%s IN %s", column, tuple(contracts.ids))


def _as_debt(days, *others):
    return Debt(days, *others) if days else NO_DEBT


class ContractDunning(models.AbstractModel):
    """What the invoices of a contract say about it."""

    _name = "contract.dunning"
    _description = "Contract Dunning"

    @api.model
    def _cron_contract_lifecycle(self):
        """The daily action: what starts, ends, falls due or is settled today.

        :return: whether all contracts have had their turn
        """
        with guarded(self.env, _logger, "The day could not be begun"):
            self.env["contract.contract"]._begin_day()
        with guarded(self.env, _logger, "Notices could not be looked at"):
            self.env["contract.notice"]._look_at_outgoing()
        with guarded(self.env, _logger, "Credits could not be looked at"):
            run(self.env, self._look_at_credits)
        moving = self.env["contract.contract"].browse(self._moving(self._rules()))
        # of each contract this one column, and not all that it has
        moving.fetch(["dunning_failed_on"])
        tried = moving.filtered("dunning_failed_on").filtered(
            lambda contract: contract.dunning_failed_on == contract._today()
        )
        left = moving - tried
        commit(self.env, remaining=len(left))
        # whatever the rest has taken, some are moved
        until = time.monotonic() + RUN_SECONDS
        # what cannot be moved today is in nobody's way
        ids = (left + tried).ids
        for batch in split_every(BATCH_SIZE, ids, list):
            run(self.env, partial(self._move_batch, batch))
            has_time = commit(self.env, len(batch)) or time.monotonic() < until
            if not has_time and batch[-1] != ids[-1]:
                return False
        return True

    @api.model
    def _rules(self):
        """The companies' :class:`..rules.DunningRules`, by company."""
        # the companies are few, and each has its own calendar and periods
        companies = self.env["res.company"].sudo().search([(1, "=", 1)])
        return companies._dunning_rules_by_company()

    @api.model
    def _moving(self, rules):
        """The contracts that something may be owed to today.

        Of a hundred thousand that are overdue few move, and few differ in what that is
        decided by. So the rule is asked once for all that are alike, and who moves them
        looks at each.

        :param rules: :class:`..rules.DunningRules` by company
        :return: their ids, in order
        """
        rows = self._query_candidates(
            SQL(
                "ARRAY_AGG(contract.id), MIN(overdue.days), MIN(overdue.amount),"
                " MIN(overdue.unnoticed_days), MIN(overdue.noticed_on),"
                " MIN(overdue.invoices)"
            ),
            rules,
            SQL("GROUP BY %s", SQL(", ").join(self._decided_by())),
        )
        alike = {ids[0]: ids for ids, *_ in rows}
        debts = {ids[0]: _as_debt(*debt) for ids, *debt in rows}
        owed = self._owed(debts, rules)
        return sorted(contract_id for first in owed for contract_id in alike[first])

    @api.model
    def _decided_by(self):
        """What :meth:`contract.contract._owed_transition` looks at, as columns.

        An addon that extends the rule by anything else adds it: of contracts that agree
        in these, the daily action asks for one, with the least amount of them.
        """
        return [
            *(SQL.identifier("contract", name) for name in DECISIVE),
            SQL("customer.is_company"),
            SQL("overdue.days"),
            SQL("overdue.unnoticed_days"),
            SQL("overdue.noticed_on"),
        ]

    @api.model
    def _moves(self, debts, rules):
        """What is owed today.

        :param debts: of the contracts to look at, see :meth:`_candidates`
        :param rules: :class:`..rules.DunningRules` by company
        :return: for each contract's id that is owed something, what (a key of
            :data:`..rules.TRANSITIONS`, or :data:`..rules.NOTIFY`), and its debt
        """
        moves = self._owed(debts, rules)
        cleared = self.env["contract.contract"].browse(
            contract_id for contract_id, (name, _) in moves.items() if name == "clear"
        )
        for contract in self._in_correction(cleared):
            del moves[contract.id]
        return moves

    @api.model
    def _owed(self, debts, rules):
        """The same, also where an invoice is being corrected."""
        candidates = self.env["contract.contract"].browse(debts)
        candidates.fetch([*DECISIVE, "commercial_partner_id"])
        candidates.commercial_partner_id.fetch(["is_company"])
        moves = {}
        for contract in candidates:
            debt = debts[contract.id]
            if contract._has_reached_its_end():
                name = "terminate"
            else:
                name = contract._owed_transition(debt, rules[contract.company_id])
            if name:
                moves[contract.id] = (name, debt)
        return moves

    @api.model
    def _in_correction(self, contracts):
        """Of these contracts, those of an invoice that was posted and is a draft again.

        What is owed is not settled by that.
        """
        lines = self.env["account.move.line"]
        corrected = Domain(
            [("parent_state", "=", "draft"), ("move_id.posted_before", "=", True)]
        )
        of_customers = corrected & Domain("move_id.move_type", "=", "out_invoice")
        sold = lines.search(
            of_customers & Domain("contract_line_id.contract_id", "in", contracts.ids)
        )
        naming = lines.search(
            of_customers & Domain("move_id.dunning_contract_id", "in", contracts.ids)
        )
        found = sold.contract_line_id.contract_id | naming.move_id.dunning_contract_id
        wholes = contracts.filtered(lambda row: row._counts_whole_payer())
        if wholes:
            owed = lines.search(
                corrected
                & Domain("move_id.move_type", "in", OWING)
                & Domain("account_type", "=", "asset_receivable")
                & Domain("balance", ">", 0)
                & Domain("company_id", "in", wholes.company_id.ids)
                & Domain("partner_id", "in", wholes._payers().ids)
            )
            found |= self._contracts_paid_by(owed) & wholes
        return found & contracts

    @api.model
    def _contracts_paid_by(self, receivables, domain=()):
        """The contracts of the payers of these lines, each in the line's company.

        :param domain: which of them
        """
        contracts = receivables.env["contract.contract"]
        for company, lines in receivables.grouped("company_id").items():
            contracts |= contracts.search(
                Domain("contract_type", "=", "sale")
                & Domain("company_id", "=", company.id)
                & Domain(
                    "invoice_partner_id.commercial_partner_id",
                    "in",
                    lines.partner_id.ids,
                )
                & Domain(domain)
            )
        return contracts

    @api.model
    def _debts(self, contracts):
        """What is overdue of contracts.

        :return: :class:`..rules.Debt` by contract's id; who owes nothing is not in it
        """
        if not contracts.ids:
            return {}
        return self._debts_in(
            contracts.company_id._dunning_rules_by_company(), contracts
        )

    @api.model
    def _debts_in(self, rules, contracts=None):
        """What is overdue in companies.

        :param rules: :class:`..rules.DunningRules` by company
        :param contracts: of these; without it, of all
        :return: see :meth:`_debts`
        """
        rows = self._query(
            SQL("SELECT contract_id, %s FROM overdue", DEBT_COLUMNS), rules, contracts
        )
        return {contract_id: Debt(*debt) for contract_id, *debt in rows}

    @api.model
    def _open_dues(self, contracts):
        """The overdue due dates of contracts, each with what is open of it.

        :return: by contract's id, a list of (invoice's id, due date, amount), the
            oldest first; the amount in the company's currency
        """
        if not contracts.ids:
            return {}
        rows = self._query(
            SQL(
                "SELECT contract_id, invoice_id, due_date, amount FROM debt"
                " ORDER BY due_date, id"
            ),
            contracts.company_id._dunning_rules_by_company(),
            contracts,
        )
        dues = {}
        for contract_id, *due in rows:
            dues.setdefault(contract_id, []).append(due)
        return dues

    @api.model
    def _candidates(self, rules, contracts=None):
        """Contracts that something may be owed to.

        Something is overdue, was overdue, or an end was planned; what follows from it
        is for :meth:`contract.contract._owed_transition` to say.

        :return: :class:`..rules.Debt` by contract's id
        """
        rows = self._query_candidates(
            SQL("contract.id, %s", DEBT_COLUMNS), rules, contracts=contracts
        )
        return {contract_id: _as_debt(*debt) for contract_id, *debt in rows}

    @api.model
    def _query_candidates(self, columns, rules, group_by=None, contracts=None):
        """Read ``contract``, ``customer`` and ``overdue`` of the candidates."""
        if not rules or (contracts is not None and not contracts.ids):
            return []
        return self._query(
            SQL(
                """
                SELECT %s
                  FROM contract_contract AS contract
                  JOIN res_partner AS customer
                    ON customer.id = contract.commercial_partner_id
             LEFT JOIN overdue ON overdue.contract_id = contract.id
                 WHERE contract.active
                   AND contract.contract_type = 'sale'
                   AND contract.contract_status NOT IN %s
                   AND contract.company_id IN %s
                   AND (
                        overdue.contract_id IS NOT NULL
                        OR contract.access_status IN %s
                        OR contract.is_terminated
                       )
                   AND %s
                %s
                """,
                columns,
                tuple(status for status, _access in ENDED),
                tuple(company.id for company in rules),
                tuple(CLEARED_FROM),
                _among(SQL("contract.id"), contracts),
                group_by or SQL(),
            ),
            rules,
            contracts,
        )

    @api.model
    def _query(self, select, rules, contracts=None, payers=None):
        """Ask what is overdue, from open due dates of posted customer invoices.

        A payment term makes several due dates: each counts by itself. What the payer
        has open in his favour settles the oldest first, reconciled or not.

        :param select: reads ``claim``, a row for each contract and due date, ``debt``,
            what is left of those with the payer's credit taken off, and ``overdue``, a
            row for each contract
        :param rules: :class:`..rules.DunningRules` by company
        :param contracts: of these; without it, of all
        :param payers: of which receivables (``entry``)
        """
        self.env.flush_all()
        companies = SQL(", ").join(
            SQL(
                "(%s, %s::date, %s::numeric, %s)",
                company.id,
                company._today(),
                company_rules.minimum,
                company_rules.whole_payer,
            )
            for company, company_rules in rules.items()
        )
        if contracts is not None:
            payers = SQL(
                """
                entry.partner_id IN (
                    SELECT sold.partner_id
                      FROM contract_line AS line
                      JOIN account_move_line AS sold
                        ON sold.contract_line_id = line.id
                     WHERE %s
                     UNION
                    SELECT naming.commercial_partner_id
                      FROM account_move AS naming
                     WHERE %s
                     UNION
                    SELECT payer.commercial_partner_id
                      FROM contract_contract AS contract
                      JOIN res_partner AS payer
                        ON payer.id = contract.invoice_partner_id
                     WHERE %s
                )
                """,
                _among(SQL("line.contract_id"), contracts),
                _among(SQL("naming.dunning_contract_id"), contracts),
                _among(SQL("contract.id"), contracts),
            )
        return self.env.execute_query(
            SQL(
                """
                WITH company (id, day, minimum, whole_payer) AS (VALUES %(companies)s),
                receivable AS MATERIALIZED (
                    SELECT entry.id,
                           entry.company_id,
                           entry.partner_id,
                           entry.move_id,
                           entry.date_maturity,
                           entry.amount_residual AS open
                      FROM account_move_line AS entry
                      JOIN company ON company.id = entry.company_id
                      JOIN account_account AS account
                        ON account.id = entry.account_id
                       AND account.account_type = 'asset_receivable'
                     WHERE entry.parent_state = 'posted'
                       AND entry.reconciled IS NOT TRUE
                       AND (
                            entry.amount_residual > 0
                            AND entry.date_maturity < company.day
                            OR entry.amount_residual < 0
                           )
                       AND %(payers)s
                ),
                credit AS (
                    SELECT company_id, partner_id, SUM(open) AS amount
                      FROM receivable
                     WHERE open < 0
                  GROUP BY company_id, partner_id
                ),
                due AS (
                    SELECT receivable.id,
                           receivable.company_id,
                           receivable.partner_id,
                           receivable.move_id AS invoice_id,
                           invoice.dunning_contract_id,
                           invoice.create_date AS made_on,
                           receivable.date_maturity AS due_date,
                           company.day - receivable.date_maturity AS days,
                           company.minimum,
                           company.whole_payer,
                           receivable.open,
                           LEAST(
                               receivable.open,
                               COALESCE(credit.amount, 0) + SUM(receivable.open) OVER (
                                   PARTITION BY receivable.company_id,
                                                receivable.partner_id
                                   ORDER BY receivable.date_maturity, receivable.id
                               )
                           ) AS amount
                      FROM receivable
                      JOIN company ON company.id = receivable.company_id
                      JOIN account_move AS invoice
                        ON invoice.id = receivable.move_id
                       AND (
                            invoice.move_type = 'out_invoice'
                            OR company.whole_payer AND invoice.move_type IN %(owing)s
                           )
                       AND invoice.is_disputed IS NOT TRUE
                       -- where payments post without an entry, the residual stays
                       AND invoice.payment_state
                           NOT IN ('in_payment', 'paid', 'reversed')
                 LEFT JOIN credit
                        ON credit.company_id = receivable.company_id
                       AND credit.partner_id = receivable.partner_id
                     WHERE receivable.open > 0
                ),
                -- which contracts it counts for, however many lines say so
                counted AS (
                    SELECT line.contract_id, due.id
                      FROM due
                      JOIN account_move_line AS sold
                        ON sold.move_id = due.invoice_id
                       AND sold.contract_line_id IS NOT NULL
                      JOIN contract_line AS line ON line.id = sold.contract_line_id
                     UNION
                    SELECT due.dunning_contract_id, due.id
                      FROM due
                     WHERE due.dunning_contract_id IS NOT NULL
                     UNION
                    SELECT contract.id, due.id
                      FROM due
                      JOIN res_partner AS payer
                        ON payer.commercial_partner_id = due.partner_id
                      JOIN contract_contract AS contract
                        ON contract.invoice_partner_id = payer.id
                       AND contract.company_id = due.company_id
                       AND contract.contract_type = 'sale'
                     WHERE due.whole_payer
                ),
                claim AS (
                    SELECT counted.contract_id, due.*
                      FROM counted
                      JOIN due ON due.id = counted.id
                      JOIN contract_contract AS contract
                        ON contract.id = counted.contract_id
                       -- in another company now, it has left its debts behind
                       AND contract.company_id = due.company_id
                 LEFT JOIN res_partner AS payer
                        ON payer.id = contract.invoice_partner_id
                     WHERE %(counted)s
                       -- what its former customer owes is nothing to the one of now
                       AND (
                            (due.made_on > contract.customer_since) IS NOT FALSE
                            OR due.partner_id IN (
                                contract.commercial_partner_id,
                                payer.commercial_partner_id
                            )
                       )
                ),
                debt AS (SELECT * FROM claim WHERE claim.amount > 0),
                -- several notices may name what is due, where one did not arrive
                told AS (
                    SELECT debt.contract_id,
                           debt.id,
                           MIN(notice.delivered_on) AS delivered_on
                      FROM debt
                      JOIN contract_notice_line AS named
                        ON named.invoice_id = debt.invoice_id
                       AND named.due_date = debt.due_date
                       AND (
                            named.ended_on IS NULL
                            -- that is later than today
                            OR named.ended_on > debt.due_date + debt.days
                           )
                      JOIN contract_notice AS notice
                        ON notice.id = named.notice_id
                       AND notice.kind = 'debt'
                       AND notice.contract_id = debt.contract_id
                  GROUP BY debt.contract_id, debt.id
                ),
                overdue AS (
                    SELECT debt.contract_id,
                           MAX(debt.days) AS days,
                           SUM(debt.amount) AS amount,
                           COUNT(DISTINCT debt.invoice_id) AS invoices,
                           COALESCE(
                               MAX(debt.days) FILTER (WHERE told.id IS NULL), 0
                           ) AS unnoticed_days,
                           MIN(told.delivered_on) AS noticed_on
                      FROM debt
                 LEFT JOIN told
                        ON told.contract_id = debt.contract_id
                       AND told.id = debt.id
                  GROUP BY debt.contract_id
                    HAVING SUM(debt.amount) >= MIN(debt.minimum)
                )
                %(select)s
                """,
                companies=companies,
                payers=payers or SQL("TRUE"),
                owing=OWING,
                counted=_among(SQL("counted.contract_id"), contracts),
                select=select,
            )
        )

    @api.model
    def _move_batch(self, contract_ids):
        """Move contracts; looked at again, because much may have happened since.

        They go together where all goes well, and each by itself where one does not.
        """
        contracts = self.env["contract.contract"].browse(contract_ids).exists()
        rules = self._rules()
        moves = self._moves(self._candidates(rules, contracts), rules)
        debts = {contract_id: debt for contract_id, (_move, debt) in moves.items()}
        groups = contracts.filtered(lambda contract: contract.id in moves).grouped(
            lambda contract: (moves[contract.id][0], contract.company_id)
        )
        for (name, _company), group in groups.items():
            group = group._in_unattended_language()
            dunning = self.with_env(group.env)
            together_or_one_by_one(
                group,
                lambda rows, dunning=dunning, name=name: dunning._move(
                    rows, name, debts
                ),
                lambda row, error, dunning=dunning: dunning._cannot_move(row, error),
            )

    @api.model
    def _cannot_move(self, contract, error):
        """Have a person look at a contract; the next run tries it again.

        That it fails is posted once, until it goes well.
        """
        problem = words_for(error, contract)
        # sudo: it is written here only
        contract = contract.sudo()
        contract.dunning_failed_on = contract._today()
        if not contract.activity_search([FAILED]):
            contract.message_post(
                body=self.env._("Dunning failed for the contract: %s", problem)
            )
        contract._open_occasion(FAILED, problem)

    @api.model
    def _move(self, contracts, name, debts):
        was_blocked = contracts.filtered(lambda row: row._status_pair() in BLOCKED)
        if name == "terminate":
            for contract in contracts:
                self._terminate(contract, debts[contract.id])
        elif name == NOTIFY:
            # nothing of the contract moves: two runs would both tell of it
            touch(contracts)
        else:
            for contract in contracts:
                cause = self._cause(name, debts[contract.id])
                contract._track_set_log_message(cause)
            contracts._move(name, False)
        contracts._close_occasion(FAILED)
        if name in ("fall_overdue", NOTIFY):
            # posted again, or overdue again: a notice that stands is not repeated
            contracts = contracts.filtered(lambda row: debts[row.id].unnoticed_days)
            contracts._notify_customer("debt")
        elif name == "auto_block":
            contracts._notify_customer("block")
        elif name == "clear":
            was_blocked._notify_customer("release")

    @api.model
    def _cause(self, name, debt):
        if name == "clear":
            return self.env._("Nothing is overdue any more")
        if debt.days == 1:
            return self.env._("1 day overdue")
        return self.env._("%s days overdue", debt.days)

    @api.model
    def _terminate(self, contract, debt):
        if contract._has_reached_its_end():  # by somebody, for a day that has come
            contract._move("terminate", contract.terminate_reason_id.name)
            return
        contract._terminate_contract(
            self.env.ref("contract_access.terminate_reason_default"),
            self._cause("terminate", debt),
            contract._today(),
            # what was invoiced in advance stays invoiced
            terminate_lines_with_last_date_invoiced=True,
        )

    @api.model
    def _look_at_debt_soon(self, invoices, contracts=None):
        """Look at the contracts of invoices once this transaction's work is done.

        :param invoices: moves whose residual, state or contract has changed
        :param contracts: those that the invoices have counted for until now
        """
        data = self.env.cr.precommit.data
        waiting = data.setdefault("contract_access.paid", (set(), set()))
        if not any(waiting):
            self.env.cr.precommit.add(partial(self._release_cleared, *waiting))
        waiting[0].update(invoices.ids)
        waiting[1].update(contracts.ids if contracts else ())

    @api.model
    def _contracts_concerned(self, moves):
        """The contracts that moves count for, or whose payers they give something.

        :param moves: some of which may have been deleted
        """
        lines = moves.env["account.move.line"]
        contracts = moves.env["contract.contract"]
        if not moves:
            return contracts
        self.env.flush_all()
        # in one query, for it is asked wherever anything is posted or paid
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.contract_id, NULL::int, NULL::int
                  FROM account_move_line AS sold
                  JOIN contract_line AS line ON line.id = sold.contract_line_id
                 WHERE sold.move_id IN %(moves)s
                UNION
                SELECT dunning_contract_id, company_id, NULL
                  FROM account_move
                 WHERE id IN %(moves)s
                UNION ALL
                SELECT NULL, NULL, given.id
                  FROM account_move_line AS given
                  JOIN account_account AS account ON account.id = given.account_id
                 WHERE given.move_id IN %(moves)s
                   AND account.account_type = 'asset_receivable'
                   AND given.amount_residual < 0
                """,
                moves=tuple(moves.ids),
            )
        )
        found, companies, given = zip(*rows, strict=True) if rows else ((), (), ())
        contracts = contracts.browse(filter(None, dict.fromkeys(found)))
        given = lines.browse(filter(None, given))
        contracts |= self._contracts_paid_by(
            given, [("access_status", "in", sorted(CLEARED_FROM))]
        )
        companies = moves.env["res.company"].browse(filter(None, {*companies}))
        wholes = companies.filtered(
            lambda company: company.contract_debt_scope == "payer"
        )
        if wholes:
            contracts |= self._contracts_paid_by(
                lines.search(
                    Domain("move_id", "in", moves.ids)
                    & Domain("account_type", "=", "asset_receivable")
                    & Domain("company_id", "in", wholes.ids)
                )
            )
        return contracts

    @api.model
    def _overdue(self, moves):
        """Those of moves that dunning may be going by, open or not.

        What is paid in time is not: such a payment waits for nobody who works on the
        contract, nor the other way round.
        """
        receivables = moves.env["account.move.line"].search(
            Domain("move_id", "in", moves.ids)
            & Domain("account_type", "=", "asset_receivable")
            & Domain("balance", ">", 0)
            & Domain("date_maturity", "!=", False)
        )
        return receivables.filtered(
            lambda line: line.date_maturity < line.company_id._today()
        ).move_id

    @api.model
    def _release_cleared(self, invoice_ids, contract_ids):
        # sudo: for whoever has booked it
        invoices = self.env["account.move"].sudo().browse(invoice_ids)
        self.env["contract.notice.line"].sudo()._end_settled(invoices)
        handed = self.env["contract.contract"].sudo().browse(contract_ids).exists()
        invoice_ids.clear()
        contract_ids.clear()
        contracts = handed | self._contracts_concerned(invoices)
        held = contracts.filtered(lambda row: row.access_status in CLEARED_FROM)
        # who moves them at this moment looks again, or this transaction does
        touch(held | handed | self._contracts_concerned(self._overdue(invoices)))
        told = self._told_to_reconcile(contracts)
        try:
            if held or told:
                with self.env.cr.savepoint():
                    held._release_cleared()
                    self._close_reconciled(told)
                    self.env["contract.notice"].sudo()._look_at_undelivered(
                        held, invoices
                    )
        except OperationalError:
            raise  # the request is tried again
        except Exception as error:
            # never in the way of a payment: the daily action makes up for it
            message = "Contracts %s could not be released"
            log_error(_logger, error, message, contracts.ids)
        self.env.flush_all()
