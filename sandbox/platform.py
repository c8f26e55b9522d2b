"""The parts of a running sandbox, for those who serve its requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from .exchange import Waits
from .faults import Faults
from .journal import Journal
from .store import Store


@dataclass
class Platform:
    """What requests share.

    :param token: the bearer token of the one account
    """

    store: Store
    token: str
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    waits: Waits = field(default_factory=Waits)
