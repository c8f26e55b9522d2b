# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""For methods that other programs call: what they give is checked.

Odoo browses whatever is given as ids, and calls a method that needs some without any.
"""

import functools
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from datetime import date, datetime

from odoo import fields
from odoo.api import Environment
from odoo.models import BaseModel

from .exceptions import InvalidError, RefusedError, code_of
from .transaction import together_or_one_by_one, words_for


def on_records(method: Callable) -> Callable:
    """Refuses a call of a public method without records, or with ids that are none.

    A record that is given twice is worked on once.
    """

    @functools.wraps(method)
    def checked(self, *args, **kwargs):
        check_called_on(self)
        once = self.browse(dict.fromkeys(self._ids)).with_prefetch(self._prefetch_ids)
        return method(once, *args, **kwargs)

    return checked


def on_one_record(method: Callable) -> Callable:
    """The same for a method that works on a single record."""

    @functools.wraps(method)
    def checked(self, *args, **kwargs):
        if len(self) > 1:
            raise RefusedError(
                self.env._("This can be done for one record at a time only."),
                "one_record_only",
            )
        return method(self, *args, **kwargs)

    return on_records(checked)


def check_called_on(records: BaseModel) -> None:
    """Refuse a call without records, or with ids that are none.

    :raises RefusedError: there are none
    :raises InvalidError: one of them is no positive integer
    """
    check_ids(records)
    if not records:
        raise RefusedError(
            records.env._("Say which records this is for: “ids” is missing."),
            "ids_missing",
        )


def check_ids(records: BaseModel) -> None:
    """Refuse what is no id; the database would say it in SQL.

    :raises InvalidError: one of them is no positive integer
    """
    for id_ in records._ids:
        if not is_id(id_) and not hasattr(id_, "origin"):  # a form's new record
            raise wrong_type(records.env, "ids")


def check_values(env: Environment, vals: object) -> None:
    """Refuse what are no values of a record.

    :raises InvalidError: they are no mapping of names
    """
    if not isinstance(vals, Mapping) or not all(isinstance(name, str) for name in vals):
        raise wrong_type(env, "vals")


def check_rows(env: Environment, vals_list: object) -> None:
    """Refuse what are no values of new records.

    :raises InvalidError: they are no list of mappings of names
    """
    if not isinstance(vals_list, list | tuple):
        raise wrong_type(env, "vals_list")
    for vals in vals_list:
        check_values(env, vals)


def check_names(env: Environment, name: str, names: object) -> None:
    """Refuse what is no list of fields' names.

    :param name: the argument's name, for the refusal
    :raises InvalidError: it is none
    """
    is_list = isinstance(names, Collection) and not isinstance(names, str)
    if not is_list or not all(isinstance(one, str) for one in names):
        raise wrong_type(env, name)


def is_id(value: object) -> bool:
    """Whether a value can be the id of a record; the database keeps 32 bits."""
    return type(value) is int and 0 < value < 2**31


def given_id(env: Environment, name: str, value: object) -> int | None:
    """An id that was given as an argument; None where there is none.

    :param name: the argument's name, for the refusal
    """
    if value is None or value is False:
        return None
    if not is_id(value):
        raise wrong_type(env, name)
    return value


def given_text(env: Environment, name: str, value: object) -> str | None:
    """A text that was given as an argument; None where there is none."""
    if value is None or value is False:
        return None
    if not isinstance(value, str):
        raise wrong_type(env, name)
    return value


def given_flag(env: Environment, name: str, value: object) -> bool:
    """A yes or no that was given as an argument."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise wrong_type(env, name)


def given_date(env: Environment, name: str, value: object) -> date | None:
    """A day that was given as an argument, YYYY-MM-DD; None where there is none."""
    if value is None or value is False:
        return None
    if isinstance(value, str | date):
        with suppress(ValueError):
            return fields.Date.to_date(value)
    raise wrong_type(env, name)


def given_datetime(env: Environment, name: str, value: object) -> datetime | None:
    """A moment in UTC that was given as an argument; None where there is none."""
    if value is None or value is False:
        return None
    if isinstance(value, str | date):
        with suppress(ValueError):
            return fields.Datetime.to_datetime(value)
    raise wrong_type(env, name)


def wrong_type(env: Environment, name: str) -> InvalidError:
    """What to raise where an argument, or a field's value, is not of its type."""
    return InvalidError(
        env._("The value given for “%s” is of another type.", name), "wrong_type"
    )


def result_of_each(records: BaseModel, work: Callable[[BaseModel], object]) -> list:
    """Do work on records; one that it cannot be done for does not stop the others.

    :param work: what is to be done, all of it or nothing
    :return: for each record, in their order, a dict of ``id``, ``ok``, and, where it is
        not, ``code`` and ``message``; else these two are empty
    """
    failures: dict[int, Exception] = {}
    together_or_one_by_one(
        records, work, lambda record, error: failures.update({record.id: error})
    )
    return [result(record, failures.get(record.id)) for record in records]


def result(record: BaseModel, error: Exception | None = None) -> dict:
    """What became of one record, see :func:`result_of_each`."""
    return {
        "id": record.id,
        "ok": error is None,
        "code": code_of(error) if error else "",
        "message": words_for(error, record) if error else "",
    }
