"""What can go wrong with a platform, sorted by what the caller has to do about it.

    PlatformError
      Unavailable       try again later
        RateLimited     ... not before ``retry_after``
        BadAnswer       ... though the platform's answer cannot be relied on
      Unauthorized      the account is the problem: no call will do until it is solved
      Refused           a person has to look at it
        NotFound        there is no such user
        Taken           the platform has this person already
      NotSent           nothing was asked of the platform

No message, code or field holds a token, password, CPF or phone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from .mask import mask

#: The codes that come from here and not from the platform, with their messages.
#: Every other code is the platform's own word.
LOCAL_CODES: dict[str, str] = {
    # Unavailable
    "timeout": "The platform did not answer in time.",
    "connection_failed": "The platform could not be reached.",
    "connection_lost": "The connection to the platform broke.",
    "tls_failed": "No secure connection to the platform could be made.",
    "unavailable": "The platform is not available.",
    "rate_limited": "The platform asks for fewer requests.",
    # BadAnswer
    "redirected": "The platform answered with a redirect, which is never followed.",
    "malformed_answer": "The platform's answer is not what its API promises.",
    "answer_too_large": "The platform's answer is too large.",
    "cursor_loop": "The platform's list of pages does not end.",
    # Unauthorized
    "unauthorized": "The platform does not accept the token.",
    "account_suspended": "The platform has suspended the account.",
    "malformed_token": "The token is empty or has characters that no token has.",
    # Refused
    "refused": "The platform refused the request.",
    "forbidden": "The platform accepts the token, but not this request.",
    "malformed_request": "The request has characters that cannot be sent.",
    "not_found": "The platform does not have it.",
    "cpf_already_registered": "CPF já cadastrado.",
    "username_taken": "The platform has another user with this user name.",
    "unknown_package": "The platform does not have this package.",
    # NotSent
    "stopped": "No calls are to be made.",
    "out_of_time": "There was no time left for the call.",
}

_MAX_TEXT = 500
_MAX_FIELDS = 20


class PlatformError(Exception):
    """A call did not have the result that was asked for. ``str()`` is the message.

    :ivar code: one of `LOCAL_CODES`, or the platform's own code.
    :ivar message: for people; the platform's words where it gave any, else English.
    :ivar status: the HTTP status, or None where there was no answer.
    :ivar request_id: the platform's own name for the call, for its support.
    :ivar retry_after: seconds to wait before the next call, at most a day, or None.
    :ivar fields: what is wrong with which field, in the platform's words.
    :ivar maybe_applied: True where the platform may have done what was asked all the
        same (look before trying again), False where it certainly has not.
    """

    def __init__(
        self,
        code: str,
        message: str | None = None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        fields: Mapping[str, str] | None = None,
        maybe_applied: bool = False,
    ) -> None:
        self.code = code
        self.message = _presentable(message or "") or LOCAL_CODES.get(code, code)
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.fields = {
            _presentable(name): _presentable(text)
            for name, text in list((fields or {}).items())[:_MAX_FIELDS]
        }
        self.maybe_applied = maybe_applied
        super().__init__(self.message)


class Unavailable(PlatformError):
    """No usable answer: network, time-out, 5xx. Try again later."""


class RateLimited(Unavailable):
    """429: too many requests; see ``retry_after``."""


class BadAnswer(Unavailable):
    """An answer that the API does not promise: redirect, not JSON, too large..."""


class Unauthorized(PlatformError):
    """401 or 403: the token is wrong or the account suspended, or so it seems."""


class Refused(PlatformError):
    """Another 4xx: the platform does not want this request, now or later."""


class NotFound(Refused):
    """404, and it is the platform that says so."""


class Taken(Refused):
    """The platform has this person already: ours after a lost answer, or another's."""


class NotSent(PlatformError):
    """The call was not made, which says nothing of the platform."""


@dataclass(frozen=True)
class ErrorDetail:
    """What a platform says about a request that it did not fulfil.

    :ivar kind: what it means, where the HTTP status does not say so by itself.
    """

    code: str
    message: str
    kind: type[PlatformError] | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    request_id: str | None = None


def _presentable(text: str) -> str:
    """Fit to be shown, logged and stored, whatever the platform put in it."""
    # Control characters first: they could hide a number from the mask. Lone surrogates
    # are not printable either.
    text = mask(" ".join("".join(c if c.isprintable() else " " for c in text).split()))
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"
