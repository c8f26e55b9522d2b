"""The state table of the contract, row by row."""

import csv
import itertools
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saber_plus_sva.rules.user_state import (
    LinePhase,
    derive_state,
    line_phase,
    next_change,
)

#: the table of the design, as it is written there; the tests in Odoo read it, too
with Path("saber_plus_sva/tests/state_table.csv").open() as file:
    TABLE = {
        combination: row["state"]
        for row in csv.DictReader(file)
        for combination in itertools.product(
            *(
                row[name].split()
                for name in ("contract_status", "access_status", "line", "switch")
            )
        )
    }


def test_the_table_says_something_of_every_combination():
    values = [set(column) for column in zip(*TABLE, strict=True)]
    assert set(TABLE) == set(itertools.product(*values))
    assert [len(column) for column in values] == [5, 6, len(LinePhase), 2]


@pytest.mark.parametrize("row", TABLE)
def test_every_combination(row):
    contract, access, line, switch = row
    assert derive_state(contract, access, LinePhase(line), switch == "on") == TABLE[row]


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


def test_a_last_day_that_never_comes():
    assert next_change([(TODAY, date.max)], TODAY) == date.max


days = st.none() | st.integers(-40, 40)


@given(st.lists(st.tuples(days, days)))
def test_order_does_not_matter(periods):
    dates = list(map(_dates, periods))
    assert line_phase(dates, TODAY) == line_phase(reversed(dates), TODAY)


def _dates(period):
    return tuple(None if day is None else TODAY + timedelta(days=day) for day in period)
