# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What was charged for days of service, and what a change of price makes of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from .suspension import DAY


@dataclass(frozen=True)
class PriceChange:
    """From a day on, a whole period has another price.

    :param recurrence: the kind of period; empty where it is not known
    """

    day: date
    former: float
    new: float
    recurrence: str = ""


@dataclass(frozen=True)
class Charge:
    """Days of service that were charged, or given back.

    :param source: the row of an invoice or a credit note that they stand on
    :param first: the first day on which they are used
    :param last: the last one
    :param share: how much of a whole period's price was charged for them; negative
        where it was given back
    :param changes: how many changes of the price had been made by then
    :param recurrence: the kind of period; empty where it is not known
    :param price: of a whole period, as it was charged; None where it is not known: as
        the changes say
    """

    source: Any
    first: date
    last: date
    share: float = 1.0
    changes: int = 0
    recurrence: str = ""
    price: float | None = None

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def until(self, day: date) -> "Charge | None":
        """What of it is for the days until one."""
        return self._part(self.first, min(self.last, day))

    def after(self, day: date) -> "Charge | None":
        """What of it is for the days after one."""
        return self._part(max(self.first, day + DAY), self.last)

    def _part(self, first: date, last: date) -> "Charge | None":
        days = (last - first).days + 1
        if days <= 0:
            return None
        return replace(
            self, first=first, last=last, share=self.share * days / self.days
        )

    def delayed(self, delay: timedelta) -> "Charge":
        """The same, used later."""
        return replace(self, first=self.first + delay, last=self.last + delay)


def difference(charge: Charge, changes: Iterable[PriceChange]) -> float:
    """What is still to be charged for days, because the price has changed.

    A change that came after the charge makes up for the days from it on; one that had
    come before it, for the days that had the former price. One of another kind of
    period says nothing of its days. What is made up for is the way from the price that
    was charged: in between it may have become another for the invoices to come.

    :param changes: all of them, in their order
    :return: negative where it is to be given back
    """
    numbered = [
        (number, change)
        for number, change in enumerate(changes)
        if len({charge.recurrence, change.recurrence} - {""}) < 2
    ]
    total, price = 0.0, charge.price
    for number, change in numbered:
        if number >= charge.changes:
            before = change.former if price is None else price
            if part := charge.after(change.day - DAY):
                total += (change.new - before) * part.share
            price = change.new
    price = charge.price
    for number, change in reversed(numbered):
        if number < charge.changes:
            after = change.new if price is None else price
            if part := charge.until(change.day - DAY):
                total += (change.former - after) * part.share
            price = change.former
    return total
