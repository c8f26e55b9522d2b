"""What a platform has, whichever platform it is. CPF: 11 digits. Phone: E.164."""

from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

T = TypeVar("T")

# A plain string, not an enum: it goes into database columns and over RPC as it is.
Status = Literal["active", "blocked", "disabled"]
# ``inactive``: blocked or disabled, where the platform does not tell which.
SeenStatus = Literal[Status, "inactive"]
AccountStatus = Literal["active", "suspended"]


@dataclass(frozen=True)
class Account:
    """The provider's account that a token opens.

    :ivar lacks: what the platform's server cannot do that others of its kind can:
        ``filter``, ``pages``, ``patch``, ``reference``, ``groups``,
        ``entitlements``.
    """

    id: str
    name: str
    status: AccountStatus
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Package:
    """A package of the catalogue; one that is not active cannot be given any more."""

    code: str
    name: str
    description: str
    active: bool


@dataclass(frozen=True)
class Profile:
    """What a platform keeps of a user, apart from its status.

    :ivar name: the person's full name.
    :ivar package_code: the platform's code of the package, empty where there is none.
    """

    name: str = field(repr=False)
    phone: str = field(repr=False)
    package_code: str


@dataclass(frozen=True)
class User:
    """A user as the platform has it. Its repr holds nothing personal.

    :ivar cpf: None where the platform keeps none.
    """

    id: str
    external_ref: str | None
    cpf: str | None = field(repr=False)
    username: str = field(repr=False)
    profile: Profile
    status: SeenStatus


@dataclass(frozen=True)
class Page(Generic[T]):
    """A part of a list. Without a ``next_cursor`` it is the last one."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True)
class Unread:
    """An item of a list that is not what the platform's API promises.

    :ivar id: the platform's id, empty where not even that can be read.
    :ivar problem: which field is wrong; never its value.
    """

    id: str
    problem: str


@dataclass(frozen=True)
class UserPage(Page[User]):
    """A part of the list of users, and what of it could not be understood."""

    unread: list[Unread] = field(default_factory=list)


@dataclass(frozen=True)
class NewUser:
    """A user to be created; without a password the platform takes care of it."""

    external_ref: str
    cpf: str = field(repr=False)
    username: str = field(repr=False)
    profile: Profile
    password: str | None = field(default=None, repr=False)
