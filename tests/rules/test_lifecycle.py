"""The table of transitions, and what follows from a contract's lines."""

import csv
import itertools
from datetime import date, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from contract_access.rules import (
    ENDED,
    TRANSITIONS,
    Transition,
)
from saber_plus_sva.rules.user_state import derive_state, line_phase, next_change


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


TODAY = date(2026, 3, 15)
days = st.none() | st.integers(-40, 40).map(lambda day: TODAY + timedelta(days=day))


@given(st.lists(st.tuples(days, days)), st.integers(1, 60))
def test_a_phase_only_changes_on_the_day_that_was_named(lines, ahead):
    change = next_change(lines, TODAY)
    day = TODAY + timedelta(days=ahead)
    if change is None or day < change:
        assert line_phase(lines, day) == line_phase(lines, TODAY)
