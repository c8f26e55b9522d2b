"""What the engine reaches, beside the same calls from a bare pool, and from a loop.

Odoo, PostgreSQL and the sandbox are processes of their own. The engine runs in Odoo's
shell, and so do its yardsticks: each with the same Python, and alternating.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dev.console import step
from dev.database import Databases
from dev.odoo import free_port
from dev.sandbox_process import SandboxProcess
from tests.support.crowd import Crowd
from tests.support.provider import TOKEN, Platform

from .figures import RUNS, Figure, median
from .shell import timed_runs

ROWS = 2_000
#: seconds that the platform takes for each call
LATENCY = 0.05
AT_ONCE = 16
#: rows of the plain loop, which takes as long for each of them
IN_A_LOOP = 100
#: rows that a small batch has, and a large one ten times of it
FEW = 200

MEASURE = """
from concurrent.futures import ThreadPoolExecutor
import requests
from requests.adapters import HTTPAdapter

engine = env["sva.engine"]
integration = env["sva.integration"].browse(%(integration)s)
users = env["sva.user"].search([("integration_id", "=", integration.id)])
contracts = users.contract_id.ids
base = integration.base_url
env.cr.commit()
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = "Bearer %(token)s"
session.mount("http://", HTTPAdapter(pool_maxsize=%(at_once)s))

def put(user_id, status):
    answer = session.put(
        f"{base}/users/{user_id}/status",
        json={"status": status}, timeout=10)
    answer.raise_for_status()
    return answer.json()["status"]

def pool(ids, status):
    with ThreadPoolExecutor(%(at_once)s) as threads:
        list(threads.map(lambda user_id: put(user_id, status), ids))

def loop(some, status):
    # one call, one write, one commit
    for user in some:
        seen = put(user.platform_user_id, status)
        user.write({"platform_state": seen, "last_sync_date": env.cr.now()})
        env.cr.commit()

def block(count, status):
    some = env["contract.contract"].browse(contracts[:count])
    if status == "blocked":
        some.action_block()
    else:
        some.action_release()

for run in range(%(runs)s):
    for status in ("blocked", "active"):
        ids = users.mapped("platform_user_id")
        env.cr.commit()
        timed("pool", len(ids), lambda: pool(ids, status))
        timed("loop", %(in_a_loop)s, lambda: loop(users[:%(in_a_loop)s], status))
        users[:%(in_a_loop)s].write(
            {"platform_state": "active" if status == "blocked" else "blocked"})
        env.cr.commit()
        if status == "blocked":
            timed("block", %(few)s, lambda: block(%(few)s, "blocked"))
            block(%(few)s, "active")
            env.cr.commit()
        name = "block" if status == "blocked" else "release"
        timed(name, len(users), lambda: block(len(users), status))
        timed("engine", len(users), engine._cron_sync_users)
        states = set(users.mapped(lambda user: (user.sync_state, user.platform_state)))
        assert states == {("synced", status)}, states
"""


def run(databases: Databases) -> list[Figure]:
    """Measure how fast changes reach the platform, and how fast they are made."""
    with (
        databases.fresh("bench") as name,
        platform_process() as (platform, _store),
    ):
        with step(f"Creating {ROWS} contracts with an SVA user each"):
            crowd = Crowd.gather(
                databases.odoo,
                name,
                platform,
                ROWS,
                timeout=10,
                concurrency=AT_ONCE + 1,
            )
            databases.odoo.shell(name, 'env["sva.engine"]._cron_sync_users()')
        crowd.slow_down(LATENCY)
        script = MEASURE % {
            "integration": crowd.integration,
            "token": TOKEN,
            "at_once": AT_ONCE,
            "in_a_loop": IN_A_LOOP,
            "few": FEW,
            "runs": RUNS,
        }
        runs = timed_runs(databases.odoo, name, script)
    rate = {
        name: median(count / seconds for count, seconds in runs[name])
        for name in ("engine", "pool", "loop")
    }
    block = [seconds for count, seconds in runs["block"] if count == ROWS]
    few = [seconds for count, seconds in runs["block"] if count == FEW]
    return [
        Figure(
            f"{ROWS} active rows to blocked, latency {LATENCY * 1000:.0f} ms, "
            f"{AT_ONCE} at once",
            rate["engine"],
            "rows/s",
            0.9,
            "the same calls from a bare pool",
            rate["pool"],
            is_least=True,
        ),
        Figure(
            "the same",
            rate["engine"],
            "rows/s",
            15,
            "a loop: one call, one write, one commit",
            rate["loop"],
            is_least=True,
        ),
        Figure(f"action_block on {ROWS} contracts in one call", median(block), "s", 2),
        Figure(
            f"action_block on {ROWS} contracts, each",
            median(block) / ROWS * 1000,
            "ms",
            1.2,
            f"each of {FEW}",
            median(few) / FEW * 1000,
        ),
    ]


@contextmanager
def platform_process() -> Iterator[tuple[Platform, Path]]:
    """A sandbox that shares no interpreter with whoever measures, and its file."""
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "sandbox.db"
        with SandboxProcess(store, TOKEN, free_port()) as sandbox:
            yield Platform(sandbox.root), store
