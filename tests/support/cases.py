"""How many cases of one kind are tried."""

import os
from collections.abc import Callable, Hashable, Iterable


def chosen(cases: Iterable, kind: Callable[..., Hashable]) -> list:
    """All cases with ``FULL=1``, else one of each kind: the first, the second, …"""
    cases = list(cases)
    if os.environ.get("FULL"):
        return cases
    groups: dict[Hashable, list] = {}
    for case in cases:
        groups.setdefault(kind(case), []).append(case)
    return [group[turn % len(group)] for turn, group in enumerate(groups.values())]
