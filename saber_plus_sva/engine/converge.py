"""Taking the planned steps: for one user, and for many of them side by side."""

import logging
import math
import threading
import time
import uuid
from collections.abc import Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from traceback import format_tb
from typing import Self

from ..client.errors import (
    LOCAL_CODES,
    BadAnswer,
    NotFound,
    NotSent,
    PlatformError,
    RateLimited,
    Refused,
    Taken,
    Unauthorized,
    Unavailable,
)
from ..client.platform import Platform
from ..client.types import NewUser, User
from .plan import (
    ABSENT,
    UNKNOWN,
    Create,
    Delete,
    Desired,
    LookUp,
    Observed,
    SetStatus,
    Step,
    Update,
    plan,
)

_logger = logging.getLogger(__name__)

#: A user takes two or three steps, and a few more where the platform changes under our
#: hands. Beyond that something is wrong, and the next attempt starts with a look-up.
MAX_STEPS = 8


#: the platform's method for each step; whoever has no id yet is looked up by another
_METHODS = {
    LookUp: "get_user",
    Create: "create_user",
    SetStatus: "set_status",
    Update: "update_user",
    Delete: "delete_user",
}


@dataclass(frozen=True)
class Task:
    """One user to converge.

    :param key: the caller's name for it
    :param cpf: digits only
    :param external_ref: our stable reference
    :param desired: what the platform must hold
    :param observed: what it was last known to hold
    :param username: how the user logs in, where one may have to be created
    """

    key: Hashable
    cpf: str
    external_ref: str
    desired: Desired
    observed: Observed
    username: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    :param observed: what the platform holds now; unknown where a step may or may not
        have had its effect
    :param password_delivered: the pending password has reached the platform
    :param error: why the two sides still differ; none where they agree
    :param conflicting_user_id: the platform's user that is the same person without
        being ours
    :param conflicting_username: how that user logs in
    :param attempted: False where the task was not brought to an end, the platform
        being away, the time being up, or a call not to be made
    """

    key: Hashable
    observed: Observed
    password_delivered: bool = False
    error: PlatformError | None = None
    conflicting_user_id: str | None = None
    conflicting_username: str | None = field(default=None, repr=False)
    attempted: bool = True


def seen(user: User) -> Observed:
    """What is known of a user that the platform has shown."""
    return Observed(user.status, user.id, user.profile)


def converge_user(
    platform: Platform, task: Task, deadline: float = math.inf
) -> Outcome:
    """Take steps until the platform holds what it must, or one of them fails.

    :param deadline: of the monotonic clock; after it no further step is begun
    """
    return _Convergence(platform, task).run(deadline)


def first_call(platform: Platform, task: Task) -> tuple[str, str] | None:
    """The call that a task begins with: its operation and its HTTP method.

    :return: None where it makes none, or where that is known only once it is made
    """
    steps = plan(task.desired, task.observed)
    if not steps or (isinstance(steps[0], LookUp) and not task.observed.user_id):
        return None
    return platform.calls.get(_METHODS[type(steps[0])])


class _Convergence:
    def __init__(self, platform: Platform, task: Task):
        self.platform = platform
        self.task = task
        self.desired = task.desired
        self.observed = task.observed
        self.stranger: User | None = None
        self.was_taken = False

    def run(self, deadline: float) -> Outcome:
        error = None
        in_time = True
        try:
            for _turn in range(MAX_STEPS):
                steps = plan(self.desired, self.observed)
                in_time = not steps or time.monotonic() <= deadline
                if not steps or not in_time:
                    break
                self._take(steps[0])
            else:
                error = Unavailable(
                    "unstable", "The platform's answers contradict each other."
                )
        except NotSent:
            in_time = False
        except PlatformError as failure:
            error = failure
        return Outcome(
            key=self.task.key,
            observed=self.observed,
            password_delivered=self.desired.password != self.task.desired.password,
            error=error,
            conflicting_user_id=self.stranger and self.stranger.id,
            conflicting_username=self.stranger and self.stranger.username,
            attempted=in_time,
        )

    def _take(self, step: Step) -> None:
        before = self.observed
        if not isinstance(step, LookUp):
            # until the answer is in, nobody knows whether the step had its effect
            self.observed = replace(before, state=UNKNOWN)
        try:
            match step:
                case LookUp():
                    self._look_up()
                case Create():
                    self._create()
                case SetStatus(state):
                    self._see(self.platform.set_status(before.user_id, state))
                case Update():
                    self._update(before.user_id, step)
                case Delete():
                    self.platform.delete_user(before.user_id)
                    self.observed = Observed(ABSENT)
        except NotFound:
            # deleted behind our back, or so it seems: the look-up tells
            self.observed = replace(before, state=UNKNOWN)
        except PlatformError as failure:
            if not failure.maybe_applied:
                self.observed = before
            raise

    def _look_up(self) -> None:
        user = self._known_user() or self.platform.find_user(
            cpf=self.task.cpf,
            external_ref=self.task.external_ref,
            username=self.task.username,
        )
        if user is None:
            self.observed = Observed(ABSENT)
        elif self._is_ours(user):
            self._see(user)
        else:
            self.observed = Observed(ABSENT)
            self.stranger = user

    def _known_user(self) -> User | None:
        if not self.observed.user_id:
            return None
        try:
            user = self.platform.get_user(self.observed.user_id)
        except NotFound:
            return None
        # an id that leads to another person is not to be trusted, where that shows
        return user if user.cpf in (None, self.task.cpf) else None

    def _is_ours(self, user: User) -> bool:
        return (
            user.external_ref == self.task.external_ref
            or user.id == self.observed.user_id
        )

    def _create(self) -> None:
        if self.stranger:
            self.observed = Observed(ABSENT)
            raise Taken(self.platform.taken)
        new = NewUser(
            external_ref=self.task.external_ref,
            cpf=self.task.cpf,
            username=self.task.username,
            profile=self.desired.profile,
            password=self.desired.password,
        )
        try:
            # A create is only planned for a user that is known to be absent, so it is
            # a request of its own, and not a repetition of one that went astray.
            user = self.platform.create_user(new, idempotency_key=str(uuid.uuid4()))
        except Taken:
            if self.was_taken:
                # the look-up has found nobody, as it will the next time
                raise
            # ours after a lost answer, or somebody else's: the look-up tells
            self.was_taken = True
            self.observed = Observed(UNKNOWN)
            return
        self._see(user)
        self._password_delivered()

    def _update(self, user_id: str, step: Update) -> None:
        self._see(self.platform.update_user(user_id, step.changes, step.password))
        if step.password:
            self._password_delivered()

    def _see(self, user: User) -> None:
        self.observed = seen(user)

    def _password_delivered(self) -> None:
        self.desired = replace(self.desired, password=None)


class Stream:
    """Converges tasks side by side as they come, for as long as the platform is there.

    Of what comes when the platform as a whole is away nothing is attempted any more.
    No thread outlives it.

    :ivar halt: the failure of the platform as a whole that ended it, if any
    :param workers: how many calls at most are under way at once
    :param seconds: after which no further step is begun
    """

    def __init__(self, platform: Platform, workers: int, seconds: float = math.inf):
        self.workers = workers
        self._platform = platform
        self._watch = _Watch(platform)
        self._deadline = time.monotonic() + seconds
        self._pool = ThreadPoolExecutor(max_workers=max(1, workers))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        # nothing is queued any more, unless an error has ended it
        self._pool.shutdown(cancel_futures=True)

    @property
    def halt(self) -> PlatformError | None:
        return self._watch.halt

    def add(
        self, task: Task, about: AbstractContextManager | None = None
    ) -> Future[Outcome]:
        """Have a task converged as soon as it is its turn.

        :param about: entered around it, in the thread that works on it
        """
        return self._pool.submit(self._converge, task, about or nullcontext())

    def _converge(self, task: Task, about: AbstractContextManager) -> Outcome:
        try:
            with about:
                if self.halt:
                    return Outcome(task.key, task.observed, attempted=False)
                outcome = converge_user(self._platform, task, self._deadline)
                error = self._watch.consider(outcome.error)
        except Exception as unforeseen:
            # must not cost the outcomes of the others; its words may name somebody
            where = "".join(format_tb(unforeseen.__traceback__))
            kind = type(unforeseen).__name__
            _logger.error("A task could not be converged: %s\n%s", kind, where)
            nobody_knows = replace(task.observed, state=UNKNOWN)
            return Outcome(task.key, nobody_knows, error=BadAnswer("unforeseen"))
        if isinstance(error, NotSent):
            return replace(outcome, error=None, attempted=False)
        return replace(outcome, error=error)


def whom_it_concerns(
    platform: Platform, error: PlatformError
) -> tuple[PlatformError, PlatformError | None]:
    """Tell an account that is refused, or a platform that is away, from one bad call.

    A rate limit concerns every call. After a refused token, a failure on the way or a
    refusal without the platform's words, the cheapest call of all is asked: if it fails
    too, so will the others. If it does not, what was refused is this one call, by a
    firewall for one.

    :return: what the call failed with, and the failure that concerns every call, if it
        is one: `Unauthorized` or `Unavailable`
    """
    if isinstance(error, RateLimited):
        return error, error
    is_wordless = _is_wordless(error)
    if not is_wordless and not isinstance(error, Unauthorized | Unavailable):
        return error, None
    try:
        platform.account()
    except NotSent as failure:
        # nobody knows whom a refusal concerns
        return (error if isinstance(error, Unavailable) else failure), None
    except PlatformError as failure:
        if is_wordless:
            error = _of_another(error)
        # what asks for its own account cannot be refused by the platform that we
        # mean: that is not there, whoever answers in its place
        is_told = isinstance(failure, Unauthorized | Unavailable)
        return error, failure if is_told else error
    if not isinstance(error, Unauthorized):
        return error, None
    refused = Refused(
        "forbidden", str(error), status=error.status, request_id=error.request_id
    )
    return refused, None


def _is_wordless(error: PlatformError) -> bool:
    """So a web server refuses what it cannot hand on while the platform is away."""
    return isinstance(error, Refused) and str(error) == LOCAL_CODES["refused"]


def _of_another(error: PlatformError) -> BadAnswer:
    """What was answered in the platform's place."""
    return BadAnswer("malformed_answer", status=error.status)


class _Watch:
    """Ends a batch where the platform is away, or refuses the account."""

    def __init__(self, platform: Platform):
        self.platform = platform
        self.halt: PlatformError | None = None
        self._lock = threading.Lock()
        self._is_there = False

    def consider(self, error: PlatformError | None) -> PlatformError | None:
        """What a task has failed with, in the light of what the platform says."""
        if error is None:
            return None
        with self._lock:
            away = isinstance(error, Unavailable) and not isinstance(error, RateLimited)
            # a platform that is there need not be asked again for each time-out; a
            # token may have been revoked since
            if self.halt and _is_wordless(error):
                return _of_another(error)
            if self.halt or (away and self._is_there):
                return error
            error, self.halt = whom_it_concerns(self.platform, error)
            self._is_there |= away and not self.halt
        return error
