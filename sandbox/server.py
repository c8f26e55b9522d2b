"""Running the sandbox: in this process for tests, or as the whole process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn

from . import app
from .platform import Platform
from .store import Store
from .transport import Connection

LOOPBACK = "127.0.0.1"


class _Server(uvicorn.Server):
    """uvicorn that says when it listens, and lets no fault delay its end."""

    def __init__(
        self, config: uvicorn.Config, platform: Platform, on_started: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._platform = platform
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._platform.waits.end()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # uvicorn would raise the signal again afterwards; a stop is no failure.
        self.force_exit = self.should_exit
        self.should_exit = True


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that listens.

    :param root: address of the server, where its page is
    """

    root: str

    @property
    def url(self) -> str:
        """Base URL of the API."""
        return f"{self.root}/v1"


def serve(database: Path, token: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT; prints one line when it listens.

    :param database: SQLite file that keeps everything across restarts
    :param token: the bearer token to accept
    :param port: 0 picks a free one
    :raises OSError: where the port cannot be had
    """
    with _listener(port) as listener:
        root = _root(listener)
        store = Store(database)
        try:
            _server(
                Platform(store, token),
                lambda: print(f"Saber+ sandbox on {root}/v1", flush=True),
            ).run([listener])
        finally:
            store.close()


@contextmanager
def running(database: Path | str, token: str, port: int = 0) -> Iterator[Sandbox]:
    """Serve from a thread of this process while the block runs.

    :param database: SQLite file that keeps everything across restarts
    :param token: the bearer token to accept
    :param port: 0 picks a free one
    :raises OSError: where the port cannot be had
    :raises RuntimeError: where the server fails to start
    """
    with _listener(port) as listener:
        root = _root(listener)
        store = Store(Path(database))
        started = threading.Event()
        server = _server(Platform(store, token), started.set)

        def run() -> None:
            try:
                server.run([listener])
            finally:
                started.set()

        thread = threading.Thread(target=run, name="saber-sandbox", daemon=True)

        thread.start()
        try:
            started.wait()
            if not server.started:
                raise RuntimeError("the sandbox did not start")
            yield Sandbox(root)
        finally:
            server.should_exit = True
            thread.join()
            store.close()


def _server(platform: Platform, on_started: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        app.build(platform),
        http=Connection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        # Paths of requests hold personal numbers; the journal masks them.
        access_log=False,
        timeout_graceful_shutdown=3,
    )
    return _Server(config, platform, on_started)


def _listener(port: int) -> socket.socket:
    """A socket that listens, whose answers go out at once.

    Else the body of an answer waits up to 40 ms for its head to be acknowledged.
    asyncio sees to that for sockets that say that they are TCP, and this one does not.
    """
    listener = socket.create_server((LOOPBACK, port))
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _root(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"
