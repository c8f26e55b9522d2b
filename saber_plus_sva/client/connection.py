"""Connections on which a call's time-out bounds the whole of it.

As they come, a time-out bounds each read from the socket, so that a server that sends
a byte now and then holds its caller for ever; and a failed TLS handshake looks the same
as a connection that broke after the request was sent. Both are set right here.
"""

import http.client
import io
import socket
import ssl
import time
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, SSLError


class HandshakeFailed(SSLError):
    """TLS failed before anything of the request was sent."""


class TimedAdapter(HTTPAdapter):
    """`HTTPAdapter` whose time-out, in seconds, is for the whole call.

    What stays outside of it is what the system does by itself: to resolve the host's
    name, and to try one of its addresses after the other, each with that time-out.
    """

    def send(
        self, request: Any, *args: Any, timeout: float | None = None, **kwargs: Any
    ) -> Any:
        whole = urllib3.Timeout(total=timeout)
        return super().send(request, *args, timeout=whole, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        result = super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS
        return result

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class _TimedReader(io.RawIOBase):
    """Reads from a socket until its time-out, counted from now, is over."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = time.monotonic() + (sock.gettimeout() or 0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        return super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock))


class _HTTPConnection(urllib3.connection.HTTPConnection):
    response_class = _TimedResponse


class _HTTPSConnection(urllib3.connection.HTTPSConnection):
    response_class = _TimedResponse

    def connect(self) -> None:
        try:
            return super().connect()
        except (ssl.SSLError, SSLError) as error:
            raise HandshakeFailed(error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, "TLS handshake timed out") from error
        except OSError as error:
            raise NewConnectionError(self, "TLS handshake failed") from error


class _HTTPPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


_POOLS: dict[str, type[urllib3.HTTPConnectionPool]] = {
    "http": _HTTPPool,
    "https": _HTTPSPool,
}
