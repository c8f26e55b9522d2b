"""What pip installs is the addons, whole."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LEFT_OUT = "tests"


def files(folder):
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}


def test_only_tests_are_left_out(tmp_path):
    subprocess.run(
        [sys.executable, "setup.py", "--quiet", "build", "--build-base", tmp_path],
        cwd=ROOT,
        check=True,
    )
    wanted = {
        Path(addon.name, path)
        for addon in (manifest.parent for manifest in ROOT.glob("*/__manifest__.py"))
        for path in files(addon)
        if path.parts[0] != LEFT_OUT and path.suffix != ".pyc"
    }
    assert files(tmp_path / "lib/odoo/addons") == wanted
