# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How long Odoo lets this process go on with what it is at, before it kills it."""

import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context

import psutil

from odoo.service import server
from odoo.tools import config

#: seconds by which a worker may be late to take up a request: it counts from before
BEAT = 4.0
#: seconds into its time, a worker would gain little by taking the work up again
FRESH = 2.0

#: when a scheduled action was last over in this process, of the monotonic clock
_over: dict[tuple[str, int], float] = {}
#: in a scheduled action, the moment that its time counts from at the earliest; None
#: where that is the process's beginning
_counted_from: ContextVar[float | None] = ContextVar("counted_from")


@contextmanager
def scheduled_action(dbname: str, action: int) -> Iterator[None]:
    """Run a scheduled action; what is asked here meanwhile is about its time.

    A worker's watchdog counts from before the worker has waited for work, and does not
    say since when. But an action runs once between two beats of the watchdog, so that
    the last beat came after its last run.

    :param dbname: its database
    :param action: its id
    """
    token = _counted_from.set(_over.get((dbname, action)))
    try:
        yield
    finally:
        _over[dbname, action] = time.monotonic()
        _counted_from.reset(token)


def seconds_left() -> float:
    """Seconds that the work under way may still take; infinite where nobody watches.

    Less than there are, where Odoo does not say since when it counts.
    """
    return min(_limit() - _seconds_used(), _cpu_seconds_left())


def is_fresh() -> bool:
    """Whether who begins the work anew would hardly have more time for it."""
    return _seconds_used() < FRESH


def shortest_limit() -> float:
    """The seconds that work may take in any of the workers that this server has."""
    return min(_configured("limit_time_real"), _configured("limit_time_real_cron"))


def _configured(name: str) -> float:
    limit = config[name]
    if limit < 0:  # as the other one
        return _configured("limit_time_real")
    return limit or float("inf")


def _limit() -> float:
    """The seconds that are allowed to the kind of work that is under way."""
    if not isinstance(server.server, server.PreforkServer | server.ThreadedServer):
        return float("inf")
    return _configured("limit_time_real_cron" if _is_cron() else "limit_time_real")


def _is_cron() -> bool:
    # an action that somebody has begun by its button is part of a request, which
    # dispatches calls from outside without Odoo's `request`
    return _counted_from in copy_context() and not _request_began()


def _request_began() -> float | None:
    return getattr(threading.current_thread(), "perf_t0", None)


def _seconds_used() -> float:
    # a server with threads says when each of them began
    if begun := getattr(threading.current_thread(), "start_time", None):
        return time.time() - begun
    if not _is_cron():
        return time.time() - (_request_began() or time.time()) + BEAT
    begun = _counted_from.get()
    if begun is None:
        return time.time() - psutil.Process().create_time()
    return time.monotonic() - begun


def _cpu_seconds_left() -> float:
    limit, _hard = resource.getrlimit(resource.RLIMIT_CPU)
    if limit == resource.RLIM_INFINITY:
        return float("inf")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return limit - used.ru_utime - used.ru_stime
