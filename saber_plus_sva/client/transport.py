"""JSON over HTTP: bounded, several calls at once, typed errors."""

import base64
import contextlib
import email.utils
import json as jsonlib
import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import TypedDict, TypeVar, cast
from urllib.parse import quote

import requests
from urllib3.exceptions import (
    HTTPError,
    NewConnectionError,
    ProtocolError,
    ReadTimeoutError,
    SSLError,
)

from .connection import HandshakeFailed, TimedAdapter
from .errors import (
    BadAnswer,
    ErrorDetail,
    NotFound,
    PlatformError,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)
from .mask import MaskingFilter, mask
from .reading import is_visible_ascii

T = TypeVar("T")

_CHUNK = 64 * 1024
_LONGEST_WAIT = 24 * 3600.0
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")

# These print the URL of a call, and a user is looked up by CPF in the URL.
for _name in ("urllib3.connectionpool", "urllib3.connection"):
    logging.getLogger(_name).addFilter(MaskingFilter())


@dataclass(frozen=True)
class Call:
    """What may be told of a call: nothing secret, nothing personal.

    :ivar operation: the adapter's name for it, e.g. ``createUser``.
    :ivar status: the HTTP status, or None where there was no answer.
    :ivar duration_s: seconds, without the wait for a free connection.
    :ivar outcome: ``ok``, or the code of the error.
    """

    operation: str
    method: str
    status: int | None
    duration_s: float
    outcome: str
    request_id: str | None


class Options(TypedDict, total=False):
    """What may be set of a `Transport`; see there."""

    timeout: float
    pool_size: int
    wait_for_turn: Callable[[], None]
    max_body: int
    on_begin: Callable[[str, str], None]
    on_call: Callable[[Call], None] | None


class Transport:
    """The calls of one account. Threads may share it; `close` ends it.

    The environment names a proxy (https only) and a CA bundle as for every other
    program that uses requests. It cannot change who we are: ``.netrc`` is not read.

    :param base_url: as `check_base_url` returns it.
    :param token: visible ASCII characters; else `Unauthorized` (``malformed_token``).
    :param login: sends it with the token as its password (HTTP basic, RFC 7617), and
        not the token alone (bearer, RFC 6750).
    :param media_type: of the JSON that is sent, and asked for.
    :param read_error: what the platform says by a status and the JSON of an error, or
        None where that is not the platform's way to say something.
    :param timeout: seconds for a call as a whole, once it is its turn.
    :param pool_size: how many calls go side by side; the others wait.
    :param wait_for_turn: called before each call, in its thread; returns when the call
        may be made.
    :param max_body: bytes of an answer that are read at most.
    :param on_begin: told the operation and the method of every call just before it is
        made, in its thread; where it raises `NotSent`, it is not made.
    :param on_call: told of every call, in the thread that made it; must not raise.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        read_error: Callable[[int, object], ErrorDetail | None],
        *,
        login: str | None = None,
        media_type: str = "application/json",
        timeout: float = 10.0,
        pool_size: int = 8,
        wait_for_turn: Callable[[], None] = lambda: None,
        max_body: int = 1024 * 1024,
        on_begin: Callable[[str, str], None] = lambda operation, method: None,
        on_call: Callable[[Call], None] | None = None,
    ) -> None:
        # in basic, the first colon ends the login
        if not is_visible_ascii(token) or ":" in (login or ""):
            raise Unauthorized("malformed_token")
        self._base_url = base_url
        self._token = token
        self._login = login
        self._media_type = media_type
        self._read_error = read_error
        self._timeout = timeout
        self._max_body = max_body
        self._on_begin = on_begin
        self._on_call = on_call
        self._turns = threading.BoundedSemaphore(pool_size)
        self._wait_for_turn = wait_for_turn
        self._session = _session(base_url, media_type, pool_size)

    def request(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        read: Callable[[object], T],
        params: Mapping[str, str | int] | None = None,
        json: object = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        secrets: tuple[str, ...] = (),
    ) -> T:
        """Make a call and return what ``read`` makes of the JSON of its answer.

        :param path: begins with a slash; percent-encoded by the caller.
        :param form: sent in place of JSON, as HTML forms are.
        :param read: gets None for an empty answer; may raise `BadAnswer`.
        :param secrets: what no error may repeat, beside the token.
        :raises PlatformError: and nothing else.
        """
        request = self._prepared(method, path, params, json, form, headers)
        with self._turns:
            self._wait_for_turn()
            self._on_begin(operation, method)
            start = time.monotonic()
            answer = self._send(request)
            duration = time.monotonic() - start
        outcome = "ok"
        try:
            return read(self._body(answer, secrets))
        except PlatformError as error:
            outcome = error.code
            error.status = answer.status
            error.request_id = error.request_id or answer.request_id
            raise
        finally:
            if self._on_call:
                self._on_call(
                    Call(
                        operation,
                        method,
                        answer.status,
                        duration,
                        outcome,
                        answer.request_id,
                    )
                )

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    # An exception of ours is never raised where one of requests is being handled:
    # that one would stay attached to it, and the request with its token to that.

    def _prepared(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None,
        json: object,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> requests.PreparedRequest:
        authorization = {"Authorization": self._authorization()}
        content_type = {} if json is None else {"Content-Type": self._media_type}
        request = requests.Request(
            method,
            self._base_url + path,
            params=params,
            json=json,
            data=form,
            headers={**authorization, **content_type, **(headers or {})},
        )
        with contextlib.suppress(ValueError):
            return self._session.prepare_request(request)
        raise Refused("malformed_request")

    def _authorization(self) -> str:
        """The header that says who asks.

        :raises PlatformError: it has to be asked for, and cannot be had.
        """
        if self._login is None:
            return f"Bearer {self._token}"
        pair = f"{self._login}:{self._token}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"

    def _send(self, request: requests.PreparedRequest) -> "_Answer":
        try:
            response = self._session.send(
                request,
                stream=True,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            return _Answer(failure=_failure(error))
        answer = _Answer(
            response.status_code,
            response.headers,
            _word(response.headers.get("X-Request-Id")),
        )
        try:
            answer.content = self._content(response)
        except (HTTPError, OSError, BadAnswer) as error:
            answer.failure = _failure(error)
        finally:
            response.close()
        return answer

    def _content(self, response: requests.Response) -> bytes:
        content = bytearray()
        # Not decoded: we accept no encoding, and a small body could become a big one.
        for chunk in response.raw.stream(_CHUNK, decode_content=False):
            content += chunk
            if len(content) > self._max_body:
                raise BadAnswer("answer_too_large", maybe_applied=True)
        # All is read, so that the connection can serve the next call.
        response.raw.release_conn()
        return bytes(content)

    def _body(self, answer: "_Answer", secrets: tuple[str, ...]) -> object:
        """The JSON of the answer, None where it is empty."""
        if answer.status is not None and not 200 <= answer.status < 300:
            raise self._error(answer, answer.status, secrets)
        if answer.failure:
            raise answer.failure
        if not answer.content:
            return None
        # RecursionError: JSON that is nested too deep.
        with contextlib.suppress(ValueError, RecursionError):
            return cast(object, jsonlib.loads(answer.content))
        raise BadAnswer("malformed_answer", maybe_applied=True)

    def _error(
        self, answer: "_Answer", status: int, secrets: tuple[str, ...]
    ) -> PlatformError:
        detail = None
        with contextlib.suppress(ValueError, RecursionError):
            detail = self._read_error(status, jsonlib.loads(answer.content))
        kind, code = _kind(status, detail)
        message, fields = None, {}
        if detail:
            code = _word(mask(self._hide(detail.code, secrets))) or code
            message = self._hide(detail.message, secrets)
            fields = {
                self._hide(name, secrets): self._hide(text, secrets)
                for name, text in detail.fields.items()
            }
            request_id = self._hide(detail.request_id or "", secrets)
            answer.request_id = _word(request_id) or answer.request_id
        return kind(
            code,
            message,
            retry_after=_seconds(answer.headers.get("Retry-After")),
            fields=fields,
            # A 4xx says that nothing was done, if it is the platform that says so.
            maybe_applied=not 400 <= status < 500
            or (detail is None and status not in (401, 403, 429)),
        )

    def _hide(self, text: str, secrets: tuple[str, ...]) -> str:
        for secret in (self._token, *secrets):
            text = text.replace(secret, "***")
        return text


@dataclass
class _Answer:
    """What came back: without a status nothing, else at least the headers."""

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None
    content: bytes = b""
    failure: PlatformError | None = None


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Nowhere. Else requests reads the body, however long, for the one to come."""


def path_to(kind: str, id_: str) -> str:
    """The path of one thing, by the platform's id of it.

    :raises Refused: (``malformed_request``) if it would be the path of another one.
    """
    # Dots would, whichever way they are encoded.
    if id_ not in ("", ".", ".."):
        with contextlib.suppress(UnicodeEncodeError):
            return f"/{kind}/{quote(id_, safe='')}"
    raise Refused("malformed_request")


def _session(base_url: str, media_type: str, pool_size: int) -> requests.Session:
    session = _Session()
    session.trust_env = False
    session.verify = (
        os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    )
    # Without TLS a proxy would see the token; and http is for this machine only.
    if base_url.startswith("https:"):
        session.proxies = requests.utils.get_environ_proxies(base_url)
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.headers.update(
        {
            "Accept": media_type,
            "Accept-Encoding": "identity",
            "User-Agent": "saber_plus_sva/1 (Odoo)",
        }
    )
    adapter = TimedAdapter(
        pool_connections=1, pool_maxsize=pool_size, max_retries=0, pool_block=True
    )
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def _kind(status: int, detail: ErrorDetail | None) -> tuple[type[PlatformError], str]:
    """The error for a status, and its code where the platform names none."""
    if detail and detail.kind:
        return detail.kind, detail.code
    if status == 429:
        return RateLimited, "rate_limited"
    if status >= 500 or status in (408, 423, 425):
        return Unavailable, "unavailable"
    if status in (401, 403):
        return Unauthorized, "unauthorized"
    if status == 404:
        # Anything on the way may answer 404, a web server at a mistyped address for
        # one; that a user is gone is believed only if it is the platform that says so.
        return (NotFound, "not_found") if detail else (BadAnswer, "malformed_answer")
    if status >= 400:
        return Refused, "refused"
    return BadAnswer, "redirected" if status >= 300 else "malformed_answer"


def _failure(error: Exception) -> PlatformError:
    """The error for what happened while there was no answer, or only part of one."""
    if isinstance(error, PlatformError):
        return error
    causes = tuple(_causes(error))

    def caused_by(*types: type[BaseException]) -> bool:
        return any(isinstance(cause, types) for cause in causes)

    if caused_by(HandshakeFailed):
        return Unavailable("tls_failed")
    if caused_by(requests.ConnectTimeout):
        return Unavailable("timeout")
    if caused_by(requests.exceptions.ProxyError, NewConnectionError):
        return Unavailable("connection_failed")
    if caused_by(requests.Timeout, ReadTimeoutError):
        return Unavailable("timeout", maybe_applied=True)
    if caused_by(requests.exceptions.InvalidHeader) or (
        caused_by(HTTPException) and not caused_by(ConnectionError)
    ):
        return BadAnswer("malformed_answer", maybe_applied=True)
    if caused_by(requests.RequestException, ProtocolError, SSLError):
        return Unavailable("connection_lost", maybe_applied=True)
    # Not one of the network's: a host name or a CA bundle that cannot be used.
    return Unavailable("connection_failed")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and those that requests and urllib3 have wrapped in it."""
    yield error
    for inner in (*error.args, getattr(error, "reason", None)):
        if isinstance(inner, BaseException):
            yield from _causes(inner)


def _seconds(retry_after: str | None) -> float | None:
    """``Retry-After``, a number of seconds or an HTTP date, as seconds from now."""
    if not retry_after:
        return None
    if re.fullmatch(r"[0-9]{1,9}", retry_after):
        seconds = float(retry_after)
    else:
        try:
            then = email.utils.parsedate_to_datetime(retry_after)
        except (ValueError, OverflowError):
            return None
        if then.tzinfo is None:
            then = then.replace(tzinfo=UTC)
        seconds = (then - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _word(text: str | None) -> str | None:
    """A code or an id, if it looks like one."""
    return text if text and _WORD.fullmatch(text) else None
