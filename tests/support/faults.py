"""Everything that goes wrong on demand, and what it has to be taken for.

The one table that the client's tests and the engine's go by; what it says is not asked
of the code that is tested.
"""

from dataclasses import dataclass, field

from saber_plus_sva.client.errors import (
    BadAnswer,
    PlatformError,
    RateLimited,
    Refused,
    Unauthorized,
    Unavailable,
)

# What a failure may be taken for.
RETRY = "retry"  # try this row again, later
REFUSED = "refused"  # a person has to look at this row
ACCOUNT = "account"  # no row will do until there is a token that is taken
RATE = "rate"  # no row before the moment that the platform asks for
AWAY = "away"  # no row before the platform answers again
HEALED = "healed"  # the engine sees through it and goes on at once

#: how long the client waits for an answer
TIMEOUT = 2
# longer than a first wait would be without it
ASKED_FOR = 40


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and what it has to be taken for.

    :param kind: the sandbox's name for it
    :param means: what it means to a row
    :param options: the sandbox's, see :meth:`sandbox.faults.Faults.add`
    :param error: what the client makes of it; None where that depends on the call
    :param code: of that error, if it is the same for every call
    """

    kind: str
    means: str
    options: dict = field(default_factory=dict, hash=False)
    error: type[PlatformError] | None = None
    code: str | None = None

    @property
    def name(self) -> str:
        return f"{self.kind}{self.options.get('status', '')}"


FAULTS = [
    Fault("latency", RETRY, {"seconds": TIMEOUT + 1}, Unavailable, "timeout"),
    Fault("status", RETRY, {"status": 500}, Unavailable),
    Fault("status", RETRY, {"status": 503, "retry_after": ASKED_FOR}, Unavailable),
    Fault("status", REFUSED, {"status": 422}, Refused),
    # "there is no such user": where there is one, the engine finds it again
    Fault("status", HEALED, {"status": 404}),
    Fault(
        "rate_limited", RATE, {"retry_after": ASKED_FOR}, RateLimited, "rate_limited"
    ),
    Fault("lost_answer", RETRY, {}, Unavailable, "connection_lost"),
    Fault("reset", RETRY, {}, Unavailable, "connection_lost"),
    Fault("malformed", RETRY, {}, BadAnswer, "malformed_answer"),
    Fault("truncated", RETRY, {}, BadAnswer, "malformed_answer"),
    Fault("wrong_shape", RETRY, {}, BadAnswer, "malformed_answer"),
    # the account is there: it is this call that is refused, by a firewall for one
    Fault("expired_token", REFUSED, {}, Unauthorized, "invalid_token"),
    Fault("redirect", RETRY, {}, BadAnswer, "redirected"),
    Fault("oversize", RETRY, {"mebibytes": 2}, BadAnswer, "answer_too_large"),
]
ONLY_AFTER = {"lost_answer"}  # an answer is lost after the effect, or it is a reset
