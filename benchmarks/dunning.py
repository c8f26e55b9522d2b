"""What the daily action takes, beside the one SQL query that one would write.

Over a provider of 100,000 contracts that all owe something, and none of which is to
move today; and beside Odoo's own write, where 2,000 are. Contracts and invoices are
copied in SQL from one of each that Odoo has made.
"""

from contextlib import closing

import psycopg2
from psycopg2 import sql

from dev.console import main, step
from dev.database import Databases
from dev.env import Environment
from dev.odoo import Odoo
from dev.postgres import postgres

from .figures import RUNS, Figure, median, report
from .shell import timed_runs

CONTRACTS = 102_000
MONTHS = 3
#: contracts that owe their last invoice
OVERDUE = 100_000
#: contracts that have paid what they were told of
MOVED = CONTRACTS - OVERDUE
#: what the daily action may take of its yardsticks
AT_MOST = 1.5

#: one contract with one posted invoice, for Odoo to fill in what rows must have
SEED = """
from odoo import Command
company = env.company
company.write({
    "contract_notice_after_days": 30,
    "contract_block_after_notice_days": 15,
    "contract_cancel_after_block_days": 60,
})
partner = env["res.partner"].create({"name": "Cliente", "email": "c@example.com"})
product = env["product.product"].create({"name": "Fibra", "type": "service"})
contract = env["contract.contract"].create({
    "name": "Contrato",
    "partner_id": partner.id,
    "line_recurrence": True,
    "contract_line_ids": [Command.create({
        "product_id": product.id, "name": "Fibra", "price_unit": 100,
        "date_start": "2020-01-01", "recurring_next_date": "2099-01-01"})],
})
invoice = env["account.move"].create({
    "move_type": "out_invoice",
    "partner_id": partner.id,
    "invoice_date": "2020-01-01",
    "invoice_date_due": "2020-01-01",
    "invoice_line_ids": [Command.create({
        "product_id": product.id, "price_unit": 100, "tax_ids": [],
        "contract_line_id": contract.contract_line_ids.id})],
})
invoice.action_post()
env.cr.commit()
print("SEED", partner.id, contract.id, contract.contract_line_ids.id, invoice.id)
"""

#: the copies of each table's seed: what a copy has of its own. ``n`` counts contracts,
#: ``m`` the months of each, the oldest first; only the last one may be open
NUMBER = f"(n * {MONTHS} + m)"
IS_OPEN = f"(m = {MONTHS - 1} AND n < {OVERDUE})"
DUE_ON = f"(CURRENT_DATE - 10 - 30 * ({MONTHS - 1} - m))"
INVOICE = f"%(first)s + {NUMBER}"
COPIES = {
    "res_partner": {
        "id": "%(first)s + n",
        "commercial_partner_id": "%(first)s + n",
    },
    "contract_contract": {
        "id": "%(first)s + n",
        "partner_id": "%(first)s + n",
        "invoice_partner_id": "%(first)s + n",
        "access_token": "NULL",
    },
    "contract_line": {"id": "%(first)s + n", "contract_id": "%(first)s + n"},
    "account_move": {
        "id": INVOICE,
        "name": f"'BENCH/' || {NUMBER}",
        "partner_id": "%(first)s + n",
        "commercial_partner_id": "%(first)s + n",
        "partner_shipping_id": "%(first)s + n",
        "invoice_date": DUE_ON,
        "invoice_date_due": DUE_ON,
        "date": DUE_ON,
        "access_token": "NULL",
        "payment_state": f"CASE WHEN {IS_OPEN} THEN 'not_paid' ELSE 'paid' END",
        "amount_residual": f"CASE WHEN {IS_OPEN} THEN 100 ELSE 0 END",
        "amount_residual_signed": f"CASE WHEN {IS_OPEN} THEN 100 ELSE 0 END",
    },
    "account_move_line": {
        "id": f"%(first)s + 2 * {NUMBER} + (seed.contract_line_id IS NOT NULL)::int",
        "move_id": INVOICE,
        "partner_id": "%(first)s + n",
        "contract_line_id": "CASE WHEN seed.contract_line_id IS NOT NULL"
        " THEN %(first)s + n END",
        "invoice_date": DUE_ON,
        "date": DUE_ON,
        "date_maturity": f"CASE WHEN seed.date_maturity IS NOT NULL THEN {DUE_ON} END",
        "amount_residual": f"CASE WHEN {IS_OPEN} THEN seed.amount_residual ELSE 0 END",
        "amount_residual_currency": f"CASE WHEN {IS_OPEN}"
        " THEN seed.amount_residual_currency ELSE 0 END",
        "reconciled": f"seed.contract_line_id IS NULL AND NOT {IS_OPEN}",
    },
}
#: no seed has such an id
FIRST = 10_000_000

#: what one would write, over the tables as Odoo and OCA make them
YARDSTICK = """
SELECT line.contract_id, MIN(due.date_maturity), SUM(due.amount_residual)
  FROM account_move_line AS due
  JOIN account_account AS account ON account.id = due.account_id
  JOIN account_move AS invoice ON invoice.id = due.move_id
  JOIN LATERAL (
        SELECT DISTINCT line.contract_id
          FROM account_move_line AS sold
          JOIN contract_line AS line ON line.id = sold.contract_line_id
         WHERE sold.move_id = invoice.id
       ) AS line ON TRUE
 WHERE account.account_type = 'asset_receivable'
   AND due.parent_state = 'posted'
   AND due.amount_residual > 0
   AND due.date_maturity < CURRENT_DATE
   AND invoice.move_type = 'out_invoice'
   AND invoice.payment_state NOT IN ('in_payment', 'paid', 'reversed')
 GROUP BY line.contract_id
"""

MEASURE = f"""
from functools import partial
from odoo.addons.contract_access.models.contract_dunning import BATCH_SIZE
from odoo.addons.contract_access.transaction import run
from odoo.tools import SQL, split_every

dunning = env["contract.dunning"]
paid = env["contract.contract"].search([("id", ">=", {FIRST + OVERDUE})])
assert len(paid) == {MOVED}, len(paid)

def yardstick():
    assert len(env.execute_query(SQL({YARDSTICK!r}))) >= {OVERDUE}

def daily():
    dunning._cron_contract_lifecycle()

def move(moves):
    for batch in split_every(BATCH_SIZE, moves, list):
        run(env, partial(dunning._move_batch, batch))

def told():
    env.cr.execute(
        "UPDATE contract_contract SET access_status = 'overdue' WHERE id >= %s",
        [{FIRST + OVERDUE}])
    env.cr.commit()
    env.invalidate_all()

daily()  # fills the caches
for _run in range({RUNS}):
    timed("query", {OVERDUE}, yardstick)
    timed("daily", {OVERDUE}, daily)
    told()
    timed("write", {MOVED}, lambda: paid.write({{"access_status": "active"}}))
    told()
    moves = dunning._moving(dunning._rules())
    assert len(moves) == {MOVED}, len(moves)
    timed("move", {MOVED}, lambda: move(moves))
"""


def run(databases: Databases) -> list[Figure]:
    """Measure a day on which nothing moves, and one on which many do."""
    name = databases.copy("bench")
    databases.install(name)
    seeds = _seeds(databases.odoo.shell(name, SEED))
    with (
        step(f"Copying {CONTRACTS} contracts with {CONTRACTS * MONTHS} invoices"),
        closing(psycopg2.connect(dbname=name, **databases.odoo.dsn)) as link,
    ):
        link.autocommit = True
        with link.cursor() as cursor:
            _drop_foreign_keys(cursor)
            for table, own in COPIES.items():
                _copy(cursor, table, own, seeds[table])
            # the one that they are copied from owes for years
            _column, seed = seeds["contract_contract"]
            cursor.execute(
                "UPDATE contract_contract SET active = FALSE WHERE id = %s", [seed]
            )
            cursor.execute("VACUUM ANALYZE")
    runs = timed_runs(databases.odoo, name, MEASURE)
    databases.drop(name)
    seconds = {
        work: median(seconds for _count, seconds in some) for work, some in runs.items()
    }
    return [
        Figure(
            f"daily action, {OVERDUE} overdue contracts, nothing to move",
            seconds["daily"],
            "s",
            AT_MOST,
            "the one SQL query that finds them",
            seconds["query"],
        ),
        Figure(
            f"{MOVED} of its contracts moved",
            seconds["move"],
            "s",
            AT_MOST,
            "the ORM's write alone, tracking on",
            seconds["write"],
        ),
    ]


def _seeds(output: str) -> dict[str, tuple[str, int]]:
    """By table, the column by which its seeds are found, and the value."""
    [line] = [line for line in output.splitlines() if line.startswith("SEED ")]
    partner, contract, contract_line, invoice = map(int, line.split()[1:])
    return {
        "res_partner": ("id", partner),
        "contract_contract": ("id", contract),
        "contract_line": ("id", contract_line),
        "account_move": ("id", invoice),
        "account_move_line": ("move_id", invoice),
    }


def _drop_foreign_keys(cursor) -> None:
    """A copy refers to what its seed does; to look at each of them takes minutes."""
    cursor.execute(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [list(COPIES)],
    )
    for table, name in cursor.fetchall():
        cursor.execute(
            sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(
                sql.Identifier(table), sql.Identifier(name)
            )
        )


def _copy(cursor, table: str, own: dict[str, str], seed: tuple[str, int]) -> None:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = 'public'",
        [table],
    )
    columns = [column for [column] in cursor.fetchall()]
    values = [
        sql.SQL(own[column] % {"first": FIRST})
        if column in own
        else sql.SQL("seed.") + sql.Identifier(column)
        for column in columns
    ]
    column, value = seed
    months = MONTHS if table.startswith("account_") else 1
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} AS seed,"
            " generate_series(0, %s) AS n, generate_series(0, %s) AS m"
            " WHERE seed.{column} = %s"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            values=sql.SQL(", ").join(values),
            column=sql.Identifier(column),
        ),
        [CONTRACTS - 1, months - 1, value],
    )


def _main() -> int:
    environment = Environment.current()
    with postgres(environment.cache) as pg:
        report("dunning", run(Databases(Odoo(environment, pg))))
    return 0


if __name__ == "__main__":
    main(_main)
