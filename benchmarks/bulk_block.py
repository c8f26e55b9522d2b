"""Blocking thousands of contracts in one request, beside what Odoo itself takes.

The yardstick is Odoo's own write of a tracked field on the same contracts, which leaves
a line in the chatter of each. A block does more: it decides for each contract, and
changes its SVA user, too.
"""

import tempfile
from pathlib import Path

from dev.console import step
from dev.database import Databases
from sandbox.server import running
from tests.support.crowd import Crowd
from tests.support.provider import TOKEN, Platform

from .figures import Figure
from .shell import timed_runs, typical_seconds

CONTRACTS = 5_001
#: what blocking may take of the yardstick
AT_MOST = 3.0

#: the platform has them all, and knows of no change
IN_STEP = """
UPDATE sva_user
   SET platform_state = 'active', platform_user_id = external_ref,
       sync_state = 'synced', pending_since = NULL
"""
MEASURE = """
users = env["sva.user"].search([("integration_id", "=", %(integration)s)])
contracts = users.contract_id
env.cr.commit()

def messages():
    env.cr.execute("SELECT count(*) FROM mail_message")
    return env.cr.fetchone()[0]

def measure(name, work):
    before = messages()
    timed(name, len(contracts), work)
    print("RUN", name + "_lines", len(contracts), messages() - before)

measure("warm", lambda: contracts[:10].action_block())
contracts[:10].action_release()
env.cr.commit()
measure("yardstick", lambda: contracts.sudo().write({"automatic_block": False}))
measure("block", contracts.action_block)
measure("release", contracts.action_release)
"""


def run(databases: Databases) -> list[Figure]:
    """Measure what it takes to block and to release :data:`CONTRACTS`."""
    with (
        databases.fresh("bench") as name,
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "sandbox.db", TOKEN) as platform,
    ):
        with step(f"Creating {CONTRACTS} contracts with an SVA user each"):
            crowd = Crowd.gather(
                databases.odoo, name, Platform(platform.root), CONTRACTS
            )
        with crowd.cursor() as cursor:
            cursor.execute(IN_STEP)
            cursor.execute("VACUUM ANALYZE")
        script = MEASURE % {"integration": crowd.integration}
        seen = typical_seconds(timed_runs(databases.odoo, name, script))
    found = []
    for work in ("block", "release"):
        what = f"{work} {CONTRACTS} contracts in one request"
        yardstick = "Odoo's own write of a tracked field"
        found += [
            Figure(what, seen[work], "s", AT_MOST, yardstick, seen["yardstick"]),
            Figure(f"{what}: lines", seen[f"{work}_lines"], "messages", CONTRACTS),
        ]
    return found
