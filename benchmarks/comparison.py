"""Comparing all of a platform's users with ours, beside reading the list alone."""

from dev.database import Databases
from tests.support.crowd import Crowd
from tests.support.provider import TOKEN

from .copies import copy_users
from .engine import platform_process
from .figures import RUNS, Figure
from .shell import timed_runs, typical_seconds

USERS = 50_000
#: what the comparison may take of the reading
AT_MOST = 1.3

MEASURE = f"""
from odoo.addons.saber_plus_sva.client.saber_plus import SaberPlus

integration = env["sva.integration"].browse(%(integration)s)
runs = env["sva.reconciliation"]
url = integration.base_url
env.cr.commit()

def read():
    seen, cursor = 0, None
    with SaberPlus(url, token={TOKEN!r}) as platform:
        while not seen or cursor:
            page = platform.page_of_users(cursor)
            seen, cursor = seen + len(page.items), page.next_cursor
    assert seen > {USERS}, seen

def compare():
    runs._start(integration)
    runs._go_on()

for number in range({RUNS}):
    timed("read", {USERS}, read)
    timed("compare", {USERS}, compare)
    last = runs.search([("integration_id", "=", integration.id)], limit=1)
    seen = (last.state, last.drift_count, last.unknown_count, last.missing_count)
    assert seen == ("done", 0, 0, 0), seen
    assert last.seen_count > {USERS}, last.seen_count
"""


def run(databases: Databases) -> list[Figure]:
    """Measure it where no user differs."""
    with (
        databases.fresh("bench") as name,
        platform_process() as (platform, store),
    ):
        crowd = Crowd.gather(databases.odoo, name, platform, 1)
        databases.odoo.shell(name, 'env["sva.engine"]._cron_sync_users()')
        copy_users(crowd, store, USERS)
        script = MEASURE % {"integration": crowd.integration}
        runs = timed_runs(databases.odoo, name, script)
    seconds = typical_seconds(runs)
    return [
        Figure(
            f"{USERS} of a platform's users compared, none differing",
            seconds["compare"],
            "s",
            AT_MOST,
            "the client alone reads the list",
            seconds["read"],
        )
    ]
