"""When dunning goes on with a contract, and what it owes one today."""

from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_access.rules import (
    ACTIVE,
    AUTO_BLOCKED,
    AWAITING,
    ENDED,
    INACTIVE,
    LIVING,
    MANUALLY_BLOCKED,
    NO_DEBT,
    NOTIFY,
    OVERDUE,
    PRE_CONTRACT,
    REGULATORS_MINIMUM,
    TRANSITIONS,
    Debt,
    DunningRules,
    Periods,
    dunning_move,
    dunning_steps,
    is_allowed,
)

TODAY = date(2026, 3, 16)  # a Monday
STATUS_PAIRS = sorted(LIVING | ENDED | {PRE_CONTRACT})


def ago(days):
    return TODAY - timedelta(days=days)


def move(status_pair, debt, periods=REGULATORS_MINIMUM, **options):
    steps = dunning_steps(status_pair, debt, periods, TODAY, **options)
    return dunning_move(status_pair, debt, periods, TODAY, steps)


def unnoticed(days):
    """A debt of which nothing has been said."""
    return Debt(days=days, amount=100, unnoticed_days=days)


def noticed(days, since):
    """A debt whose notice was delivered some days ago; None: it never arrived."""
    noticed_on = None if since is None else ago(since)
    return Debt(days=days, amount=100, noticed_on=noticed_on)


@pytest.mark.parametrize(
    ("status_pair", "debt", "blocked_days", "owed"),
    [
        (ACTIVE, NO_DEBT, None, None),
        (ACTIVE, unnoticed(1), None, "fall_overdue"),
        # found late: it begins with the notice, whatever its age
        (ACTIVE, unnoticed(200), None, "fall_overdue"),
        (OVERDUE, unnoticed(200), None, NOTIFY),
        # posted again: the notice stands
        (ACTIVE, noticed(20, 10), None, "fall_overdue"),
        (ACTIVE, noticed(20, 15), None, "auto_block"),
        (OVERDUE, NO_DEBT, None, "clear"),
        # it has not arrived, or nobody knows yet
        (OVERDUE, noticed(200, None), None, None),
        (OVERDUE, noticed(200, 14), None, None),
        (OVERDUE, noticed(200, 15), None, "auto_block"),
        (OVERDUE, noticed(16, 15), None, "auto_block"),
        # something has fallen due since
        (OVERDUE, Debt(20, 100, unnoticed_days=3, noticed_on=ago(10)), None, NOTIFY),
        (AUTO_BLOCKED, Debt(30, 100, unnoticed_days=3, noticed_on=ago(20)), 5, NOTIFY),
        (AUTO_BLOCKED, NO_DEBT, 5, "clear"),
        (AUTO_BLOCKED, noticed(200, 180), 59, None),
        (AUTO_BLOCKED, noticed(200, 180), 60, "terminate"),
        # what it was blocked for is paid: the rest has its own notice, and days
        (AUTO_BLOCKED, noticed(100, None), 80, None),
        (AUTO_BLOCKED, noticed(100, 74), 80, None),
        (AUTO_BLOCKED, noticed(100, 75), 80, "terminate"),
        (MANUALLY_BLOCKED, NO_DEBT, 80, None),
        (MANUALLY_BLOCKED, noticed(100, 90), 80, None),
        (MANUALLY_BLOCKED, unnoticed(3), 80, NOTIFY),
        (AWAITING, unnoticed(90), None, None),
        (PRE_CONTRACT, unnoticed(90), None, None),
        (INACTIVE, unnoticed(90), None, None),
    ],
)
def test_what_is_owed(status_pair, debt, blocked_days, owed):
    blocked_on = None if blocked_days is None else ago(blocked_days)
    assert move(status_pair, debt, blocked_on=blocked_on) == owed


@pytest.mark.parametrize(
    ("status_pair", "options", "owed"),
    [
        (OVERDUE, {"automatic_block": False}, None),
        (OVERDUE, {"automatic_cancellation": False}, "auto_block"),
        (OVERDUE, {"trusted_until": TODAY + timedelta(1)}, None),
        (OVERDUE, {"trusted_until": TODAY}, "auto_block"),
        (AUTO_BLOCKED, {"automatic_cancellation": False}, None),
        (AUTO_BLOCKED, {"automatic_block": False}, "terminate"),
        (AUTO_BLOCKED, {"trusted_until": TODAY + timedelta(1)}, None),
        (OVERDUE, {"suitable": lambda day: day + timedelta(1)}, None),
        (AUTO_BLOCKED, {"suitable": lambda day: day + timedelta(1)}, None),
    ],
)
def test_what_holds_it_back(status_pair, options, owed):
    debt = noticed(200, 180)
    assert move(status_pair, debt, **{"blocked_on": ago(90), **options}) == owed


@pytest.mark.parametrize(
    ("periods", "owed"),
    [
        (Periods(), None),
        (Periods(notice=1), None),
        (Periods(notice=1, block=15), "auto_block"),
    ],
)
def test_a_step_that_is_switched_off(periods, owed):
    assert move(OVERDUE, noticed(200, 180), periods) == owed


def test_the_days_that_are_foreseen():
    steps = dunning_steps(ACTIVE, unnoticed(200), REGULATORS_MINIMUM, TODAY)
    assert (steps.notice, steps.block, steps.terminate) == (TODAY, ago(-15), ago(-75))
    steps = dunning_steps(OVERDUE, noticed(9, 5), REGULATORS_MINIMUM, TODAY)
    assert (steps.notice, steps.block, steps.terminate) == (None, ago(-10), ago(-70))
    steps = dunning_steps(OVERDUE, noticed(9, None), REGULATORS_MINIMUM, TODAY)
    assert (steps.notice, steps.block, steps.terminate) == (None, None, None)


def test_nothing_on_days_off_or_their_eve():
    week = [TODAY + timedelta(days) for days in range(7)]
    rules = DunningRules(days_off=lambda: frozenset(week[5:]))
    assert [rules.suitable(day).isoweekday() for day in week] == [1, 2, 3, 4, 1, 1, 1]


def test_periods_rest_on_each_other():
    for periods in (Periods(), Periods(1), Periods(1, 15), Periods(30, 1, 1)):
        assert periods.rest_on_each_other()
    for periods in (Periods(0, 15), Periods(1, 0, 60), Periods(0, 0, 60), Periods(-1)):
        assert not periods.rest_on_each_other()


def test_companies_may_have_their_own():
    ours = Periods(1, 15, 60)
    rules = DunningRules(ours, Periods(1, 5))
    assert rules.periods_of(is_company=False) == ours
    assert rules.periods_of(is_company=True) == Periods(1, 5)
    assert DunningRules(ours).periods_of(is_company=True) == ours


@dataclass
class Due:
    """An open due date, and when its notice was given and delivered."""

    day: date
    given: bool = False
    delivered_on: date | None = None


@dataclass
class History:
    """A contract that dunning looks at every day."""

    periods: Periods
    rules: DunningRules
    today: date = TODAY
    status_pair: tuple = ACTIVE
    blocked_on: date | None = None
    trusted_until: date | None = None
    dues: list[Due] = field(default_factory=list)

    def debt(self):
        overdue = [due for due in self.dues if due.day < self.today]
        if not overdue:
            return NO_DEBT
        unnoticed = [due for due in overdue if not due.given]
        delivered = [due.delivered_on for due in overdue if due.delivered_on]
        return Debt(
            days=(self.today - min(due.day for due in overdue)).days,
            amount=100 * len(overdue),
            unnoticed_days=max(
                ((self.today - due.day).days for due in unnoticed), default=0
            ),
            noticed_on=min(delivered, default=None),
        )

    def dun(self, *, arrives):
        """A day of dunning; check what it does to the contract."""
        debt = self.debt()
        steps = dunning_steps(
            self.status_pair,
            debt,
            self.periods,
            self.today,
            trusted_until=self.trusted_until,
            blocked_on=self.blocked_on,
            suitable=self.rules.suitable,
        )
        name = dunning_move(self.status_pair, debt, self.periods, self.today, steps)
        if name in ("fall_overdue", NOTIFY):
            for due in self.dues:
                if due.day < self.today and not due.given:
                    due.given = True
                    due.delivered_on = self.today if arrives else None
        if not name or name == NOTIFY:
            return
        assert is_allowed(name, self.status_pair)
        if name == "auto_block":
            self.check_notice(timedelta(self.periods.block))
            self.blocked_on = self.today
        elif name == "terminate":
            assert self.status_pair == AUTO_BLOCKED
            assert self.today - self.blocked_on >= timedelta(self.periods.cancel)
            self.check_notice(timedelta(self.periods.block + self.periods.cancel))
        elif name == "clear":
            self.blocked_on = None
        self.status_pair = TRANSITIONS[name].target

    def check_notice(self, age):
        """Of something that is still open, a notice was delivered long enough ago."""
        assert any(
            due.delivered_on and self.today - due.delivered_on >= age
            for due in self.dues
        )
        off = self.rules.days_off()
        assert not {self.today, self.today + timedelta(1)} & off


events = st.lists(
    st.tuples(
        st.sampled_from(
            ["day", "day", "week", "due", "pay", "pay all", "bounce", "trust"]
        ),
        st.integers(0, 60),
        st.booleans(),
    ),
    max_size=40,
)
periods = st.builds(
    Periods,
    notice=st.integers(1, 9),
    block=st.integers(1, 20),
    cancel=st.integers(0, 70),
)
days_off = st.frozensets(
    st.integers(0, 120).map(lambda day: TODAY + timedelta(day)), max_size=40
)


@given(periods, days_off, events)
def test_no_history_takes_away_what_was_not_announced(periods, days_off, events):
    history = History(periods, DunningRules(periods, days_off=lambda: days_off))
    for event, number, arrives in events:
        if event == "due":
            history.dues.append(Due(history.today - timedelta(number)))
        elif event == "pay" and history.dues:
            history.dues.pop(number % len(history.dues))
        elif event == "pay all":
            history.dues.clear()
        elif event == "bounce" and history.dues:
            history.dues[number % len(history.dues)].delivered_on = None
        elif event == "trust":
            history.trusted_until = history.today + timedelta(number % 10)
        days = {"day": 1, "week": 7}.get(event, 0)
        for _day in range(days):
            history.today += timedelta(1)
            history.dun(arrives=arrives)


@given(
    st.sampled_from(STATUS_PAIRS),
    st.builds(
        Debt,
        days=st.integers(0, 200),
        amount=st.just(100),
        unnoticed_days=st.integers(0, 200),
        noticed_on=st.none() | st.integers(0, 200).map(ago),
    ),
    periods,
    st.none() | st.integers(0, 100).map(ago),
)
def test_a_move_is_allowed_and_foreseen(status_pair, debt, periods, blocked_on):
    steps = dunning_steps(status_pair, debt, periods, TODAY, blocked_on=blocked_on)
    owed = dunning_move(status_pair, debt, periods, TODAY, steps)
    if owed and owed != NOTIFY:
        assert is_allowed(owed, status_pair)
    for day in (steps.notice, steps.block, steps.terminate):
        assert day is None or day >= TODAY
