"""A large provider, copied in SQL from one contract of which Odoo has made all."""

import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from psycopg2 import sql

from dev.console import step
from dev.database import Databases
from dev.odoo import Odoo
from tests.support.crowd import Crowd

#: no seed has such an id
FIRST = 10_000_000

#: one contract with one posted invoice, for Odoo to fill in what rows must have
SEED = """
from odoo import Command
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

#: the copies of each table's seed: what a copy has of its own. ``n`` counts contracts
CUSTOMERS = {
    "res_partner": {
        "id": "{first} + n",
        "commercial_partner_id": "{first} + n",
    },
    "contract_contract": {
        "id": "{first} + n",
        "partner_id": "{first} + n",
        "invoice_partner_id": "{first} + n",
        "access_token": "NULL",
    },
    "contract_line": {"id": "{first} + n", "contract_id": "{first} + n"},
}
#: … ``m`` the months of each, the oldest first; only the last one may be open
NUMBER = "(n * {months} + m)"
IS_OPEN = "(m = {months} - 1 AND n < {overdue})"
DUE_ON = "(CURRENT_DATE - 10 - 30 * ({months} - 1 - m))"
INVOICE = f"{{first}} + {NUMBER}"
INVOICES = {
    "account_move": {
        "id": INVOICE,
        "name": f"'BENCH/' || {NUMBER}",
        "partner_id": "{first} + n",
        "commercial_partner_id": "{first} + n",
        "partner_shipping_id": "{first} + n",
        "invoice_date": DUE_ON,
        "invoice_date_due": DUE_ON,
        "date": DUE_ON,
        "access_token": "NULL",
        "payment_state": f"CASE WHEN {IS_OPEN} THEN 'not_paid' ELSE 'paid' END",
        "amount_residual": f"CASE WHEN {IS_OPEN} THEN 100 ELSE 0 END",
        "amount_residual_signed": f"CASE WHEN {IS_OPEN} THEN 100 ELSE 0 END",
    },
    "account_move_line": {
        "id": f"{{first}} + 2 * {NUMBER} + (seed.contract_line_id IS NOT NULL)::int",
        "move_id": INVOICE,
        "partner_id": "{first} + n",
        "contract_line_id": "CASE WHEN seed.contract_line_id IS NOT NULL"
        " THEN {first} + n END",
        "invoice_date": DUE_ON,
        "date": DUE_ON,
        "date_maturity": f"CASE WHEN seed.date_maturity IS NOT NULL THEN {DUE_ON} END",
        "amount_residual": f"CASE WHEN {IS_OPEN} THEN seed.amount_residual ELSE 0 END",
        "amount_residual_currency": f"CASE WHEN {IS_OPEN}"
        " THEN seed.amount_residual_currency ELSE 0 END",
        "reconciled": f"seed.contract_line_id IS NULL AND NOT {IS_OPEN}",
    },
}
SVA_USERS = {
    "sva_user": {
        "id": "{first} + n",
        "contract_id": "{first} + n",
        "partner_id": "{first} + n",
        "cpf_cnpj": "lpad(({first} + n)::text, 11, '0')",
        "external_ref": "'copy-' || {first} + n",
        "platform_user_id": "'usr_' || {first} + n",
    },
}
#: the same on the platform's side
ACCOUNTS = {
    "seq": "{first} + n",
    "id": "'usr_' || ({first} + n)",
    "cpf": "printf('%011d', {first} + n)",
    "external_ref": "'copy-' || ({first} + n)",
}
#: has copies wait for a call that changes nothing on the platform
PENDING = f"""
UPDATE sva_user
   SET platform_state = 'blocked', sync_state = 'pending', pending_since = now()
 WHERE id IN (SELECT id FROM sva_user WHERE id >= {FIRST} LIMIT %s)
"""


def copy_provider(
    odoo: Odoo, database: str, contracts: int, months: int = 1, overdue: int = 0
) -> None:
    """Make contracts with posted invoices; the one that they are copied from ends.

    :param months: how many invoices each has
    :param overdue: contracts that owe their last invoice
    """
    output = odoo.shell(database, SEED)
    [line] = [line for line in output.splitlines() if line.startswith("SEED ")]
    partner, contract, contract_line, invoice = line.split()[1:]
    seeds = {
        "res_partner": f"id = {partner}",
        "contract_contract": f"id = {contract}",
        "contract_line": f"id = {contract_line}",
        "account_move": f"id = {invoice}",
        "account_move_line": f"move_id = {invoice}",
    }
    tables = CUSTOMERS | INVOICES
    with (
        step(f"Copying {contracts} contracts with {contracts * months} invoices"),
        Databases(odoo).cursor(database) as cursor,
    ):
        names = {"months": months, "overdue": overdue}
        with _without_foreign_keys(cursor, tables):
            for table, own in tables.items():
                each = months if table in INVOICES else 1
                copy_rows(cursor, table, own, seeds[table], contracts, each, names)
        # the one that they are copied from owes for years
        cursor.execute(
            "UPDATE contract_contract SET active = FALSE WHERE id = %s", [contract]
        )
        cursor.execute("VACUUM ANALYZE")


def copy_users(crowd: Crowd, store: Path, count: int) -> None:
    """Have a crowd of one, in step with the platform, be one of so many more.

    :param store: the sandbox's file
    """
    with (
        step(f"Copying {count} SVA users, here and on the platform"),
        crowd.cursor() as cursor,
    ):
        mine = f"integration_id = {crowd.integration}"
        contract = f"id IN (SELECT contract_id FROM sva_user WHERE {mine})"
        payer = f"id IN (SELECT partner_id FROM contract_contract WHERE {contract})"
        seeds = {
            "res_partner": payer,
            "contract_contract": contract,
            "contract_line": f"contract_{contract}",
            "sva_user": mine,
        }
        tables = CUSTOMERS | SVA_USERS
        with _without_foreign_keys(cursor, tables):
            for table, own in tables.items():
                copy_rows(cursor, table, own, seeds[table], count)
        cursor.execute("VACUUM ANALYZE")
        with closing(sqlite3.connect(store, timeout=30)) as platform, platform:
            columns = [row[1] for row in platform.execute("PRAGMA table_info(users)")]
            values = [ACCOUNTS.get(name, name).format(first=FIRST) for name in columns]
            platform.execute(
                "WITH RECURSIVE numbers(n) AS"
                " (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ?)"
                f" INSERT INTO users ({', '.join(columns)})"
                f" SELECT {', '.join(values)} FROM users, numbers",
                [count],
            )


@contextmanager
def _without_foreign_keys(cursor, tables: Collection[str]) -> Iterator[None]:
    """A copy refers to what its seed does; to look at each of them takes minutes.

    Afterwards they hold again for what is written then.
    """
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)"
        " FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s)",
        [list(tables)],
    )
    keys = [
        (sql.Identifier(table), sql.Identifier(name), sql.SQL(definition))
        for table, name, definition in cursor.fetchall()
    ]
    for table, name, _definition in keys:
        cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(table, name))
    yield
    for key in keys:
        cursor.execute(
            sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {} NOT VALID").format(*key)
        )


def copy_rows(
    cursor,
    table: str,
    own: Mapping[str, str],
    where: str,
    count: int,
    each: int = 1,
    names: Mapping[str, int] | None = None,
) -> None:
    """Copy the seeds of a table.

    :param own: by column, what a copy has of its own
    :param where: which rows are the seeds, among those that are no copies
    :param count: how many contracts there are
    :param each: how many copies each of them has
    :param names: what else the columns' values speak of
    """
    names = {"first": FIRST, **(names or {})}
    own = {column: value.format(**names) for column, value in own.items()}
    columns, values = _columns_and_values(cursor, table, own)
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} ({columns}) SELECT {values} FROM {table} AS seed,"
            " generate_series(0, %s) AS n, generate_series(0, %s) AS m"
            " WHERE seed.id < %s AND ({where})"
        ).format(
            table=sql.Identifier(table),
            columns=columns,
            values=values,
            where=sql.SQL(where),
        ),
        [count - 1, each - 1, FIRST],
    )


def _columns_and_values(
    cursor, table: str, own: Mapping[str, str]
) -> tuple[sql.Composed, sql.Composed]:
    """The columns of a table, and what goes into them of a copy of ``seed``.

    :param own: by column, what a copy has of its own
    """
    cursor.execute(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = %s AND table_schema = 'public'",
        [table],
    )
    names = [name for [name] in cursor.fetchall()]
    values = [
        sql.SQL(own[name]) if name in own else sql.Identifier("seed", name)
        for name in names
    ]
    comma = sql.SQL(", ")
    return comma.join(map(sql.Identifier, names)), comma.join(values)
