"""Canaille, an identity server that others wrote, in a process of its own.

It keeps no ``externalId``, looks nobody up, fails over ``count`` and over a user name
that is taken, and wants a member in each group.
"""

import contextlib
import http.client
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from dev.env import Environment

from . import scim

PROGRAM = Path(__file__).with_name("canaille_server.py")
#: where it has what scim2-server has elsewhere
PLACES = {"/v2": "/scim/v2", "/token": "/oauth/token"}


@dataclass
class Process:
    """Canaille as it runs."""

    port: int

    def __call__(self, environ, start_response):
        """Hand a request on (WSGI)."""
        path = environ["PATH_INFO"]
        for here, there in PLACES.items():
            if path.startswith(here):
                path = there + path.removeprefix(here)
        if query := environ["QUERY_STRING"]:
            path += f"?{query}"
        headers = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if value and (name.startswith("HTTP_") or name == "CONTENT_TYPE")
        }
        headers["Connection"] = "close"
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(link):
            body = environ["wsgi.input"].read()
            link.request(environ["REQUEST_METHOD"], path, body, headers)
            answer = link.getresponse()
            told = [
                (name, value)
                for name in ("Content-Type", "ETag")
                if (value := answer.headers.get(name))
            ]
            content = answer.read()
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", told)
        return [content]


@contextlib.contextmanager
def started(folder: Path) -> Iterator[Process]:
    """Start it; that takes seconds.

    :param folder: where it keeps what it has, and writes what it has to say
    """
    with (folder / "canaille.log").open("w") as log:
        process = subprocess.Popen(
            # this file has the name of what that one imports
            [Environment.current().canaille, "-P", PROGRAM]
            + [folder / "canaille.db", scim.LOGIN, scim.TOKEN, scim.ADMIN],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        try:
            yield Process(int(process.stdout.readline()))
        finally:
            process.terminate()
            process.wait(10)
            process.stdout.close()


@contextlib.contextmanager
def running(process: Process, **options: object) -> Iterator[scim.Server]:
    """It, with faults on demand, and nobody in it but its administrator."""
    state = scim.Server(gives_tokens=True, **options)
    with scim.serving(state, process):
        state.settings = {
            "sign_in": "oauth2",
            "login": scim.LOGIN,
            "token_url": state.token_url,
        }
        state.token = scim.fetch_token(state)
        state.reset(("Groups", "Users"))
        [admin] = scim.everything(state, "Users")
        state.whose = admin["id"]
        state.calls.clear()
        yield state
