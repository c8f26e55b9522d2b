"""What a platform can do, whichever it is."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal, Self, Unpack

from .errors import BadAnswer
from .transport import Options
from .types import Account, NewUser, Package, Status, User, UserPage


class Platform(ABC):
    """One account on a platform. Threads may share it.

    CPFs are 11 digits, phones E.164 (``+5511987654321``), ids and references the
    platform's and the caller's own strings. Every method raises `PlatformError`, and
    nothing else where its arguments have their types; an iterator raises it while it
    is walked.
    """

    #: its name, for people
    label: ClassVar[str]
    #: what opens an account: the names of secrets that `__init__` takes
    credentials: ClassVar[tuple[str, ...]] = ("token",)
    #: what else may be said of the account: the names of texts that `__init__` takes
    settings: ClassVar[tuple[str, ...]] = ()
    #: what users can be looked up by: our own reference where it can be asked for, and
    #: then what the platform has only once
    lookups: ClassVar[tuple[Literal["external_ref", "cpf", "username"], ...]] = (
        "external_ref",
        "cpf",
    )
    #: what is asked by a method that makes one call and always the same: its operation
    #: and its HTTP method, by the method's name
    calls: ClassVar[Mapping[str, tuple[str, str]]] = {}
    #: the code of the `Taken` that says that it has such a user
    taken: ClassVar[str] = "cpf_already_registered"

    @abstractmethod
    def __init__(
        self, base_url: str, *, token: str, **options: Unpack[Options]
    ) -> None:
        """Connects to nothing yet. The options are those of `Transport`.

        :param base_url: as `check_base_url` returns it.
        :param token: one of the `credentials`; an adapter takes those that it declares.
        :raises Unauthorized: (``malformed_token``) if no request could carry them.
        """

    @abstractmethod
    def account(self) -> Account:
        """The account behind the token: a test of address and token.

        :raises Unauthorized: also where the platform has suspended the account.
        """

    @abstractmethod
    def packages(self) -> Iterator[Package]:
        """All packages that the account has contracted, fetched page by page."""

    @abstractmethod
    def users(
        self,
        *,
        cpf: str | None = None,
        external_ref: str | None = None,
        username: str | None = None,
    ) -> Iterator[User]:
        """The account's users that fit all that is given, fetched page by page.

        :raises TypeError: for what is not among the `lookups`.
        """

    def find_user(self, cpf: str, external_ref: str, username: str = "") -> User | None:
        """The user with our reference, else the same person, else None.

        Whether it is ours, its ``external_ref`` tells. What is empty is not asked for.
        """
        wanted = {"external_ref": external_ref, "cpf": cpf, "username": username}
        for key in self.lookups:
            if not wanted[key]:
                continue
            for user in self.users(**{key: wanted[key]}):
                # Else the filter was not understood, and any user would look like ours.
                if (getattr(user, key) or "").casefold() != wanted[key].casefold():
                    raise BadAnswer("malformed_answer")
                return user
        return None

    @abstractmethod
    def page_of_users(self, cursor: str | None = None) -> UserPage:
        """One page of all of the account's users, to be able to go on later.

        A user that cannot be understood is no obstacle to the others.

        :param cursor: the ``next_cursor`` of the page before.
        :raises Refused: if the platform does not know the cursor (any more).
        """

    @abstractmethod
    def get_user(self, user_id: str) -> User:
        """The user as the platform has it now.

        :raises NotFound: if it has none.
        """

    @abstractmethod
    def create_user(self, new: NewUser, idempotency_key: str | None = None) -> User:
        """Create a user, active at once.

        :param idempotency_key: ASCII, at most 64 characters; the same again for a
            second try to create the same user, which then gives the first one's result.
            Without one, or where the platform knows none, only a look-up tells whether
            a try whose answer was lost had its effect.
        :raises Taken: if the platform has such a person.
        """

    @abstractmethod
    def update_user(
        self, user_id: str, changes: Mapping[str, str], password: str | None = None
    ) -> User:
        """Change what is given, at least one thing; the user as changed.

        :param changes: new values by the names of `Profile`'s fields.
        :raises NotFound: if there is no such user.
        """

    @abstractmethod
    def set_status(self, user_id: str, status: Status) -> User:
        """Activate, block or disable; no error where it is so already.

        :raises NotFound: if there is no such user.
        """

    @abstractmethod
    def delete_user(self, user_id: str) -> None:
        """Delete the user; no error where there is none."""

    @abstractmethod
    def close(self) -> None:
        """Close the connections. Leaving a ``with`` does it, too."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self.close()
