# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's life: which transitions there are, and from where each is allowed."""

from dataclasses import dataclass

#: every state that a contract can be in: its status, and the access that it gives
StatusPair = tuple[str, str]

PRE_CONTRACT: StatusPair = ("pre_contract", "awaiting_signature")
ACTIVE: StatusPair = ("active", "active")
AWAITING: StatusPair = ("active", "awaiting_signature")
OVERDUE: StatusPair = ("active", "overdue")
AUTO_BLOCKED: StatusPair = ("active", "auto_blocked")
MANUALLY_BLOCKED: StatusPair = ("active", "manually_blocked")
INACTIVE: StatusPair = ("inactive", "disabled")
BLACKLISTED: StatusPair = ("blacklisted", "disabled")
WITHDRAWN: StatusPair = ("withdrawn", "disabled")

LIVING = frozenset({ACTIVE, AWAITING, OVERDUE, AUTO_BLOCKED, MANUALLY_BLOCKED})
ENDED = frozenset({INACTIVE, BLACKLISTED, WITHDRAWN})
#: the statuses under which nothing is delivered that could be invoiced
NO_SERVICE = ("pre_contract", "blacklisted", "withdrawn")
BLOCKED = frozenset({AUTO_BLOCKED, MANUALLY_BLOCKED})


@dataclass(frozen=True)
class Transition:
    """A step in the life of a contract.

    :param sources: where it is allowed from
    :param target: where it leads
    """

    sources: frozenset[StatusPair]
    target: StatusPair


#: the one table; what is not in it is not allowed
TRANSITIONS: dict[str, Transition] = {
    "activate": Transition(frozenset({PRE_CONTRACT, AWAITING}), ACTIVE),
    "fall_overdue": Transition(frozenset({ACTIVE}), OVERDUE),
    "auto_block": Transition(frozenset({ACTIVE, OVERDUE}), AUTO_BLOCKED),
    "clear": Transition(frozenset({OVERDUE, AUTO_BLOCKED}), ACTIVE),
    "block": Transition(LIVING - {MANUALLY_BLOCKED, AWAITING}, MANUALLY_BLOCKED),
    "release": Transition(BLOCKED, ACTIVE),
    "release_overdue": Transition(BLOCKED, OVERDUE),
    "terminate": Transition(LIVING | {PRE_CONTRACT}, INACTIVE),
    "resume": Transition(frozenset({INACTIVE}), ACTIVE),
    "blacklist": Transition(LIVING | {INACTIVE}, BLACKLISTED),
    "withdraw": Transition(LIVING | {PRE_CONTRACT}, WITHDRAWN),
    "reactivate": Transition(ENDED, ACTIVE),
}


def is_allowed(name: str, status_pair: StatusPair) -> bool:
    """Whether a transition may start from where a contract stands."""
    return status_pair in TRANSITIONS[name].sources


@dataclass(frozen=True)
class Periods:
    """After how many days overdue a contract moves; 0 switches a step off.

    :param overdue: … its access is marked as overdue
    :param block: … it is blocked
    :param cancel: … it is terminated
    """

    overdue: int = 0
    block: int = 0
    cancel: int = 0

    def __bool__(self) -> bool:
        return bool(self.overdue or self.block or self.cancel)


def dunning_move(
    status_pair: StatusPair,
    overdue_days: int,
    periods: Periods,
    *,
    automatic_block: bool = True,
    automatic_cancellation: bool = True,
    trusted: bool = False,
) -> str | None:
    """The transition that dunning owes a contract today, the furthest first.

    A contract that was never looked at goes where it belongs in one step. Days of
    trust hold back what takes the access away, not the notice that something is due.

    :param overdue_days: days since the oldest open due date, 0 if nothing is overdue
    :param trusted: within the days of trust after a release
    :return: a key of :data:`TRANSITIONS`, or None
    """
    owed = (
        ("terminate", periods.cancel, automatic_cancellation and not trusted),
        ("auto_block", periods.block, automatic_block and not trusted),
        ("fall_overdue", periods.overdue, True),
    )
    if status_pair not in LIVING - {AWAITING}:
        return None
    if not overdue_days:
        return "clear" if is_allowed("clear", status_pair) else None
    for name, days, wanted in owed:
        if days and overdue_days >= days and wanted and is_allowed(name, status_pair):
            return name
    return None
