# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The bill and the access agree, on every day: a table, and random lives."""

import csv
import unittest
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from odoo.addons.contract_access.models.contract_contract_withdrawal import (
    DAYS_TO_WITHDRAW,
)

from .billing import BillingCase, Life, days, spans
from .common import FULL

FIRST = date(2026, 1, 1)
#: how many random lives there are side by side, and how often
LIVES = 12
#: the last day of the cases, by what dunning counts
LAST = {
    "": date(2026, 4, 30),
    "contract": date(2026, 3, 31),
    "payer": date(2026, 2, 10),
}
#: how a random life may end; the day comes after it
ENDS = (
    "terminate {later}",
    "terminate {today} use",
    "terminate {today} credit",
    "terminate {later} credit",
    "default",
    "withdraw",
    "blacklist",
)
#: ends that take the access although days are paid: nobody gives them back by himself
FORFEITED = ("default", "withdraw", "blacklist")


def table():
    """The cases: their names, their lives, what is invoiced, when there is access."""
    with Path(__file__).with_name("billing_cases.csv").open() as file:
        for row in csv.DictReader(file):
            steps = {}
            for step in filter(None, row["steps"].split(";")):
                day, what = step.split(" ", 1)
                steps.setdefault(date.fromisoformat(day), []).append(what)
            life = Life(
                kind=row["kind"],
                recurrence=row["recurrence"],
                interval=int(row["interval"]),
                at=row["at"],
                created=date.fromisoformat(row["created"]),
                start=date.fromisoformat(row["start"]),
                end=date.fromisoformat(row["end"]) if row["end"] else None,
                status=row["status"],
                price=float(row["price"]),
                dunning=row["dunning"],
                steps=steps,
            )
            bills = [bill.split(":") for bill in row["invoices"].split()]
            expected = [(date.fromisoformat(day), float(sum_)) for day, sum_ in bills]
            yield row["case"], life, expected, row["access"]


@tagged("post_install", "-at_install")
class TestBillingCases(BillingCase):
    def test_without_dunning(self):
        self._compare("")

    def test_dunning_for_what_the_contract_owes(self):
        self._compare("contract")

    def test_dunning_for_what_the_payer_owes(self):
        self._compare("payer")

    def _compare(self, dunning):
        cases = [case for case in table() if case[1].dunning == dunning]
        lives_ = [life for _name, life, *_expected in cases]
        lived = self._live(lives_, FIRST, LAST[dunning])
        for (name, _life, bills, access), (contract, usable) in zip(
            cases, lived, strict=True
        ):
            with self.subTest(name):
                self.assertEqual(self._bills(contract), bills)
                self.assertEqual(spans(usable), access)


@st.composite
def lives(draw):
    """A contract of two months or less that is blocked for a while, and ends."""
    start = FIRST + timedelta(days=draw(st.integers(0, 20)))
    end_on = start + timedelta(days=draw(st.integers(3, 40)))
    how = draw(st.sampled_from(ENDS)).format(
        today=end_on, later=end_on + timedelta(days=draw(st.integers(1, 12)))
    )
    steps = {end_on: [how]}
    if draw(st.booleans()):
        blocked = start + timedelta(days=draw(st.integers(1, 2)))
        steps.setdefault(blocked, []).insert(0, "block")
        steps.setdefault(blocked + timedelta(days=1), []).insert(0, "release")
    fixed = start + timedelta(days=draw(st.integers(40, 60)))
    return Life(
        kind=draw(st.sampled_from(["pre-paid", "post-paid"])),
        recurrence=draw(st.sampled_from(["weekly", "monthly", "monthlylastday"])),
        interval=draw(st.integers(1, 2)),
        at=draw(st.sampled_from(["line", "contract"])),
        created=FIRST,
        start=start,
        end=draw(st.sampled_from([None, fixed])),
        steps=steps,
    )


@tagged("post_install", "-at_install")
@unittest.skipUnless(FULL, "FULL=1: the table has a case of each kind")
class TestRandomLives(BillingCase):
    @settings(
        max_examples=LIVES,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(lives(), min_size=LIVES, max_size=LIVES, unique_by=str))
    def test_paid_days_are_usable_days(self, several):
        lived = self._live(several, FIRST, FIRST + timedelta(days=110))
        for life, (contract, usable) in zip(several, lived, strict=True):
            self._compare(life, contract, usable)

    def _compare(self, life, contract, usable):
        paid = self._paid_days(contract)
        self.assertEqual(len(paid), len(set(paid)), f"a day is paid twice: {life}")
        steps = {what: day for day, words in life.steps.items() for what in words}
        blocked = set()
        if "block" in steps:
            blocked = set(days(steps["block"], steps["release"])) - {steps["block"]}
        forfeited = set()
        for name in FORFEITED:
            if name in steps and life.kind == "pre-paid":
                forfeited = {day for day in paid if day > steps[name]}
        free = set()
        last = life.start + timedelta(days=DAYS_TO_WITHDRAW)
        if life.kind == "post-paid" and steps.get("withdraw", date.max) <= last:
            free = set(usable)
        owed = set(paid) - blocked - forfeited | free
        self.assertEqual(spans(usable), spans(owed), f"{life}")
