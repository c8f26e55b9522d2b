# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Transactions that end within a request or a scheduled action.

Nothing may be open while a platform takes its time, and long work is committed as it
goes. All of this addon's commits are made here.
"""

from collections.abc import Callable
from typing import TypeVar

from odoo.api import Environment
from odoo.service.model import retrying

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
