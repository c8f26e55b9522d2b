"""Lets the parts of the addon that are free of Odoo be imported without it."""

import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# The addons' own __init__ import their models, and with them Odoo. These tests show
# that the rules, the engine and the client do without.
for name in ("contract_access", "saber_plus_sva"):
    package = types.ModuleType(name)
    package.__path__ = [str(ROOT / name)]
    sys.modules[name] = package


@pytest.fixture(scope="session")
def canaille_process(tmp_path_factory):
    """A Canaille for all tests: it takes seconds to start."""
    from .support import canaille

    with canaille.started(tmp_path_factory.mktemp("canaille")) as process:
        yield process


@pytest.fixture
def canaille_server(canaille_process):
    """Canaille with nobody in it, and with faults on demand."""
    from .support import canaille

    with canaille.running(canaille_process) as server:
        yield server
    assert not server.invalid
