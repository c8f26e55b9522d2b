"""The virtual environment: Odoo's requirements, OCA's addons and the tools."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from .console import StepFailed, run, say, step
from .odoo_source import OdooSource
from .paths import REQUIREMENTS, ROOT, digest

ADDON = ROOT / "saber_plus_sva"
PTH = "saber_plus_sva_odoo.pth"


def oca_requirements() -> list[str]:
    """The OCA addons in our manifest, as pip requirements.

    Whatever is not part of Odoo itself is taken to be OCA's; ``manifestoo-core``
    does this better, but is not there before the environment is.
    """
    manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text())
    return [
        f"odoo-addon-{name.replace('_', '-')}==19.0.*"
        for name in manifest["depends"]
        if name.startswith("contract")
    ]


def ensure_venv(cache: Path, odoo: OdooSource) -> Path:
    """Make the virtual environment unless the cache has it; return its python.

    It is keyed by what it is made of, so a change of the requirements makes a new one
    and checkouts on different branches do not disturb each other.

    :raises StepFailed: it could not be made
    """
    inputs = [path.read_text() for path in sorted(REQUIREMENTS.glob("*.txt"))]
    inputs += [*oca_requirements(), sys.version, str(odoo.import_path)]
    folder = cache / f"venv-{digest(*inputs)}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        say(f"Python environment: {folder} (from the cache)")
        return python
    shutil.rmtree(folder, ignore_errors=True)
    log = cache / "pip.log"
    with step(f"Making a Python environment in {folder}"):
        run(
            [sys.executable, "-m", "venv", folder],
            what="Making the environment",
            remedy="Debian and Ubuntu keep venv apart: apt-get install python3-venv",
            log=log,
        )
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    for title, arguments in (
        ("the requirements of Odoo", ["-r", REQUIREMENTS / "odoo.txt"]),
        ("the tools", ["-r", REQUIREMENTS / "dev.txt"]),
    ):
        with step(f"Installing {title} (one to two minutes)"):
            run([*pip, *arguments], what=f"Installing {title}", log=log)
    _link_odoo(python, odoo)
    with step("Installing the OCA addons"):
        run([*pip, *oca_requirements()], what="Installing the OCA addons", log=log)
    (folder / "complete").touch()
    return python


def _link_odoo(python: Path, odoo: OdooSource) -> None:
    """Make ``import odoo`` work, and let pip know that Odoo 19.0 is installed."""
    output = subprocess.check_output(
        [python, "-c", "import json, site; print(json.dumps(site.getsitepackages()))"]
    )
    packages = Path(json.loads(output)[0])
    (packages / PTH).write_text(f"{odoo.import_path}\n")
    probe = "from importlib.metadata import version; print(version('odoo'))"
    known = subprocess.run([python, "-c", probe], capture_output=True, text=True)
    if known.returncode:
        info = packages / "odoo-19.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: odoo\nVersion: 19.0\n"
        )
        (info / "INSTALLER").write_text("saber_plus_sva\n")
        (info / "RECORD").write_text("")


def addons_path(odoo: OdooSource) -> str:
    """The value of Odoo's ``addons_path``: our checkout, and Odoo's second folder."""
    folders = [ROOT, *([odoo.addons_path] if odoo.addons_path else [])]
    return ",".join(str(folder) for folder in folders)


def ensure_chromium() -> str:
    """The path of a Chromium; Debian's is installed where there is none and we may.

    :raises StepFailed: there is none, and it could not be installed
    """
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    remedy = "apt-get install chromium"
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise StepFailed("The browser tests need Chromium", remedy)
    with step("Installing Debian's Chromium for the browser tests"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        run(["apt-get", "-qq", "update"], what="apt-get update", env=quiet)
        run(
            ["apt-get", "-qq", "install", "--no-install-recommends", "-y", "chromium"],
            what="Installing Chromium",
            remedy=remedy,
            env=quiet,
        )
    return shutil.which("chromium") or "/usr/bin/chromium"
