"""The engine as jobs of a queue, spread over two servers."""

import re
from collections.abc import Iterator

import pytest

from dev.odoo import Server
from dev.testing import GLUE

from ..support.cases import FULL
from ..support.crowd import Crowd
from ..support.provider import eventually
from ..support.queue_servers import queue_servers

# what a job does and leaves to others, the addon's own tests ask on every run
pytestmark = pytest.mark.skipif(not FULL, reason="FULL=1 kills one of two servers")

USERS = 600


@pytest.fixture
def servers(databases, copy) -> Iterator[list[Server]]:
    """Two servers behind one address, without scheduled actions."""
    with copy("queue") as name:
        databases.install(name, GLUE)
        with queue_servers(databases.odoo, name, 2, jobs=4) as servers:
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
