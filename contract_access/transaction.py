# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Transactions that end within a request or a scheduled action.

Nothing may be open while a platform takes its time, and long work is committed as it
goes. All of this addon's commits are made here.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from traceback import format_tb
from typing import TypeVar

from odoo.api import Environment
from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY, retrying
from odoo.tools import SQL, LazyTranslate, split_every

from .exceptions import message_of

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

#: what people are told of an exception that nobody foresaw
UNFORESEEN = _lt(
    "Something unexpected happened; the server's log says what. It will be tried again."
)

T = TypeVar("T")


def commit(env: Environment, done: int = 0, remaining: int | None = None) -> float:
    """Commit; in a scheduled action, tell Odoo how far it has come.

    :param done: how many records have been worked on since the last time
    :param remaining: how many are left, where that is known
    :return: the seconds that are left to the scheduled action, infinite elsewhere
    """
    return env["ir.cron"]._commit_progress(done, remaining=remaining)


def run(env: Environment, work: Callable[[], T]) -> T:
    """Do work in a transaction of its own and commit it.

    It is done again where it meets another transaction's changes, so it must read what
    it needs by itself.

    :raises OperationalError: it met others again and again
    """
    return retrying(work, env)


def run_in_slices(
    records: BaseModel, work: Callable[[BaseModel], None], size: int
) -> None:
    """Do work on records, on some at a time, each time in a transaction of its own.

    Others who need the same rows wait for one of these at most; what is done stays.

    :param work: called with records that are there still
    :param size: how many records a transaction has
    :raises OperationalError: it met others again and again
    """
    for some in split_every(size, records.ids, records.browse):
        run(records.env, partial(lambda rows: work(rows.exists()), some))
        commit(records.env, len(some))
        # of many, the cache would hold all
        records.env.invalidate_all()


def touch(records: BaseModel) -> None:
    """Have this transaction conflict with any other that changes or touches these rows.

    Two that read what the other one writes could both go through, each with a result
    that the other one has made wrong. Of two that touch the same row, one is done
    again, and sees what the other one did.

    :raises OperationalError: another transaction was first
    """
    if ids := tuple(records._origin.ids):
        records.env.cr.execute(
            SQL(
                "UPDATE %(table)s SET write_date = write_date WHERE id IN %(ids)s",
                table=SQL.identifier(records._table),
                ids=ids,
            )
        )


def together_or_one_by_one(
    records: BaseModel,
    work: Callable[[BaseModel], None],
    failed: Callable[[BaseModel, Exception], None],
) -> None:
    """Do work on records as a set; where that fails, on each by itself.

    :param work: what is to be done, all of it or nothing
    :param failed: called with each record that it cannot be done for, and why
    :raises OperationalError: others were first; all of the work is to be done again
    """
    try:
        with records.env.cr.savepoint():
            work(records)
    except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
        raise
    except Exception as error:
        if len(records) == 1:
            failed(records, error)
            return
        for record in records:
            together_or_one_by_one(record, work, failed)


def words_for(error: Exception, records: BaseModel) -> str:
    """What to say of an exception to people, in the language of the records' context.

    Of one that nobody foresaw, the log says what it was and where. Its own words are
    nowhere: they may hold a person's data.

    :param records: what was worked on
    """
    if isinstance(error, UserError):
        return message_of(error)
    log_error(_logger, error, "%s", records)
    return records.env._(UNFORESEEN)


def log_error(
    logger: logging.Logger, error: Exception, message: str, *arguments: object
) -> None:
    """Log an exception without its own words, which may hold a person's data.

    :param message: what could not be done, with its arguments
    """
    where = "".join(format_tb(error.__traceback__))
    logger.error(f"{message}: %s\n%s", *arguments, type(error).__name__, where)


@contextmanager
def guarded(
    env: Environment, logger: logging.Logger, message: str, *arguments: object
) -> Iterator[None]:
    """Keep what nobody foresaw in one account or company from stopping the others.

    The transaction is undone; what was committed stays.

    :param message: for the log, with its arguments
    """
    try:
        yield
    except Exception as error:
        env.cr.rollback()
        log_error(logger, error, message, *arguments)
