"""What the contract lets its SVA user be: the state table, as a pure function."""

from collections.abc import Hashable, Iterable, Mapping
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

DAY = timedelta(days=1)

Product = TypeVar("Product", bound=Hashable)


class LinePhase(StrEnum):
    """Where the contract lines that sell a product stand on a given day."""

    UPCOMING = "upcoming"
    RUNNING = "running"
    ENDED = "ended"


#: contract statuses under which there is no access whatever else holds
ENDED_CONTRACT = frozenset({"inactive", "blacklisted", "withdrawn"})
#: access statuses under which an active contract gives full access
OPEN_ACCESS = frozenset({"active", "overdue"})


def line_phase(
    periods: Iterable[tuple[date | None, date | None]], today: date
) -> LinePhase:
    """The phase of a product on a contract, over all of its lines.

    A renewal or a suspension makes new lines (OCA ``contract_line_successor``), so
    several lines sell one product in turn: one that runs beats one that comes, which
    beats those that are over.

    :param periods: first and last day of each line that is not cancelled; ``None``
        is open-ended
    :param today: the day that counts
    :return: ``ENDED`` also where there is no line at all
    """
    phase = LinePhase.ENDED
    for start, end in periods:
        if end and end < today:
            continue
        if start and start > today:
            phase = LinePhase.UPCOMING
        else:
            return LinePhase.RUNNING
    return phase


def next_change(
    periods: Iterable[tuple[date | None, date | None]], today: date
) -> date | None:
    """The first day after today on which :func:`line_phase` may answer differently.

    :param periods: as for :func:`line_phase`
    :return: a line's first day, or the day after a line's last one
    """
    days = [
        day
        for start, end in periods
        # a last day that never comes may be the calendar's last one
        for day in (start, end and min(end, date.max - DAY) + DAY)
        if day and day > today
    ]
    return min(days, default=None)


def successor(current: Product, phases: Mapping[Product, LinePhase]) -> Product:
    """The product that a user has, now that the contract's lines have changed.

    It stays what it is for as long as it is sold, and until another one runs: then
    comes the first of those.

    :param current: the product that the user has had
    :param phases: where the lines of each product stand, in the contract's order
    """
    if phases.get(current, LinePhase.ENDED) is not LinePhase.ENDED:
        return current
    running = (key for key, phase in phases.items() if phase is LinePhase.RUNNING)
    return next(running, current)


def derive_state(
    contract_status: str, access_status: str, phase: LinePhase, switched_on: bool
) -> str:
    """The state that an SVA user must have.

    The rule is the manual's ("Casos de uso"): overdue stays active, a block blocks,
    cancellation disables, and the operator's switch disables without cancelling.

    :param contract_status: ``pre_contract``, ``active``, ``inactive``,
        ``blacklisted`` or ``withdrawn``
    :param access_status: ``awaiting_signature``, ``active``, ``overdue``,
        ``auto_blocked``, ``manually_blocked`` or ``disabled``
    :param phase: where the line that sells the product stands today
    :param switched_on: the operator's own switch
    :return: ``active``, ``blocked`` or ``disabled``
    """
    if (
        contract_status in ENDED_CONTRACT
        or access_status == "disabled"
        or phase is LinePhase.ENDED
        or not switched_on
    ):
        return "disabled"
    if (
        contract_status == "active"
        and access_status in OPEN_ACCESS
        and phase is LinePhase.RUNNING
    ):
        return "active"
    return "blocked"
