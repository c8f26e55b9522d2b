"""Command line: ``python -m sandbox --database FILE --token TOKEN``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .catalogue import SEED, load
from .errors import ApiError
from .server import LOOPBACK, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve as told; return the exit code.

    :param arguments: the command line, that of the process where None
    """
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="A Saber+ platform to try and test with."
    )
    parser.add_argument("--host", default=LOOPBACK, help="default: %(default)s")
    parser.add_argument(
        "--port", type=int, default=8899, help="0 picks a free one; default: 8899"
    )
    parser.add_argument(
        "--database", type=Path, required=True, help="SQLite file, made if missing"
    )
    parser.add_argument("--token", required=True, help="the bearer token to accept")
    parser.add_argument(
        "--packages", type=Path, help="JSON list of packages for a fresh database"
    )
    options = parser.parse_args(arguments)
    try:
        packages = load(options.packages) if options.packages else SEED
        serve(options.database, options.token, options.host, options.port, packages)
    except ApiError as error:
        print(f"{options.packages}: {error} {error.fields}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
