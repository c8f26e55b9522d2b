"""Strict reading of JSON: a value is there and of its type, or it is a `BadAnswer`.

All functions take a parsed JSON value that should be an object and the key to read.
"""

import re
from typing import LiteralString, TypeVar, cast

from .errors import LOCAL_CODES, BadAnswer

T = TypeVar("T", bound=str)

# Valid in JSON, but no database takes them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def text(data: object, key: LiteralString) -> str:
    """A string, possibly empty."""
    value = _value(data, key)
    if not isinstance(value, str) or _UNSTORABLE.search(value):
        raise malformed(key)
    return value


def filled(data: object, key: LiteralString) -> str:
    """A string that is not empty."""
    value = text(data, key)
    if not value:
        raise malformed(key)
    return value


def nullable(data: object, key: LiteralString) -> str | None:
    """A string, or None for null."""
    return None if _value(data, key) is None else text(data, key)


def flag(data: object, key: LiteralString) -> bool:
    """A boolean."""
    value = _value(data, key)
    if not isinstance(value, bool):
        raise malformed(key)
    return value


def choice(data: object, key: LiteralString, choices: tuple[T, ...]) -> T:
    """One of the given strings."""
    value = text(data, key)
    for known in choices:
        if value == known:
            return known
    raise malformed(key)


def objects(data: object, key: LiteralString) -> list[object]:
    """A list; its items are read, and checked, one by one."""
    value = _value(data, key)
    if not isinstance(value, list):
        raise malformed(key)
    return value


def malformed(key: LiteralString) -> BadAnswer:
    """The error for a value that is not what it should be; names it, not its value."""
    return BadAnswer(
        "malformed_answer",
        f"{LOCAL_CODES['malformed_answer']} ({key})",
        maybe_applied=True,
    )


def _value(data: object, key: LiteralString) -> object:
    if not isinstance(data, dict) or key not in data:
        raise malformed(key)
    return cast(object, data[key])
