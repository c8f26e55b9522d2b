"""Creating many SVA users in one call."""

import tempfile
from pathlib import Path

from dev.console import step
from dev.database import Databases
from sandbox.server import running
from tests.support.crowd import Crowd
from tests.support.provider import TOKEN, Platform

from .figures import RUNS, Figure, median
from .shell import timed_runs

USERS = 1_000
FEW = 100

MEASURE = """
contracts = env["sva.user"].search([]).contract_id.ids

def create(count):
    values = [{"contract_id": contract} for contract in contracts[:count]]
    env["sva.user"].create(values)
    env.flush_all()

# rolled back each time, and so are these
env.cr.execute("DELETE FROM sva_user")
env.invalidate_all()
for count in (%(few)s, %(users)s) * (%(runs)s + 1):
    savepoint = env.cr.savepoint(flush=False)
    env.invalidate_all()
    queries, started = env.cr.sql_log_count, time.monotonic()
    create(count)
    print("RUN create", count, time.monotonic() - started)
    print("RUN queries", count, env.cr.sql_log_count - queries)
    savepoint.rollback()
    env.transaction.clear()
    env.cr.precommit.clear()
env.cr.rollback()
"""


def run(databases: Databases) -> list[Figure]:
    """Measure it, on contracts that have no SVA user yet."""
    with (
        databases.fresh("bench") as name,
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "sandbox.db", TOKEN) as platform,
    ):
        with step(f"Creating {USERS} contracts"):
            Crowd.gather(databases.odoo, name, Platform(platform.root), USERS)
        script = MEASURE % {"few": FEW, "users": USERS, "runs": RUNS}
        runs = timed_runs(databases.odoo, name, script)

    def typical(what: str, users: int) -> float:
        # the first of each fills the caches
        return median([seen for count, seen in runs[what] if count == users][1:])

    return [
        Figure(
            f"{USERS} SVA users created in one call, each",
            typical("create", USERS) / USERS * 1000,
            "ms",
            1.5,
        ),
        # Odoo inserts a hundred rows at a time
        Figure(
            f"queries for each further {FEW} of them",
            (typical("queries", USERS) - typical("queries", FEW)) / (USERS / FEW - 1),
            "queries",
            5,
        ),
    ]
