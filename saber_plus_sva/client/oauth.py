"""Tokens that expire: OAuth 2 client credentials (RFC 6749, section 4.4)."""

import hashlib
import threading
import time
from collections.abc import Callable
from typing import TypeVar, Unpack
from urllib.parse import quote_plus

from . import reading
from .errors import ErrorDetail, Unauthorized
from .transport import Options, Transport

T = TypeVar("T")

#: seconds before its end after which a token is not used for another call
_MARGIN = 30.0
#: seconds of a token of which nobody says how long it lasts
_LASTS = 300.0

# Every conversation has a client of its own, and they share their tokens. They are in
# the memory of this process alone: whoever has the secret gets another one.
_tokens: dict[bytes, tuple[str, float]] = {}
_lock = threading.Lock()


class OAuthTransport(Transport):
    """A `Transport` that fetches the token that it sends, and renews it.

    :param token: the client's secret.
    :param login: the client's id.
    :param token_url: where tokens are given, as `check_base_url` returns it.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        read_error: Callable[[int, object], ErrorDetail | None],
        *,
        login: str,
        token_url: str,
        media_type: str,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(base_url, token, read_error, media_type=media_type, **options)
        # form-encoded: they may hold any visible character (RFC 6749, section 2.3.1)
        secret, name = quote_plus(token), quote_plus(login)
        self._giver = Transport(token_url, secret, _oauth_error, login=name, **options)
        whose = repr((base_url, token_url, login, token))
        self._key = hashlib.sha256(whose.encode()).digest()
        self._fetching = threading.Lock()

    def request(self, *args: object, **kwargs: object) -> object:
        """See `Transport.request`; a token that has been withdrawn is renewed once."""
        sent = self._access_token()
        try:
            return super().request(*args, **kwargs)
        except Unauthorized as error:
            if error.status != 401:
                raise
        with _lock:
            if _tokens.get(self._key, ("", 0.0))[0] == sent:
                del _tokens[self._key]
        return super().request(*args, **kwargs)

    def close(self) -> None:
        self._giver.close()
        return super().close()

    def _authorization(self) -> str:
        return f"Bearer {self._access_token()}"

    def _access_token(self) -> str:
        # one is enough for all who wait
        with self._fetching:
            with _lock:
                token, until = _tokens.get(self._key, ("", 0.0))
            if time.monotonic() < until:
                return token
            token, lasts = self._giver.request(
                "fetchToken",
                "POST",
                "",
                form={"grant_type": "client_credentials"},
                # it knows the encoded one only
                secrets=(self._token,),
                read=_token,
            )
            until = time.monotonic() + max(lasts - _MARGIN, lasts / 2)
            with _lock:
                _tokens[self._key] = token, until
            return token

    def _hide(self, text: str, secrets: tuple[str, ...]) -> str:
        with _lock:
            token, _until = _tokens.get(self._key, ("", 0.0))
        return super()._hide(text, (*secrets, token) if token else secrets)


def _token(body: object) -> tuple[str, float]:
    """The token of an answer, and for how many seconds it is good."""
    token = reading.text(body, "access_token")
    kind = reading.text(body, "token_type")
    if kind.lower() != "bearer" or not reading.is_visible_ascii(token):
        raise reading.malformed("access_token")
    lasts = body.get("expires_in") if isinstance(body, dict) else None
    known = isinstance(lasts, int | float) and lasts > 0
    return token, float(lasts) if known else _LASTS


def _oauth_error(status: int, body: object) -> ErrorDetail | None:
    """What RFC 6749, section 5.2, has the giver of tokens say."""
    if not isinstance(body, dict) or not isinstance(code := body.get("error"), str):
        return None
    said = body.get("error_description")
    # it is the account, and no single call, that is refused with a 400
    kind = Unauthorized if 400 <= status < 500 and status != 429 else None
    return ErrorDetail(code, said if isinstance(said, str) else "", kind)
