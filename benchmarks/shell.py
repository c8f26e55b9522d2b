"""Measuring in Odoo's shell."""

import re
from collections import defaultdict

from dev.odoo import Odoo

from .figures import median

#: seconds that all runs of a script may take
PATIENCE = 3_600

TIMED = """
import time

def timed(name, count, work):
    env.invalidate_all()
    started = time.monotonic()
    work()
    env.cr.commit()
    print("RUN", name, count, time.monotonic() - started)

"""


def timed_runs(
    odoo: Odoo, database: str, script: str
) -> dict[str, list[tuple[int, float]]]:
    """Run a script that calls ``timed(name, count, work)`` for what is to be measured.

    ``work`` is called and committed, with nothing in Odoo's caches.

    :return: by name, the counts and the seconds of each run
    :raises StepFailed: it ended with an error
    """
    output = odoo.shell(database, TIMED + script, PATIENCE)
    runs = defaultdict(list)
    for name, count, seconds in re.findall(r"^RUN (\S+) (\d+) (\S+)$", output, re.M):
        runs[name].append((int(count), float(seconds)))
    return runs


def typical_seconds(runs: dict[str, list[tuple[int, float]]]) -> dict[str, float]:
    """The median of what was measured by :func:`timed_runs`, by name."""
    return {
        name: median(seconds for _count, seconds in some) for name, some in runs.items()
    }
