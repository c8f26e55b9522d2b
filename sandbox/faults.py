"""Faults: what goes wrong on demand, with which calls and how often."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from .errors import validation_failed
from .validation import Field, Number, Text, read_object

OPERATIONS = (
    "getAccount",
    "listPackages",
    "listUsers",
    "createUser",
    "getUser",
    "updateUser",
    "deleteUser",
    "setUserStatus",
)
ANY_OPERATION = "*"

# Each kind, and whether it strikes before or after the effect unless told.
KINDS = {
    "latency": "before",
    "status": "before",
    "rate_limited": "before",
    "lost_answer": "after",
    "reset": "before",
    "malformed": "after",
    "truncated": "after",
    "wrong_shape": "after",
    "expired_token": "before",
    "redirect": "before",
    "oversize": "after",
}

_FIELDS: dict[str, Field] = {
    "operation": Text(required=True, choices=(ANY_OPERATION, *OPERATIONS)),
    "kind": Text(required=True, choices=tuple(KINDS)),
    "when": Text(choices=("before", "after")),
    "times": Number(1, 10**9, whole=True, nullable=True),
    "probability": Number(0, 1),
    "seconds": Number(0, 3600),
    "status": Number(400, 599, whole=True),
    "retry_after": Number(0, 86400, whole=True, nullable=True),
    "mebibytes": Number(1, 256, whole=True),
}


@dataclass
class Fault:
    """One fault that is switched on.

    :param times: how many calls it still meets, None for all
    :param probability: chance that it meets a call that it could
    :param seconds: for ``latency``, and for ``lost_answer`` before the drop
    :param status: for ``status``
    :param retry_after: seconds of a ``Retry-After`` header
    :param mebibytes: for ``oversize``
    """

    id: str
    operation: str
    kind: str
    when: str
    times: int | None = 1
    probability: float = 1
    seconds: float = 0
    status: int = 503
    retry_after: int | None = None
    mebibytes: int = 8

    def as_json(self) -> dict[str, Any]:
        """Return the fault as the control API shows it."""
        return asdict(self)


@dataclass(frozen=True)
class Strike:
    """What one call meets.

    :param delays: faults of kind ``latency``
    :param spoiler: the fault that takes the place of the answer
    """

    delays: tuple[Fault, ...] = ()
    spoiler: Fault | None = None

    @property
    def kinds(self) -> str | None:
        """The kinds of the faults, joined; None where there are none."""
        faults = (*self.delays, *((self.spoiler,) if self.spoiler else ()))
        return "+".join(fault.kind for fault in faults) or None

    def seconds(self, when: str) -> float:
        """Return the delay before or after the effect."""
        return sum(fault.seconds for fault in self.delays if fault.when == when)


class Faults:
    """The faults that are switched on, oldest first."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}
        self._numbers = itertools.count(1)

    def add(self, wanted: Any) -> Fault:
        """Switch a fault on.

        :param wanted: its JSON; ``times`` is 1 where absent, for ever where null
        :raises ApiError: 422 that says what is wrong
        """
        values = read_object(wanted, _FIELDS)
        kind = values["kind"]
        values.setdefault("when", KINDS[kind])
        if kind == "lost_answer" and values["when"] == "before":
            raise validation_failed(
                {"when": "A resposta só se perde depois do efeito; use reset."}
            )
        for name, value in _defaults(kind).items():
            values.setdefault(name, value)
        fault = Fault(id=f"flt_{next(self._numbers)}", **values)
        self._active[fault.id] = fault
        return fault

    def all(self) -> list[Fault]:
        """Return the faults that are switched on."""
        return list(self._active.values())

    def remove(self, fault_id: str) -> bool:
        """Switch one fault off; tell whether it was on."""
        return self._active.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Switch all faults off."""
        self._active.clear()

    def strike(self, operation: str) -> Strike:
        """Return what a call meets, and count it.

        All delays add up; of the other faults the oldest one is met.
        """
        if operation not in OPERATIONS:
            return Strike()
        delays: list[Fault] = []
        spoiler: Fault | None = None
        for fault in self.all():
            if fault.operation not in (ANY_OPERATION, operation):
                continue
            if fault.kind != "latency" and spoiler:
                continue
            if random.random() >= fault.probability:
                continue
            self._count(fault)
            if fault.kind == "latency":
                delays.append(fault)
            else:
                spoiler = fault
        return Strike(tuple(delays), spoiler)

    def _count(self, fault: Fault) -> None:
        if fault.times is None:
            return
        fault.times -= 1
        if not fault.times:
            self.remove(fault.id)


def _defaults(kind: str) -> Mapping[str, Any]:
    return {"latency": {"seconds": 1}, "rate_limited": {"retry_after": 1}}.get(kind, {})
