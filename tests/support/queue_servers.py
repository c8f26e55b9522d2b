"""Odoo servers that share the jobs of one queue."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from dev.front import Front
from dev.odoo import QUEUE_MODULES, Odoo, Server, free_port, queue_env


@contextmanager
def queue_servers(
    odoo: Odoo, database: str, count: int, jobs: int
) -> Iterator[list[Server]]:
    """Servers behind one address, without scheduled actions.

    :param jobs: how many of them run at once, on all servers together
    """
    port = free_port()
    options = {
        "max_cron_threads": 0,
        "server_wide_modules": QUEUE_MODULES,
        "env": queue_env(port, jobs),
    }
    servers: list[Server] = []
    turns = itertools.count()

    def choose(_path: str) -> int:
        there = [one for one in servers if one.running()]
        return there[next(turns) % len(there)].port

    with ExitStack() as stack:
        stack.callback(Front(port, choose).close)
        for _number in range(count):
            server = odoo.server(database, **options)
            servers.append(stack.enter_context(server))
        yield servers
