"""How PostgreSQL answers the engine and the lists, at a large provider's size.

Prints the plan of every query that a claim, a settlement, a look for work and the
lists of SVA users, contracts and calls make, over 200,000 SVA users; a tenth of them
is pending. They are copied in SQL from those that Odoo has made.
"""

import tempfile
from pathlib import Path

from dev.console import say, step
from dev.database import Databases
from sandbox.server import running
from tests.support.crowd import Crowd
from tests.support.provider import TOKEN, Platform

from .copies import copy_rows
from .figures import Figure

SEEDS = 20
COPIES = 10_000
PENDING = "n %% 10 = 0"
#: seeds' ids are no further apart
BEYOND = "{first} + n * 1000"
#: by table, what a copy has of its own
OWN = {
    "contract_contract": {"id": f"{BEYOND} + seed.id", "access_token": "NULL"},
    "sva_user": {
        "id": f"{BEYOND} + seed.id",
        "contract_id": f"{BEYOND} + seed.contract_id",
        "cpf_cnpj": f"lpad(({BEYOND} + seed.id)::text, 11, '0')",
        "external_ref": f"'copy-' || {BEYOND} + seed.id",
        "platform_user_id": f"'usr_' || {BEYOND} + seed.id",
        "platform_state": "'active'",
        "sync_state": f"CASE WHEN {PENDING} THEN 'pending' ELSE 'synced' END",
        "next_sync_date": "NULL",
    },
}
EXPLAIN = """
from odoo.sql_db import Cursor

integration = env["sva.integration"].browse(%(integration)s)
execute, seen = Cursor.execute, set()

def explain(cr, query, params=None, **options):
    text = cr.mogrify(query, params).decode() if params else str(query)
    if hasattr(query, "code"):
        text = cr.mogrify(query.code, query.params).decode()
    name = " ".join(text.split())
    if name.startswith(("SELECT", "WITH")) and "sva_" in name and name[:90] not in seen:
        seen.add(name[:90])
        execute(cr, "EXPLAIN (ANALYZE, COSTS OFF, SUMMARY ON) " + text)
        print("PLAN", name[:300])
        for [line] in cr.fetchall():
            print("PLAN   ", line)
    return execute(cr, query, params, **options)

engine = env["sva.engine"]
env.invalidate_all()
Cursor.execute = explain
engine._due_integrations()
claim = engine._take(integration)
env.flush_all()
env["sva.user"].search([("lease_token", "=", claim.token)]).mapped("state")
env["sva.user"].web_search_read([], {"name": {}}, limit=80)
env["sva.user"].web_search_read([("name", "ilike", "3000000")], {"name": {}}, limit=80)
env["sva.user"].web_search_read([("sync_state", "=", "failed")], {"name": {}}, limit=80)
env["sva.api.call"].web_search_read([], {"operation": {}}, limit=80)
Cursor.execute = execute
env.cr.rollback()
"""


def run(databases: Databases) -> list[Figure]:
    """Print the plans; there are no figures to reach."""
    with (
        databases.fresh("bench") as name,
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "sandbox.db", TOKEN) as platform,
    ):
        crowd = Crowd.gather(databases.odoo, name, Platform(platform.root), SEEDS)
        with step(f"Copying {SEEDS * COPIES} SVA users"), crowd.cursor() as cursor:
            for table, own in OWN.items():
                seeds = f"id IN (SELECT id FROM {table} ORDER BY id DESC LIMIT {SEEDS})"
                copy_rows(cursor, table, own, seeds, COPIES)
            cursor.execute("VACUUM ANALYZE")
        output = databases.odoo.shell(
            name, EXPLAIN % {"integration": crowd.integration}, 600
        )
    for line in output.splitlines():
        if line.startswith("PLAN"):
            say(line.removeprefix("PLAN "))
    return []
