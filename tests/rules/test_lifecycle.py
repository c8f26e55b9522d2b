"""The table of transitions, and what dunning owes a contract."""

import csv
import itertools
from datetime import date, timedelta
from pathlib import Path

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
    OVERDUE,
    PRE_CONTRACT,
    TRANSITIONS,
    Periods,
    Transition,
    dunning_move,
    is_allowed,
)
from saber_plus_sva.rules.user_state import derive_state, line_phase, next_change

STATUS_PAIRS = sorted(LIVING | ENDED | {PRE_CONTRACT})
PROPOSED = Periods(overdue=1, block=15, cancel=75)


def status_pairs(text):
    return frozenset(tuple(pair.split("/")) for pair in text.split())


def test_the_table():
    """The one of the design, as it is written there; the tests in Odoo read it, too."""
    with Path("contract_access/tests/transition_table.csv").open() as file:
        table = {
            row["transition"]: Transition(
                status_pairs(row["sources"]), *status_pairs(row["target"])
            )
            for row in csv.DictReader(file)
        }
    assert table == TRANSITIONS


def test_what_has_ended_has_no_access():
    for status_pair, on in itertools.product(ENDED, (True, False)):
        assert derive_state(*status_pair, line_phase([(None, None)], TODAY), on) == (
            "disabled"
        )


@pytest.mark.parametrize(
    ("status_pair", "days", "move"),
    [
        (ACTIVE, 0, None),
        (ACTIVE, 1, "fall_overdue"),
        (ACTIVE, 14, "fall_overdue"),
        (ACTIVE, 15, "auto_block"),
        (ACTIVE, 75, "terminate"),
        (OVERDUE, 0, "clear"),
        (OVERDUE, 14, None),
        (OVERDUE, 15, "auto_block"),
        (OVERDUE, 75, "terminate"),
        (AUTO_BLOCKED, 0, "clear"),
        (AUTO_BLOCKED, 14, None),
        (AUTO_BLOCKED, 74, None),
        (AUTO_BLOCKED, 75, "terminate"),
        (MANUALLY_BLOCKED, 0, None),
        (MANUALLY_BLOCKED, 15, None),
        (MANUALLY_BLOCKED, 75, "terminate"),
        (AWAITING, 90, None),
        (PRE_CONTRACT, 90, None),
        (INACTIVE, 90, None),
    ],
)
def test_dunning(status_pair, days, move):
    assert dunning_move(status_pair, days, PROPOSED) == move


@pytest.mark.parametrize(
    ("options", "move"),
    [
        ({"automatic_cancellation": False}, "auto_block"),
        ({"automatic_cancellation": False, "automatic_block": False}, "fall_overdue"),
        ({"automatic_block": False}, "terminate"),
        ({"trusted": True}, "fall_overdue"),
    ],
)
def test_what_holds_dunning_back(options, move):
    assert dunning_move(ACTIVE, 90, PROPOSED, **options) == move


periods = st.builds(
    Periods,
    overdue=st.integers(0, 30),
    block=st.integers(0, 60),
    cancel=st.integers(0, 120),
)


@given(
    st.sampled_from(STATUS_PAIRS),
    st.integers(0, 200),
    periods,
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_move_is_allowed_and_a_second_run_changes_nothing(
    status_pair, days, after, block, cancel, trusted
):
    options = {
        "automatic_block": block,
        "automatic_cancellation": cancel,
        "trusted": trusted,
    }
    move = dunning_move(status_pair, days, after, **options)
    if move:
        assert is_allowed(move, status_pair)
        assert dunning_move(TRANSITIONS[move].target, days, after, **options) is None


TODAY = date(2026, 3, 15)
days = st.none() | st.integers(-40, 40).map(lambda day: TODAY + timedelta(days=day))


@given(st.lists(st.tuples(days, days)), st.integers(1, 60))
def test_a_phase_only_changes_on_the_day_that_was_named(lines, ahead):
    change = next_change(lines, TODAY)
    day = TODAY + timedelta(days=ahead)
    if change is None or day < change:
        assert line_phase(lines, day) == line_phase(lines, TODAY)
