# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""By how long a suspension delays what a contract sells."""

from collections.abc import Iterable
from datetime import date, timedelta

DAY = timedelta(days=1)


def delays(
    periods: Iterable[tuple[date, date | None]], first: date, last: date
) -> list[timedelta]:
    """By how long what is delivered after a suspension begins is delayed by it.

    What runs when it begins loses no day: what is left of it comes after the
    suspension, and what was to follow it follows it still. What was to begin meanwhile
    begins after the suspension.

    :param periods: first and last day of each line, None being open-ended; in the order
        of their first days
    :param first: the first day of the suspension
    :param last: the last one
    :return: in the order of the periods; nothing where one is left as it is
    """
    resumes = last + DAY
    result: list[timedelta] = []
    ended: list[tuple[date, timedelta]] = []
    for start, end in periods:
        if end and end < first:
            delay = timedelta()
        elif start < first:
            delay = resumes - first
        else:
            former = (delay for over, delay in ended if over < start)
            delay = max(former, default=timedelta())
            if start < resumes:
                delay = max(delay, resumes - start)
        result.append(delay)
        if end and delay:
            ended.append((end, delay))
    return result
