"""The sandbox as a process of its own, and what survives a restart."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from sandbox_caller import TOKEN, Caller

from sandbox.server import Sandbox, running

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def process(database: Path) -> Iterator[tuple[subprocess.Popen[str], Caller]]:
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    command += ["--database", str(database), "--token", TOKEN]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        try:
            line = started.stdout.readline()
            match = re.fullmatch(
                r"Saber\+ sandbox on (http://127\.0\.0\.1:\d+)/v1\n", line
            )
            assert match, line
            yield started, Caller(Sandbox(match[1]))
        finally:
            started.kill()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(tmp_path: Path, stop: signal.Signals) -> None:
    with process(tmp_path / "db") as (started, caller):
        assert caller.api("GET", "/account").status_code == 200
        started.send_signal(stop)
        output, errors = started.communicate(timeout=10)
        assert (started.returncode, output, errors) == (0, "", "")


def test_a_fault_does_not_delay_its_end(tmp_path: Path) -> None:
    with process(tmp_path / "db") as (started, caller):
        caller.fault("*", "latency", seconds=600)
        with pytest.raises(requests.ReadTimeout):
            caller.api("GET", "/account", timeout=0.2)
        began = time.monotonic()
        started.terminate()
        assert started.wait(timeout=10) == 0
        assert time.monotonic() - began < 3


def test_users_survive_a_kill(tmp_path: Path) -> None:
    database = tmp_path / "db"
    with process(database) as (started, caller):
        user = caller.create("k1", password="segredo").json()
        caller.control("PUT", "/account", json={"status": "suspended"})
        caller.control("DELETE", "/packages/SABER-KIDS")
        started.kill()
        started.wait()
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"segredo" not in content
    with process(database) as (_started, caller):
        assert list(caller.users().values()) == [user]
        assert caller.api("GET", "/account").status_code == 403
        caller.control("PUT", "/account", json={"status": "active"})
        assert caller.create("k1", password="segredo").json() == user
        assert caller.create("k2").status_code == 409
        packages = caller.control("GET", "/packages").text
        assert "SABER-KIDS" not in packages


def test_in_process_and_again_on_the_same_port(tmp_path: Path) -> None:
    with running(tmp_path / "db", TOKEN) as sandbox:
        user = Caller(sandbox).create().json()
        port = int(sandbox.root.rpartition(":")[2])
    with pytest.raises(requests.ConnectionError):
        Caller(sandbox).api("GET", "/account")
    with running(tmp_path / "db", TOKEN, port) as sandbox:
        assert sandbox.url == f"http://127.0.0.1:{port}/v1"
        assert list(Caller(sandbox).users().values()) == [user]


def test_a_port_in_use_is_told(tmp_path: Path, sandbox: Sandbox) -> None:
    port = int(sandbox.root.rpartition(":")[2])
    with pytest.raises(OSError), running(tmp_path / "db", TOKEN, port):
        pass
