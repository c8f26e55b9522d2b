"""``make env``: everything that is needed to run Odoo 19 with the addon.

python3 -m tools.env              makes it
python3 -m tools.env MODULE …     makes it, then runs a module of ours in it
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from .console import StepFailed, main, say
from .odoo_source import OdooSource, find_odoo
from .paths import ROOT, cache_dir
from .venv import ensure_venv

RECORD = "saber_plus_sva.json"


@dataclass(frozen=True)
class Environment:
    """What ``make env`` found or made.

    :param cache: the folder that checkouts share
    :param odoo: the Odoo tree
    :param python: the interpreter that has everything
    """

    cache: Path
    odoo: OdooSource
    python: Path

    @classmethod
    def current(cls) -> "Environment":
        """The environment that this process runs in.

        :raises StepFailed: it runs in none
        """
        record = Path(sys.prefix, RECORD)
        if not record.exists():
            raise StepFailed("This runs in the environment only", "Use make.")
        odoo = json.loads(record.read_text())
        addons = odoo["addons_path"]
        return cls(
            cache_dir(),
            OdooSource(
                odoo["kind"], Path(odoo["import_path"]), addons and Path(addons)
            ),
            Path(sys.executable),
        )

    def record(self) -> None:
        """Leave word for :meth:`current`."""
        odoo = {
            "kind": self.odoo.kind,
            "import_path": str(self.odoo.import_path),
            "addons_path": self.odoo.addons_path and str(self.odoo.addons_path),
        }
        (self.python.parent.parent / RECORD).write_text(json.dumps(odoo))


def ensure_environment() -> Environment:
    """Find or fetch Odoo, and make the Python environment.

    :raises StepFailed: with what to do about it
    """
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        raise StepFailed(
            f"Python {sys.version.split()[0]} does not fit Odoo 19",
            "Set PYTHON to one of 3.11 to 3.13: make PYTHON=python3.12 …",
        )
    cache = cache_dir()
    cache.mkdir(parents=True, exist_ok=True)
    odoo = find_odoo(cache)
    say(f"Odoo 19: {odoo.import_path} ({odoo.kind})")
    environment = Environment(cache, odoo, ensure_venv(cache, odoo))
    environment.record()
    return environment


def _main() -> int:
    environment = ensure_environment()
    module, *arguments = sys.argv[1:] or [None]
    if not module:
        say(f"Ready: {environment.python}")
        return 0
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(
        environment.python,
        [str(environment.python), "-m", f"tools.{module}", *arguments],
    )


if __name__ == "__main__":
    main(_main)
