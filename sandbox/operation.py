"""From a request to its answer: journal, faults, then the operation's work."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from .errors import ApiError, internal_error, method_not_allowed
from .exchange import Exchange, spoil
from .journal import Entry, mask_cpf
from .platform import Platform
from .validation import parse_json

_logger = logging.getLogger(__name__)


@dataclass
class Call:
    """What a caller asks for.

    :param query: the query's parameters as they came, repeated ones too
    :param parameters: the query's parameters once they are checked
    :param cpf: whom it is about, as far as that is known
    """

    path_params: Mapping[str, str]
    query: Sequence[tuple[str, str]]
    headers: Headers
    body: bytes
    cpf: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def json(self) -> Any:
        """The body's value.

        :raises ApiError: 422, where the body is no JSON
        """
        return parse_json(self.body, self.headers.get("content-type", ""))


Handler = Callable[[Platform, Call], Response]


class Operation:
    """ASGI application that answers one operation.

    :param name: as in the API's description, or ``unknown`` or ``elsewhere``
    :param handler: does the work, in a thread; raises ApiError to refuse
    """

    def __init__(self, name: str, handler: Handler, platform: Platform) -> None:
        self._name = name
        self._handler = handler
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        exchange = Exchange(scope, receive, send, f"req_{secrets.token_hex(8)}")
        call = Call(
            request.path_params,
            request.query_params.multi_items(),
            request.headers,
            body,
            _cpf_in(request, body),
        )
        entry = Entry(
            request_id=exchange.request_id,
            operation=self._name,
            method=request.method,
            path=request.url.path,
            authorized="authorization" in request.headers,
            cpf=mask_cpf(call.cpf),
        )
        self._platform.journal.add(entry)
        started = time.monotonic()
        try:
            await self._serve(exchange, call, entry)
        finally:
            entry.cpf = mask_cpf(call.cpf)
            entry.status = exchange.status
            entry.seconds = round(time.monotonic() - started, 4)

    async def _serve(self, exchange: Exchange, call: Call, entry: Entry) -> None:
        waits = self._platform.waits
        strike = self._platform.faults.strike(self._name)
        entry.fault = strike.kinds
        spoiler = strike.spoiler
        await waits.wait(strike.seconds("before"))
        response = None
        if not spoiler or spoiler.when == "after":
            response = await run_in_threadpool(self._work, call, exchange.request_id)
        await waits.wait(strike.seconds("after"))
        if spoiler:
            await spoil(exchange, spoiler, response, waits)
        elif response:
            await exchange.answer(response)

    def _work(self, call: Call, request_id: str) -> Response:
        try:
            return self._handler(self._platform, call)
        except ApiError as error:
            return error.response(request_id)
        except Exception:
            _logger.exception("%s failed", self._name)
            return internal_error().response(request_id)


class Resource:
    """ASGI application for one path: an operation for each of its methods."""

    def __init__(self, operations: Mapping[str, Operation], platform: Platform) -> None:
        self._operations = operations
        allowed = ", ".join(sorted(operations))

        def refuse(_platform: Platform, _call: Call) -> Response:
            raise method_not_allowed(allowed)

        self._otherwise = Operation("unknown", refuse, platform)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        operation = self._operations.get(scope["method"], self._otherwise)
        await operation(scope, receive, send)


def _cpf_in(request: Request, body: bytes) -> str | None:
    cpf = request.query_params.get("cpf")
    with suppress(ValueError, RecursionError, AttributeError):
        cpf = cpf or json.loads(body).get("cpf")
    return cpf if isinstance(cpf, str) else None
