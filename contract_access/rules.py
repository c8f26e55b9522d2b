# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's life: which transitions there are, and from where each is allowed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

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
    "resume_unsigned": Transition(frozenset({INACTIVE}), PRE_CONTRACT),
    "blacklist": Transition(LIVING | {INACTIVE}, BLACKLISTED),
    "withdraw": Transition(LIVING | {PRE_CONTRACT}, WITHDRAWN),
    "reactivate": Transition(ENDED, ACTIVE),
}

#: of what people ask for: where its goal is reached already, so that whoever repeats a
#: call whose answer was lost does no harm
REACHED: dict[str, frozenset[StatusPair]] = {
    "activate": frozenset({ACTIVE, OVERDUE}),
    "block": frozenset({MANUALLY_BLOCKED}),
    "release": frozenset({ACTIVE, OVERDUE}),
    "blacklist": frozenset({BLACKLISTED}),
    "withdraw": frozenset({WITHDRAWN}),
    "reactivate": frozenset({ACTIVE, OVERDUE}),
}

#: what dunning owes where something has fallen due since the last notice
NOTIFY = "notify"


def is_allowed(name: str, status_pair: StatusPair) -> bool:
    """Whether a transition may start from where a contract stands."""
    return status_pair in TRANSITIONS[name].sources


@dataclass(frozen=True)
class Periods:
    """After how many days dunning goes on to its next step; 0 switches it off.

    Each step rests on the one before.

    :param notice: days after the oldest open due date: the access is marked as overdue,
        and the notice goes out
    :param block: days after a notice was delivered: the access is blocked
    :param cancel: days after that block began: the contract is terminated
    """

    notice: int = 0
    block: int = 0
    cancel: int = 0

    def __bool__(self) -> bool:
        return bool(self.notice or self.block or self.cancel)

    def rest_on_each_other(self) -> bool:
        """Whether no step is negative, or switched on without the one before."""
        days = (self.notice, self.block, self.cancel)
        switched_on = [bool(number) for number in days]
        return min(days) >= 0 and switched_on == sorted(switched_on, reverse=True)


#: what the regulator leaves a provider's customers at least: after the notice, until
#: the block, until the end (Anatel, Regulamento Geral dos Direitos do Consumidor,
#: Resolução 765/2023, articles 70, 71 and 78)
REGULATORS_MINIMUM = Periods(notice=1, block=15, cancel=60)


@dataclass(frozen=True)
class DunningRules:
    """What a company wants of dunning.

    :param consumer: the periods of its customers
    :param business: those of customers that are companies; None: the same
    :param minimum: what must be open at least, in the company's currency
    :param whole_payer: all that the payer owes is each contract's debt
    :param days_off: gives the days on which nothing is taken away, nor on their eves;
        asked only where something would be
    """

    consumer: Periods = Periods()
    business: Periods | None = None
    minimum: float = 0.0
    whole_payer: bool = False
    days_off: Callable[[], frozenset[date]] = frozenset

    def __bool__(self) -> bool:
        return bool(self.consumer or self.business)

    def periods_of(self, *, is_company: bool) -> Periods:
        """The periods of a customer."""
        if is_company and self.business is not None:
            return self.business
        return self.consumer

    def suitable(self, day: date) -> date:
        """The first day, not before this one, on which something is taken away."""
        while {day, day + timedelta(1)} & self.days_off():
            day += timedelta(1)
        return day


@dataclass(frozen=True)
class Debt:
    """What is open and overdue of a contract, and what its customer was told of it.

    :param days: since the oldest due date
    :param amount: in the company's currency
    :param unnoticed_days: since the oldest due date that no notice names; 0: none
    :param noticed_on: when a notice was delivered first that names one of them
    :param invoices: how many it is of
    """

    days: int = 0
    amount: float = 0.0
    unnoticed_days: int = 0
    noticed_on: date | None = None
    invoices: int = 0

    def __bool__(self) -> bool:
        return bool(self.days)


NO_DEBT = Debt()


@dataclass(frozen=True)
class Steps:
    """The days on which dunning goes on, as far as it can be told today.

    None: that step does not come, or has been made.
    """

    notice: date | None = None
    block: date | None = None
    terminate: date | None = None


def dunning_steps(
    status_pair: StatusPair,
    debt: Debt,
    periods: Periods,
    today: date,
    *,
    automatic_block: bool = True,
    automatic_cancellation: bool = True,
    trusted_until: date | None = None,
    blocked_on: date | None = None,
    suitable: Callable[[date], date] = lambda day: day,
) -> Steps:
    """When dunning goes on with a contract, if nothing is paid and each notice arrives.

    A notice that was not delivered leads nowhere: a person has to see to it.

    :param trusted_until: nothing is taken away before
    :param blocked_on: when the block began that is in force
    :param suitable: the first day, not before a given one, on which the company takes
        something away
    """
    if not debt or status_pair not in LIVING - {AWAITING}:
        return Steps()

    def taken_away(since: date, days: int) -> date:
        return suitable(max(since + timedelta(days), today, trusted_until or today))

    notice = block = terminate = None
    if periods.notice and debt.unnoticed_days:
        notice = today + timedelta(max(periods.notice - debt.unnoticed_days, 0))
    noticed_on = debt.noticed_on or notice
    if status_pair == AUTO_BLOCKED:
        block = blocked_on
    elif periods.block and noticed_on and is_allowed("auto_block", status_pair):
        block = taken_away(noticed_on, periods.block) if automatic_block else None
    if periods.cancel and noticed_on and block and automatic_cancellation:
        # of a debt that has come since, its own notice must be as old
        since = max(block, noticed_on + timedelta(periods.block))
        terminate = taken_away(since, periods.cancel)
    if status_pair == AUTO_BLOCKED:
        block = None
    return Steps(notice, block, terminate)


def dunning_move(
    status_pair: StatusPair,
    debt: Debt,
    periods: Periods,
    today: date,
    steps: Steps,
) -> str | None:
    """What dunning owes a contract today.

    :param steps: see :func:`dunning_steps`
    :return: a key of :data:`TRANSITIONS`; :data:`NOTIFY`; or None
    """
    if status_pair not in LIVING - {AWAITING}:
        return None
    if not debt:
        return "clear" if is_allowed("clear", status_pair) else None
    if status_pair == AUTO_BLOCKED and steps.terminate == today:
        return "terminate"
    if steps.block == today:
        return "auto_block"
    if periods.notice and debt.days >= periods.notice and status_pair == ACTIVE:
        return "fall_overdue"
    return NOTIFY if steps.notice == today else None
