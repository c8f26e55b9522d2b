"""A sandbox for the tests, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_caller import TOKEN, Caller

from sandbox.server import Sandbox, running


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    database = tmp_path_factory.mktemp("sandbox") / "platform.sqlite"
    with running(database, TOKEN) as sandbox:
        yield sandbox


@pytest.fixture
def caller(sandbox: Sandbox) -> Caller:
    caller = Caller(sandbox)
    caller.control("POST", "/reset")
    return caller
