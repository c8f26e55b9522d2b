"""By how long a suspension delays what a contract sells."""

from datetime import date, timedelta

import pytest

from contract_access.suspension import delays

FIRST, LAST = date(2026, 3, 10), date(2026, 4, 18)
LENGTH = 40


def day(text):
    return date.fromisoformat(f"2026-{text}")


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([("01-01", None)], [LENGTH]),
        ([("01-01", "03-09")], [0]),
        ([("01-01", "03-10")], [LENGTH]),
        # begins meanwhile, on its first and on its last day; and after it
        ([("03-10", None)], [LENGTH]),
        ([("04-18", None)], [1]),
        ([("04-19", None)], [0]),
        # what follows a line that rests follows it still, whether there is a gap or not
        ([("01-01", "04-01"), ("04-02", None)], [LENGTH, LENGTH]),
        ([("01-01", "06-30"), ("07-10", "07-31"), ("08-01", None)], [LENGTH] * 3),
        # … and what stands beside it begins when it can
        ([("01-01", None), ("04-02", None), ("07-01", None)], [LENGTH, 17, 0]),
        ([("04-02", "04-30"), ("05-01", None)], [17, 17]),
        # over before the suspension begins: no reason to wait
        ([("01-01", "03-01"), ("05-01", None)], [0, 0]),
    ],
)
def test_delays(periods, expected):
    periods = [(day(start), end and day(end)) for start, end in periods]
    found = delays(periods, FIRST, LAST)
    assert found == [timedelta(days=number) for number in expected]
