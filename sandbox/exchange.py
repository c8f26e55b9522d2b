"""One request on its way through the platform, and how its answer leaves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from .errors import internal_error, invalid_token, of_status, rate_limited
from .faults import Fault
from .transport import connection_of

ELSEWHERE = "/elsewhere"
REQUEST_ID = "X-Request-Id"


class Waits:
    """Waits that a stopping server can cut short."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait that long, or until the server stops."""
        if seconds > 0:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._over.wait(), seconds)

    def end(self) -> None:
        """End all waits, now and from now on."""
        self._over.set()


class Exchange:
    """The near end of one request.

    :param request_id: goes out as ``X-Request-Id``
    """

    def __init__(
        self, scope: Scope, receive: Receive, send: Send, request_id: str
    ) -> None:
        self.request_id = request_id
        self.status: int | None = None
        self._scope = scope
        self._receive = receive
        self._send = send
        self._connection = connection_of(scope)

    @property
    def root(self) -> str:
        """The server's own address, without a path."""
        host, port = self._scope["server"]
        return f"http://{host}:{port}"

    async def answer(self, response: Response) -> None:
        """Send the answer."""
        self.status = response.status_code
        response.headers[REQUEST_ID] = self.request_id
        await response(self._scope, self._receive, self._send)

    async def cut(self, response: Response) -> None:
        """Send the answer's head and half its body, then close."""
        self.status = response.status_code
        response.headers[REQUEST_ID] = self.request_id
        await self._send(
            {
                "type": "http.response.start",
                "status": response.status_code,
                "headers": response.raw_headers,
            }
        )
        half = bytes(response.body[: len(response.body) // 2])
        await self._send(
            {"type": "http.response.body", "body": half, "more_body": True}
        )
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the connection in order, without (more of) an answer."""
        self._connection.finish()
        await self._gone()

    async def reset(self) -> None:
        """Break the connection off without an answer."""
        self._connection.reset()
        await self._gone()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def spoil(
    exchange: Exchange, fault: Fault, response: Response | None, waits: Waits
) -> None:
    """Let a fault take the place of the answer.

    :param response: the right answer; None where the call had no effect yet
    """
    await _SPOILERS[fault.kind](exchange, fault, response, waits)


Spoiler = Callable[[Exchange, Fault, Response | None, Waits], Awaitable[None]]


async def _status(
    exchange: Exchange, fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    error = of_status(fault.status, fault.retry_after)
    await exchange.answer(error.response(exchange.request_id))


async def _rate_limited(
    exchange: Exchange, fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    error = rate_limited(fault.retry_after or 0)
    await exchange.answer(error.response(exchange.request_id))


async def _expired_token(
    exchange: Exchange, _fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    await exchange.answer(invalid_token().response(exchange.request_id))


async def _lost_answer(
    exchange: Exchange, fault: Fault, _response: Response | None, waits: Waits
) -> None:
    await waits.wait(fault.seconds)
    await exchange.hang_up()


async def _reset(
    exchange: Exchange, _fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    await exchange.reset()


async def _malformed(
    exchange: Exchange, _fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    page = "<html><body><h1>Voltamos em instantes</h1></body></html>"
    await exchange.answer(Response(page, media_type="application/json"))


async def _truncated(
    exchange: Exchange, _fault: Fault, response: Response | None, _waits: Waits
) -> None:
    if not response or not response.body:
        response = internal_error().response(exchange.request_id)
        response.status_code = 200
    await exchange.cut(response)


async def _wrong_shape(
    exchange: Exchange, _fault: Fault, response: Response | None, _waits: Waits
) -> None:
    status = response.status_code if response and response.body else 200
    shape = {"resultado": {"situacao": "ok", "dados": [1, None, "três"]}}
    await exchange.answer(JSONResponse(shape, status))


async def _redirect(
    exchange: Exchange, _fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    location = exchange.root + ELSEWHERE
    await exchange.answer(Response(status_code=302, headers={"Location": location}))


async def _oversize(
    exchange: Exchange, fault: Fault, _response: Response | None, _waits: Waits
) -> None:
    # Without a Content-Length: only a reader that counts can stop in time.
    await exchange.answer(
        StreamingResponse(_padding(fault.mebibytes), media_type="application/json")
    )


async def _padding(mebibytes: int) -> AsyncIterator[bytes]:
    yield b'{"padding": "'
    for _ in range(mebibytes * 16):
        yield b"0" * 2**16
    yield b'"}'


_SPOILERS: dict[str, Spoiler] = {
    "status": _status,
    "rate_limited": _rate_limited,
    "lost_answer": _lost_answer,
    "reset": _reset,
    "malformed": _malformed,
    "truncated": _truncated,
    "wrong_shape": _wrong_shape,
    "expired_token": _expired_token,
    "redirect": _redirect,
    "oversize": _oversize,
}
