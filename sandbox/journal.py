"""What was asked of the platform lately, without anyone's number in it."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

_KEPT = 20_000


def mask_cpf(cpf: str | None) -> str | None:
    """Return a CPF as it may be shown, None where there is none."""
    if not cpf:
        return None
    if len(cpf) != 11 or not cpf.isdigit():
        return "***"
    return f"***.{cpf[3:6]}.{cpf[6:9]}-**"


@dataclass
class Entry:
    """One request.

    :param operation: operation of the API, ``unknown`` or ``elsewhere``
    :param path: path without its query
    :param authorized: whether an ``Authorization`` header came with it
    :param fault: kinds of the faults that it met, joined by ``+``
    :param cpf: masked CPF that it was about, where that is known
    :param status: status of the answer; None while open, or without an answer
    :param seconds: how long it took; None while it is open
    """

    request_id: str
    operation: str
    method: str
    path: str
    authorized: bool
    fault: str | None = None
    cpf: str | None = None
    status: int | None = None
    seconds: float | None = None
    time: str = field(
        default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds")
    )

    def as_json(self) -> dict[str, Any]:
        """Return the entry as the control API shows it."""
        return asdict(self)


class Journal:
    """The last requests, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)

    def add(self, entry: Entry) -> None:
        """Keep an entry; the oldest goes where there are too many."""
        self._entries.append(entry)

    def entries(self, operation: str | None = None) -> list[Entry]:
        """Return the entries, of one operation where it is given."""
        return [e for e in self._entries if operation in (None, e.operation)]

    def clear(self) -> None:
        """Forget all entries."""
        self._entries.clear()
