"""The other one of the two commands, and the page that is read beside it."""

import os
import re
import signal
import subprocess
import sys

import pytest

from dev.demo import API_LOGIN
from dev.odoo import free_port
from dev.paths import ROOT, STATE

from ..support.pages import EXTERNAL_API, Reader, blocks_of

# its template is made here, where nobody has run it before
pytestmark = pytest.mark.timeout(900)
NAME = "trial"
PORTS = ("ODOO_PORT", "SANDBOX_PORT", "SCIM_PORT")


@pytest.fixture(scope="module")
def demo(databases):
    """What a demo has printed that is running now."""
    ports = {name: str(free_port()) for name in PORTS}
    process = subprocess.Popen(
        [sys.executable, "-m", "dev.demo"],
        cwd=ROOT,
        env={**os.environ, **ports, "DEMO": NAME},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    printed = ""
    for line in process.stdout:
        printed += line
        if "Ctrl+C" in line:
            break
    try:
        assert process.poll() is None, printed
        yield printed
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        databases.drop(databases.name(NAME))


@pytest.fixture(scope="module")
def reader(demo, tmp_path_factory):
    """Somebody beside the demo, with what it has written down."""
    folder = tmp_path_factory.mktemp("reader")
    written = (STATE / f"{NAME}.env").read_text()
    (folder / ".run").mkdir()
    (folder / ".run" / "demo.env").write_text(written)
    with Reader(folder) as reader, pytest.MonkeyPatch.context() as patch:
        for name, value in re.findall(r"^export (\w+)=(.*)$", written, re.MULTILINE):
            patch.setenv(name, value)
        yield reader


def test_the_demo_comes_to_its_end(demo):
    assert "active on the sandbox after" in demo
    assert "has a user on each platform" in demo
    assert "login recepcao" in demo


def test_the_demo_says_where_the_api_is(demo, reader):
    assert f"{os.environ['ODOO_URL']}/odoo/" in demo
    assert os.environ["ODOO_LOGIN"] == API_LOGIN
    assert f".run/{NAME}.env  (key of {API_LOGIN})" in demo


@pytest.mark.parametrize("block", blocks_of(EXTERNAL_API), ids=lambda block: block.name)
def test_the_page(reader, block):
    block.assert_printed(reader.run(block))
