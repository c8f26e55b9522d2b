"""Command line: ``python -m sandbox --database FILE --token TOKEN``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .server import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve as told; return the exit code.

    :param arguments: the command line, that of the process where None
    """
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A Saber+ platform to try and test with."
    )
    parser.add_argument(
        "--port", type=int, default=8899, help="0 picks a free one; default: 8899"
    )
    parser.add_argument(
        "--database", type=Path, required=True, help="SQLite file, made if missing"
    )
    parser.add_argument("--token", required=True, help="the bearer token to accept")
    options = parser.parse_args(arguments)
    try:
        serve(options.database, options.token, options.port)
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
