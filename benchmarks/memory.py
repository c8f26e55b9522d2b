"""What memory a long run of the engine takes, beside a short one.

Each run is a process of its own, with as many calls at once as an account may have, and
a platform that answers at once.
"""

import re

from dev.console import step
from dev.database import Databases
from tests.support.crowd import Crowd

from .copies import PENDING, copy_users
from .engine import platform_process
from .figures import Figure
from .shell import PATIENCE

FEW, MANY = 1_000, 50_000
#: megabytes that the many may take more
AT_MOST = 60
#: simultaneous calls: no account may have more
AT_ONCE = 64

CONVERGE = """
import resource

env["sva.engine"]._cron_sync_users()
users = env["sva.user"].search_count([("sync_state", "!=", "synced")])
assert not users, users
print("PEAK", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def run(databases: Databases) -> list[Figure]:
    """Measure one run of each."""
    peaks = []
    with (
        databases.fresh("bench") as name,
        platform_process() as (platform, store),
    ):
        crowd = Crowd.gather(
            databases.odoo, name, platform, 1, timeout=10, concurrency=AT_ONCE
        )
        databases.odoo.shell(name, 'env["sva.engine"]._cron_sync_users()')
        copy_users(crowd, store, MANY)
        for count in (FEW, MANY):
            with crowd.cursor() as cursor:
                cursor.execute(PENDING, [count])
            with step(f"Converging {count} SVA users"):
                output = databases.odoo.shell(name, CONVERGE, PATIENCE)
            [peak] = re.findall(r"^PEAK (\d+)$", output, re.MULTILINE)
            peaks.append(int(peak) / 1024)
    few, many = peaks
    return [
        Figure(
            f"peak of memory, {MANY} rows converged, beside the {few:.0f} MB of {FEW}",
            many - few,
            "MB more",
            AT_MOST,
        )
    ]
