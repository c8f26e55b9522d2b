"""Strict reading of JSON: a value is there and of its type, or it is a `BadAnswer`.

All functions take a parsed JSON value that should be an object and the key to read.
"""

import re
from typing import LiteralString, TypeVar, cast

from .errors import LOCAL_CODES, BadAnswer

T = TypeVar("T", bound=str)

# Valid in JSON, but no database takes them.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

#: characters of what a row is found by: no index takes thousands
LONGEST_ID = 255
#: characters of anything else, such as a cursor
LONGEST_TEXT = 10_000

_VISIBLE_ASCII = re.compile(r"[!-~]+")


def is_visible_ascii(text: str) -> bool:
    """Whether a text can be sent in a header as it is."""
    return bool(_VISIBLE_ASCII.fullmatch(text))


def text(data: object, key: LiteralString, longest: int = LONGEST_TEXT) -> str:
    """A string, possibly empty, of a length that can be kept."""
    value = _value(data, key)
    if not isinstance(value, str) or len(value) > longest:
        raise malformed(key)
    if _UNSTORABLE.search(value):
        raise malformed(key)
    return value


def filled(data: object, key: LiteralString) -> str:
    """A string that something is known by: not empty, and short."""
    value = text(data, key, LONGEST_ID)
    if not value:
        raise malformed(key)
    return value


def nullable(data: object, key: LiteralString, longest: int = LONGEST_ID) -> str | None:
    """A string that something is known by, or None for null."""
    return None if _value(data, key) is None else text(data, key, longest)


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
