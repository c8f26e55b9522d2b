"""How many cases of one kind are tried."""

import os
import random
from collections.abc import Callable, Hashable, Iterable, Sequence

import pytest

FULL = bool(os.environ.get("FULL"))
_dice = random.Random(0)


def chosen(cases: Iterable, kind: Callable[..., Hashable]) -> list:
    """All cases with ``FULL=1``, else one of each kind: the first, the second, …"""
    cases = list(cases)
    if FULL:
        return cases
    groups: dict[Hashable, list] = {}
    for case in cases:
        groups.setdefault(kind(case), []).append(case)
    return [group[turn % len(group)] for turn, group in enumerate(groups.values())]


def one_of(values: Sequence) -> Sequence:
    """All of them with ``FULL=1``, else one that is drawn."""
    return values if FULL else [_dice.choice(values)]


def for_each(*logins: str) -> pytest.MarkDecorator:
    """For each of these people with ``FULL=1``, else for the first."""
    return pytest.mark.parametrize("login", logins if FULL else logins[:1])
