"""``make env``: everything that is needed to run Odoo 19 with the addon.

It is in the cache; ``.run/venv`` leads there, and the other targets run in it.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .console import StepFailed, alone, main, run, say, step
from .odoo_source import OdooSource, find_odoo
from .paths import REQUIREMENTS, STATE, cache_dir, digest

#: everything, with the versions that are tested; `make lock` writes it
LOCKED = REQUIREMENTS / "dev.txt"
#: a server that the tests talk to: it needs other versions, and so has its own
CANAILLE = REQUIREMENTS / "canaille.txt"
RECORD = "saber_plus_sva.json"
PTH = "saber_plus_sva_odoo.pth"


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

    @property
    def canaille(self) -> Path:
        """The interpreter that has Canaille."""
        return _venv(self.cache, CANAILLE) / "bin" / "python"

    def record(self) -> None:
        """Leave word for :meth:`current`."""
        odoo = {
            "kind": self.odoo.kind,
            "import_path": str(self.odoo.import_path),
            "addons_path": self.odoo.addons_path and str(self.odoo.addons_path),
        }
        record = self.python.parent.parent / RECORD
        # whoever reads it in another checkout finds a whole one
        draft = record.with_name(f"{RECORD}.{os.getpid()}")
        draft.write_text(json.dumps(odoo))
        draft.replace(record)


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
    with alone(cache / "environment.lock"):
        return _make_environment(cache)


def _make_environment(cache: Path) -> Environment:
    odoo = find_odoo(cache)
    say(f"Odoo 19: {odoo.import_path} ({odoo.kind})")
    python = _ensure_venv(cache, LOCKED, str(odoo.import_path))
    [packages] = python.parent.parent.glob("lib/python*/site-packages")
    # OCA's addons are in this very folder's odoo/addons: both are namespace packages
    if not (packages / PTH).exists():
        (packages / PTH).write_text(f"{odoo.import_path}\n")
    _ensure_venv(cache, CANAILLE)
    environment = Environment(cache, odoo, python)
    environment.record()
    return environment


def _venv(cache: Path, locked: Path, *beside: str) -> Path:
    """The folder of an environment.

    It is keyed by what it is made of, so a change of the requirements makes a new one
    and checkouts on different branches do not disturb each other.
    """
    return cache / f"venv-{digest(locked.read_text(), sys.version, *beside)}"


def _ensure_venv(cache: Path, locked: Path, *beside: str) -> Path:
    """Make a virtual environment unless the cache has it; return its python."""
    folder = _venv(cache, locked, *beside)
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        say(f"Python environment: {folder} (from the cache)")
        return python
    uv = Uv(cache)
    with step(f"Making a Python environment in {folder} (up to two minutes)"):
        uv.run("venv", "--quiet", "--clear", "--python", sys.executable, folder)
        uv.run("pip", "sync", "--quiet", "--python", python, locked)
    (folder / "complete").touch()
    return python


class Uv:
    """``uv``, in an environment of its own.

    :raises StepFailed: it could not be installed
    """

    def __init__(self, cache: Path):
        wanted = REQUIREMENTS / "uv.txt"
        folder = cache / f"uv-{digest(wanted.read_text(), sys.version)}"
        self._python = folder / "bin" / "python"
        self._log = cache / "uv.log"
        if (folder / "complete").exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        with step("Installing uv, which installs the rest"):
            run(
                [sys.executable, "-m", "venv", folder],
                what="Making an environment",
                remedy="Debian keeps venv apart: apt-get install python3-venv",
                log=self._log,
            )
            pip = [self._python, "-m", "pip", "install", "--quiet", "-r", wanted]
            run(pip, what="Installing uv", log=self._log)
        (folder / "complete").touch()

    def run(self, *arguments: str | Path, **options) -> None:
        """Run a command of uv to its end.

        :raises StepFailed: it ended with an error
        """
        env = {
            # the authorities that this machine trusts, as pip does
            "UV_SYSTEM_CERTS": "1",
            # the embedded PostgreSQL changes the modes of its files
            "UV_LINK_MODE": "copy",
            "UV_PYTHON_DOWNLOADS": "never",
            **self._index(),
        }
        what = f"uv {arguments[0]}"
        command = [self._python, "-m", "uv", *arguments]
        run(command, what=what, log=self._log, env=env, **options)

    def _index(self) -> dict[str, str]:
        """The index that pip is told to use, if any: uv does not ask pip."""
        if os.environ.keys() & {"UV_DEFAULT_INDEX", "UV_INDEX_URL"}:
            return {}
        question = [self._python, "-m", "pip", "config", "get", "global.index-url"]
        configured = subprocess.run(question, capture_output=True, text=True).stdout
        index = os.environ.get("PIP_INDEX_URL") or configured.strip()
        return {"UV_DEFAULT_INDEX": index} if index else {}


def _main() -> int:
    environment = ensure_environment()
    STATE.mkdir(exist_ok=True)
    link = STATE / "venv"
    folder = environment.python.parent.parent
    if not link.exists() or link.resolve() != folder.resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(folder)
    return 0


if __name__ == "__main__":
    main(_main)
