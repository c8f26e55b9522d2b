"""An HTTP connection that a request may end without an answer."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from starlette.types import Scope
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

_STATE_KEY = "connection"
_LINGER_ZERO = struct.pack("ii", 1, 0)


class Connection(H11Protocol):
    """uvicorn's protocol, within reach of the application that it serves."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, _STATE_KEY: self}, _loop)

    def finish(self) -> None:
        """Send what is written, then close the connection."""
        self.transport.close()

    def reset(self) -> None:
        """Break the connection off: the peer sees a TCP reset."""
        peer: socket.socket = self.transport.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self.transport.abort()


def connection_of(scope: Scope) -> Connection:
    """Return the connection that a request came in on."""
    return scope["state"][_STATE_KEY]
