"""Installing on a large provider's contracts, beside installing on an empty base."""

import time

from dev.database import Databases

from .copies import copy_provider
from .figures import Figure, median

CONTRACTS = 200_000
#: an installation takes half a minute
RUNS = 3
#: seconds that so many contracts may cost
AT_MOST = 5


def run(databases: Databases) -> list[Figure]:
    """Measure both, alternating."""
    large = databases.copy("bench_large")
    copy_provider(databases.odoo, large, CONTRACTS)
    seconds = {"large": [], "empty": []}
    for _run in range(RUNS):
        seconds["empty"].append(_install(databases, databases.copy("bench")))
        name = databases.name("bench")
        databases.drop(name)
        databases.duplicate(large, name)
        seconds["large"].append(_install(databases, name))
    databases.drop(large)
    databases.drop(databases.name("bench"))
    empty, filled = median(seconds["empty"]), median(seconds["large"])
    return [
        Figure(
            f"installing on {CONTRACTS} contracts with an invoice each, beside the "
            f"{empty:.1f} s on an empty base",
            filled - empty,
            "s more",
            AT_MOST,
        )
    ]


def _install(databases: Databases, name: str) -> float:
    started = time.monotonic()
    databases.install(name)
    return time.monotonic() - started
