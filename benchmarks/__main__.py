"""All that is measured, one after the other, or a part: ``python -m benchmarks``."""

import argparse
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
    plans,
    two_servers,
)
from .figures import report, table

#: what ``WRITE=1`` writes the table into, between two comments
DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
#: in the order of the table
IN_THE_TABLE = (
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
PARTS = {
    module.__name__.rpartition(".")[2]: module for module in (*IN_THE_TABLE, plans)
}


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("part", nargs="?", choices=PARTS, help="default: all")
    name = parser.parse_args().part
    parts = [PARTS[name]] if name else IN_THE_TABLE
    with reach() as databases:
        figures = [figure for part in parts for figure in part.run(databases)]
    report(name or "all", figures)
    if os.environ.get("WRITE") and not name:
        before, rest = DOCUMENT.read_text().split(BEGIN)
        after = rest.split(END)[1]
        DOCUMENT.write_text(f"{before}{BEGIN}{table(figures)}{END}{after}")
    return 0


if __name__ == "__main__":
    main(_main)
