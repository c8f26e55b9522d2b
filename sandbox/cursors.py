"""Cursors: where a page of a list ended, in a form that callers only pass on."""

from __future__ import annotations

import base64
import binascii


def encode(kind: str, position: str | int | None) -> str | None:
    """Return the cursor after a position, None where there is none.

    :param kind: the list that it belongs to
    """
    if position is None:
        return None
    return base64.urlsafe_b64encode(f"{kind}:{position}".encode()).decode()


def decode(kind: str, cursor: str) -> str:
    """Return the position that a cursor of this list holds.

    :raises ValueError: where it is no cursor of this list
    """
    try:
        text = base64.b64decode(cursor.encode(), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("no cursor") from None
    found, separator, position = text.partition(":")
    if found != kind or not separator:
        raise ValueError("a cursor of another list")
    return position
