"""Which steps lead from what the platform holds to what it must hold."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from ..client.types import Profile

#: what is known of a user on the platform, beside its three statuses
#: (``inactive`` is one of the last two, and the platform does not tell which)
ABSENT = "absent"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Desired:
    """What the platform must hold.

    :param state: ``active``, ``blocked``, ``disabled``, or ``absent``: no such user
    :param profile: needed unless the user must be absent
    :param password: a new password that the platform does not have yet
    """

    state: str
    profile: Profile | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Observed:
    """What the platform was last known to hold.

    :param state: ``absent``, ``unknown``, ``active``, ``blocked``, ``disabled`` or
        ``inactive``
    :param user_id: the platform's id of the user, where one was seen
    :param profile: the profile last seen, where one was seen
    """

    state: str = ABSENT
    user_id: str | None = None
    profile: Profile | None = None


@dataclass(frozen=True)
class LookUp:
    """Find out whether the platform has the user."""


@dataclass(frozen=True)
class Create:
    """Create the user; it is active at once."""


@dataclass(frozen=True)
class SetStatus:
    """Set the user's status."""

    state: str


@dataclass(frozen=True)
class Update:
    """Change what differs.

    :param changes: new values by the names of :class:`Profile`'s fields
    :param password: a new password, if there is one
    """

    changes: Mapping[str, str] = field(default_factory=dict, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Delete:
    """Delete the user."""


Step = LookUp | Create | SetStatus | Update | Delete


def plan(desired: Desired, observed: Observed) -> tuple[Step, ...]:
    """The steps that lead from the observed to the desired side, in their order.

    Nothing is done on the ground of something unknown: the user is looked up, and
    planned for anew. A user that the platform does not have is created only to be
    active. Access is taken and given before the profile is changed, so that a phone
    that is refused keeps nobody blocked; only another package comes before it is given.

    :return: empty where both sides agree
    """
    if observed.state == UNKNOWN:
        return (LookUp(),)
    if observed.state == ABSENT:
        return (Create(),) if desired.state == "active" else ()
    if desired.state == ABSENT:
        return (Delete(),)
    update = _update(desired, observed.profile)
    status = None if _holds(desired, observed) else SetStatus(desired.state)
    package_first = (
        update and desired.state == "active" and "package_code" in update.changes
    )
    steps = (update, status) if package_first else (status, update)
    return tuple(step for step in steps if step)


def _holds(desired: Desired, observed: Observed) -> bool:
    if observed.state == "inactive":
        return desired.state != "active"
    return desired.state == observed.state


def _update(desired: Desired, seen: Profile | None) -> Update | None:
    held = asdict(seen) if seen else {}
    changes = {
        name: value
        for name, value in asdict(desired.profile).items()
        if held.get(name) != value
    }
    if not changes and not desired.password:
        return None
    return Update(changes, desired.password)
