"""What Odoo answers over XML-RPC, without the time that HTTP takes."""

import os
import subprocess
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from dev.odoo import Odoo

#: between the socket and the controller of Odoo's XML-RPC stands nothing of ours
SCRIPT = """
from multiprocessing.connection import Connection
from odoo.addons.rpc.controllers.xmlrpc import dumps, xmlrpc_handle_exception_int
from odoo.service.model import dispatch
env.cr.rollback()
link = Connection({link})
while True:
    call = link.recv()
    try:
        answer = dumps((dispatch("execute_kw", call),))
    except Exception as error:
        answer = xmlrpc_handle_exception_int(error)
    link.send(answer)
"""


class InProcess:
    """An XML-RPC client's ``models``, of an Odoo that listens to nobody else."""

    def __init__(self, link: Connection):
        self._link = link

    def execute_kw(self, *parameters) -> Any:
        self._link.send(parameters)
        [answer], _method = xmlrpc.client.loads(self._link.recv())
        return answer


@contextmanager
def answering(odoo: Odoo, database: str, log: Path) -> Iterator[InProcess]:
    """An Odoo's answers.

    :param log: of all that it does; only the queries are left out
    """
    ours, its = Pipe()
    verbose = ("--log-handler=:DEBUG", "--log-handler=odoo.sql_db:INFO")
    command = odoo.command("shell", odoo.config(database), "--no-http", *verbose)
    with (
        log.open("w") as output,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **odoo.pg},
            pass_fds=[its.fileno()],
        ) as process,
    ):
        try:
            assert process.stdin
            process.stdin.write(SCRIPT.format(link=its.fileno()).encode())
            process.stdin.close()
            # whoever waits for an answer is told where it has ended
            its.close()
            yield InProcess(ours)
        finally:
            ours.close()
            process.kill()
