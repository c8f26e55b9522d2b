"""Waiting longer after each failure, never less than was asked for."""

from hypothesis import given
from hypothesis import strategies as st

from saber_plus_sva.engine.backoff import FIRST_WAIT, LONGEST_WAIT, wait_before_retry


@given(st.integers(0, 10_000), st.none() | st.floats(0, 86_400))
def test_bounds(attempt, retry_after):
    wait = wait_before_retry(attempt, retry_after)
    assert FIRST_WAIT / 2 <= wait <= max(LONGEST_WAIT, retry_after or 0)
    assert wait >= (retry_after or 0)


def test_it_grows():
    waits = [wait_before_retry(n) for n in range(1, 8)]
    assert waits == sorted(waits)


def test_rows_that_failed_together_come_back_apart():
    assert len({wait_before_retry(5) for _row in range(100)}) == 100
