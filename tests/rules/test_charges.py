"""What a change of the price makes of what was charged."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_access.charges import Charge, PriceChange, difference

FIRST = date(2026, 2, 1)
LAST = date(2026, 2, 28)


def day(number):
    return FIRST + timedelta(days=number)


@st.composite
def charges(draw, changes=0):
    first = draw(st.integers(0, 40))
    return Charge(
        None,
        day(first),
        day(first + draw(st.integers(0, 40))),
        draw(st.sampled_from([1.0, 0.5, -1.0])),
        draw(st.integers(0, changes)),
    )


@st.composite
def price_changes(draw):
    days = sorted(draw(st.lists(st.integers(-5, 90), min_size=1, max_size=4)))
    prices = draw(
        st.lists(st.integers(0, 90), min_size=len(days) + 1, max_size=len(days) + 1)
    )
    steps = zip(days, prices, prices[1:], strict=False)
    return [PriceChange(day(number), former, new) for number, former, new in steps]


@pytest.mark.parametrize(
    ("charge", "expected"),
    [
        # charged before the price changed, for days of both prices
        (Charge(None, FIRST, LAST), -14),
        # charged after it
        (Charge(None, FIRST, LAST, changes=1), 14),
        (Charge(None, FIRST, LAST, share=0.5), -7),
        # given back
        (Charge(None, day(20), LAST, share=-8 / 28), 8),
        (Charge(None, day(28), day(55), changes=1), 0),
        # of another kind of period
        (Charge(None, FIRST, LAST, recurrence="1 yearly"), 0),
        (Charge(None, FIRST, LAST, recurrence="1 monthly"), -14),
    ],
)
def test_a_downgrade_in_the_middle(charge, expected):
    change = PriceChange(day(14), 56, 28, "1 monthly")
    assert difference(charge, [change]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("price", "former", "new", "expected"),
    [
        # it was charged at the new price already, before it went down for invoices to
        # come and up again
        (56, 28, 56, 0),
        # a dearer one from the next invoice on, which is given up before that
        (31, 41, 21, -5),
        (28, 28, 56, 14),
    ],
)
def test_it_counts_from_what_was_charged(price, former, new, expected):
    change = PriceChange(day(14), former, new)
    charge = Charge(None, FIRST, LAST, price=price)
    assert difference(charge, [change]) == pytest.approx(expected)


def test_it_counts_back_from_what_was_charged():
    """Afterwards, at a price that has gone up once more without another product."""
    charge = Charge(None, FIRST, LAST, changes=1, price=70)
    change = PriceChange(day(14), 28, 56)
    assert difference(charge, [change]) == pytest.approx(-21)


@given(charges(changes=4), price_changes(), st.integers(-5, 90))
def test_parts_differ_by_as_much_as_the_whole(charge, changes, number):
    parts = [charge.until(day(number)), charge.after(day(number))]
    assert sum(part.days for part in parts if part) == charge.days
    assert sum(difference(part, changes) for part in parts if part) == pytest.approx(
        difference(charge, changes), abs=1e-6
    )


@given(charges(), price_changes())
def test_each_day_has_the_price_that_holds_on_it(charge, changes):
    """Whenever it was charged, with the difference it is what its days are worth."""

    def price_on(moment):
        before = [change for change in changes if change.day <= moment]
        return before[-1].new if before else changes[0].former

    days = [charge.first + timedelta(days=n) for n in range(charge.days)]
    worth = sum(map(price_on, days)) * charge.share / charge.days
    prices = [changes[0].former, *(change.new for change in changes)]
    for number, price in enumerate(prices):
        made = Charge(None, charge.first, charge.last, charge.share, number)
        charged = price * charge.share
        for one in (made, replace(made, price=price)):
            both = charged + difference(one, changes)
            assert both == pytest.approx(worth, abs=1e-6)


@given(charges(changes=2), price_changes())
def test_what_is_given_back_differs_no_more(charge, changes):
    back = Charge(
        None, charge.first, charge.last, -charge.share, changes=charge.changes
    )
    both = difference(charge, changes) + difference(back, changes)
    assert both == pytest.approx(0)


def test_days_that_are_used_later():
    charge = Charge(None, FIRST, LAST)
    later = charge.after(day(9)).delayed(timedelta(days=30))
    assert (later.first, later.last) == (day(40), day(57))
    assert later.share == pytest.approx(18 / 28)
