"""The state table of the contract, row by row."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saber_plus_sva.sync.state import LinePhase, derive_state, line_phase

CONTRACT = ("pre_contract", "active", "inactive", "blacklisted", "withdrawn")
ACCESS = (
    "awaiting_signature",
    "active",
    "overdue",
    "auto_blocked",
    "manually_blocked",
    "disabled",
)


def by_the_table(contract, access, phase, on):
    """The rows of the table, from top to bottom, as they are written there."""
    if contract in ("inactive", "blacklisted", "withdrawn") or access == "disabled":
        return "disabled"
    if phase == "ended":
        return "disabled"
    if not on:
        return "disabled"
    if contract == "pre_contract" or phase == "upcoming":
        return "blocked"
    return "active" if access in ("active", "overdue") else "blocked"


@pytest.mark.parametrize(
    "row", list(itertools.product(CONTRACT, ACCESS, LinePhase, (True, False)))
)
def test_every_combination(row):
    assert derive_state(*row) == by_the_table(*row)


TODAY = date(2026, 3, 15)


@pytest.mark.parametrize(
    ("periods", "phase"),
    [
        ([], "ended"),
        ([(None, None)], "running"),
        ([(0, None)], "running"),
        ([(-9, 0)], "running"),
        ([(-9, -1)], "ended"),
        ([(1, None)], "upcoming"),
        ([(-9, -1), (1, None)], "upcoming"),
        ([(1, None), (-9, 0)], "running"),
    ],
)
def test_phase(periods, phase):
    assert line_phase(map(_dates, periods), TODAY) == phase


days = st.none() | st.integers(-40, 40)


@given(st.lists(st.tuples(days, days)))
def test_order_does_not_matter(periods):
    dates = list(map(_dates, periods))
    assert line_phase(dates, TODAY) == line_phase(reversed(dates), TODAY)


def _dates(period):
    return tuple(None if day is None else TODAY + timedelta(days=day) for day in period)
