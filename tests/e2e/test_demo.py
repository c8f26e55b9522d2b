"""The other one of the two commands."""

import os
import subprocess
import sys

import pytest

from dev.odoo import free_port
from dev.paths import ROOT

# its template is made here, where nobody has run it before
pytestmark = pytest.mark.timeout(900)
NAME = "trial"


def test_the_demo_comes_to_its_end(databases):
    ports = {name: str(free_port()) for name in ("ODOO_PORT", "SANDBOX_PORT")}
    demo = subprocess.run(
        [sys.executable, "-m", "dev.demo", "--exit"],
        cwd=ROOT,
        env={**os.environ, **ports, "DEMO": NAME},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    databases.drop(databases.name(NAME))
    assert demo.returncode == 0, demo.stdout
    assert "active on the sandbox after" in demo.stdout
    assert "login recepcao" in demo.stdout
