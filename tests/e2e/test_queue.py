"""The engine as jobs of a queue, spread over two servers."""

import itertools
import re
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from dev.front import Front
from dev.odoo import Server, free_port
from dev.testing import GLUE
from sandbox.server import running

from ..support.crowd import Crowd
from ..support.provider import TOKEN, Platform, eventually

USERS = 600


@pytest.fixture
def platform(tmp_path) -> Iterator[Platform]:
    with running(tmp_path / "sandbox.db", TOKEN) as server:
        yield Platform(server.root)


@pytest.fixture
def servers(databases, copy) -> Iterator[list[Server]]:
    """Two servers behind one address, without scheduled actions."""
    port = free_port()
    options = {
        "max_cron_threads": 0,
        "server_wide_modules": "base,rpc,web,queue_job",
        "env": {
            "ODOO_QUEUE_JOB_CHANNELS": "root:4",
            "ODOO_QUEUE_JOB_HOST": "127.0.0.1",
            "ODOO_QUEUE_JOB_PORT": str(port),
        },
    }
    servers: list[Server] = []
    turns = itertools.count()

    def choose(_path: str) -> int:
        there = [one for one in servers if one.running()]
        return there[next(turns) % len(there)].port

    with ExitStack() as stack:
        name = stack.enter_context(copy("queue"))
        databases.install(name, GLUE)
        stack.callback(Front(port, choose).close)
        for _number in range(2):
            server = databases.odoo.server(name, **options)
            servers.append(stack.enter_context(server))
        yield servers


def converged(server: Server) -> int:
    """How many rows a server has worked on."""
    log = server.log.read_text(errors="replace")
    return sum(map(int, re.findall(r"(\d+) rows converged", log)))


def test_two_servers_share_the_jobs_and_one_of_them_dies(databases, platform, servers):
    one, other = servers
    platform.fault("*", "latency", seconds=1, times=None)
    options = {"concurrency": 32, "timeout": 5}
    crowd = Crowd.gather(databases.odoo, one.database, platform, USERS, **options)
    eventually(lambda: converged(one) and converged(other), 60)
    # the first one has the runner, too
    one.kill()
    assert crowd.left(), "it came too late"
    crowd.speed_up()
    eventually(lambda: not crowd.left(), 180)
    crowd.check()
    with crowd.cursor() as cursor:
        cursor.execute("SELECT name FROM queue_job WHERE state = 'failed'")
        assert not cursor.fetchall()
