"""What a second server brings, where the platform takes its time.

Both servers take the jobs of one queue. Each brings room for one job more, as one does
where a server is added.
"""

import re
import time

from dev.console import step
from dev.database import Databases
from dev.odoo import Odoo, Server
from dev.testing import GLUE
from tests.support.crowd import Crowd
from tests.support.queue_servers import queue_servers

from .copies import PENDING, copy_users
from .engine import platform_process
from .figures import Figure, median

ROWS = 6_000
#: seconds that the platform takes for each call
LATENCY = 0.2
#: simultaneous calls: no account may have more
AT_ONCE = 64
#: a run takes half a minute
RUNS = 3
#: what two servers must reach of one
AT_LEAST = 1.8
#: seconds that a run may take
PATIENCE = 600


def run(databases: Databases) -> list[Figure]:
    """Measure one server and two, alternating."""
    rates: dict[int, list[float]] = {1: [], 2: []}
    with (
        databases.fresh("bench", GLUE) as name,
        platform_process() as (platform, store),
    ):
        crowd = Crowd.gather(
            databases.odoo, name, platform, 1, timeout=10, concurrency=AT_ONCE
        )
        databases.odoo.shell(name, 'env["sva.engine"]._cron_sync_users()')
        copy_users(crowd, store, ROWS)
        crowd.slow_down(LATENCY)
        for _run in range(RUNS):
            for count, seen in rates.items():
                with step(f"Converging {ROWS} SVA users on {count} servers"):
                    seen.append(_rate(databases.odoo, crowd, count))
    return [
        Figure(
            f"{ROWS} rows converged by two servers, latency {LATENCY * 1000:.0f} ms",
            median(rates[2]),
            "rows/s",
            AT_LEAST,
            "by one",
            median(rates[1]),
            is_least=True,
        )
    ]


def _rate(odoo: Odoo, crowd: Crowd, count: int) -> float:
    """Rows that so many servers converge in a second."""
    with crowd.cursor() as cursor:
        cursor.execute("DELETE FROM queue_job")
        cursor.execute(PENDING, [ROWS])
    with queue_servers(odoo, crowd.database, count, jobs=count) as servers:
        odoo.shell(crowd.database, 'env["sva.wakeup"]._engine(); env.cr.commit()')
        started = _when_left(crowd, ROWS - 1)
        ended = _when_left(crowd, 0)
        assert all(map(_converged, servers)), "a server had nothing to do"
    return ROWS / (ended - started)


def _when_left(crowd: Crowd, rows: int) -> float:
    """When no more than so many rows wait."""
    deadline = time.monotonic() + PATIENCE
    with crowd.cursor() as cursor:
        while True:
            cursor.execute("SELECT count(*) FROM sva_user WHERE sync_state = 'pending'")
            if cursor.fetchone()[0] <= rows:
                return time.monotonic()
            assert time.monotonic() < deadline, "it takes too long"
            time.sleep(0.1)


def _converged(server: Server) -> int:
    """How many rows a server has worked on."""
    log = server.log.read_text(errors="replace")
    return sum(map(int, re.findall(r"(\d+) rows converged", log)))
