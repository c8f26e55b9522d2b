"""``make bench``: what is measured, and printed, but never asserted by a test."""

from benchmarks import go_live

from .console import main
from .database import Databases
from .env import Environment
from .odoo import Odoo
from .postgres import postgres


def _main() -> int:
    environment = Environment.current()
    with postgres(environment.cache) as pg:
        go_live.run(Databases(Odoo(environment, pg)))
    return 0


if __name__ == "__main__":
    main(_main)
