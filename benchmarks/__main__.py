"""All that is measured, one after the other: ``python -m benchmarks``."""

import os
from pathlib import Path

from dev.console import main
from dev.database import reach

from . import (
    bulk_block,
    comparison,
    creation,
    dunning,
    engine,
    go_live,
    installation,
    invoicing,
    memory,
    two_servers,
)
from .figures import report, table

#: what ``WRITE=1`` writes the table into, between two comments
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
#: in the order of the table
PARTS = (
    engine,
    two_servers,
    memory,
    creation,
    bulk_block,
    go_live,
    dunning,
    invoicing,
    comparison,
    installation,
)


def _main() -> int:
    with reach() as databases:
        figures = [figure for part in PARTS for figure in part.run(databases)]
    report("all", figures)
    if os.environ.get("WRITE"):
        before, rest = DOCUMENT.read_text().split(BEGIN)
        after = rest.split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}{table(figures)}{END}{after}")
    return 0


if __name__ == "__main__":
    main(_main)
