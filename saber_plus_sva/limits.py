# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What all processes that call one account share: its slots, and its rate limit."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from odoo.sql_db import BaseCursor, db_connect

from .client.errors import NotSent

_logger = logging.getLogger(__name__)

#: the most slots that an account may have
MAX_SLOTS = 64
#: name our advisory locks among those of other addons: what the slots are of
ACCOUNTS = 0x5ABE
WEBHOOKS = 0x5ABF


@contextmanager
def slots(
    cr: BaseCursor, account: int, allowed: range, wanted: int, kind: int = ACCOUNTS
) -> Iterator[int]:
    """Take slots of an account: as many as one has, so many calls one may make at once.

    A slot is a PostgreSQL advisory lock of this session. It is neither a row lock nor
    an open transaction, nobody waits for it, and it is free again at once when the
    process that has it is gone (when its machine is gone, as soon as PostgreSQL's TCP
    keepalive finds out).

    :param cr: the cursor whose session has the slots; it may commit and roll back
    :param account: the integration's id
    :param allowed: which of the account's slots may be taken; the last ones first
    :param wanted: how many at most
    :param kind: what has the slots, where it is no account
    :return: how many were free, perhaps none
    """
    taken = []
    try:
        for number in reversed(allowed):
            if len(taken) >= wanted:
                break
            key = account * MAX_SLOTS + number
            cr.execute("SELECT pg_try_advisory_lock(%s, %s)", (kind, key))
            if cr.fetchone()[0]:
                taken.append(key)
        yield len(taken)
    finally:
        if taken:
            _leave(cr, taken, kind)


def _leave(cr: BaseCursor, taken: list[int], kind: int) -> None:
    query = "SELECT pg_advisory_unlock(%s, key) FROM unnest(%s) AS key"
    try:
        cr.execute(query, (kind, taken), log_exceptions=False)
    except psycopg2.InterfaceError:
        _logger.info("The session has ended, and its slots with it")
    except psycopg2.OperationalError:
        if not cr.closed and not cr.connection.closed:
            raise
    except psycopg2.InternalError:
        # the transaction has failed, and who comes after us rolls it back; the slots
        # would stay taken for as long as the connection is in the pool
        cr.rollback()
        cr.execute(query, (kind, taken))


class RateLimit:
    """Spaces the calls to an account evenly, whichever processes make them.

    The moment of the next call is in the database (the generic cell rate algorithm,
    ITU-T I.371): each call moves it on and waits for the moment that it found.

    Threads may share it; calling it returns when it is one's turn, or raises `NotSent`
    where that is too late, or the database is away.

    :param dbname: the database
    :param account: the integration's id
    :param per_second: calls per second; 0 for no limit
    :param deadline: of the monotonic clock: nobody waits any longer
    """

    def __init__(
        self,
        dbname: str,
        account: int,
        per_second: float,
        deadline: float = math.inf,
    ) -> None:
        self._dbname = dbname
        self._account = account
        self._interval = 1 / per_second if per_second else 0.0
        self._deadline = deadline
        self._lock = threading.Lock()

    def __call__(self) -> None:
        try:
            wait = max(self._reserve(), 0.0) if self._interval else 0.0
        except psycopg2.Error as error:
            # its words may hold where the database is, and as whom
            _logger.warning("No turn can be had: %s", type(error).__name__)
            raise NotSent("out_of_time") from None
        if time.monotonic() + wait > self._deadline:
            raise NotSent("out_of_time")
        time.sleep(wait)

    def _reserve(self) -> float:
        """Seconds until the turn that was reserved."""
        with self._lock, db_connect(self._dbname).cursor() as cr:
            # who comes second waits for who came first, and goes on from there
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            cr.execute(
                """
                INSERT INTO sva_rate_limit AS known (integration_id, next_call)
                VALUES (%(account)s, EXTRACT(EPOCH FROM clock_timestamp())
                                     + %(interval)s)
                ON CONFLICT (integration_id) DO UPDATE
                SET next_call = %(interval)s + GREATEST(
                    EXTRACT(EPOCH FROM clock_timestamp()),
                    -- no more can be waiting than have a slot: what is beyond is left
                    -- of a lower limit, or of a clock that was wrong
                    LEAST(known.next_call, EXTRACT(EPOCH FROM clock_timestamp())
                                          + %(slots)s * %(interval)s)
                )
                RETURNING next_call - %(interval)s
                          - EXTRACT(EPOCH FROM clock_timestamp())
                """,
                {
                    "account": self._account,
                    "interval": self._interval,
                    "slots": MAX_SLOTS,
                },
            )
            return float(cr.fetchone()[0])
