"""The life of a test user on a platform, and what goes wrong in one."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from saber_plus_sva.client.errors import NotFound, PlatformError, Taken
from saber_plus_sva.client.platform import Platform
from saber_plus_sva.client.types import NewUser, Profile, User
from saber_plus_sva.engine.converge import Task, converge_user
from saber_plus_sva.engine.plan import ABSENT, UNKNOWN, Desired, Observed


@dataclass(frozen=True)
class Result:
    """One line of the table.

    :ivar problem: what does not hold; None where all does, empty where it was not tried
    """

    name: str
    problem: str | None


class Broken(Exception):
    """The platform did something else than what it must."""


def run(platform: Platform, cpf: str) -> Iterator[Result]:
    """Make a test user, do all that is ever done with one, and delete it.

    :param cpf: of the test user: nobody's that the platform has
    """
    checks = _Checks(platform, cpf)
    try:
        works = True
        for name, check in checks.all():
            result = _tried(name, check) if works else Result(name, "")
            # without an account and a user there is nothing to go on with
            works &= result.problem is None or name not in checks.needed
            yield result
    finally:
        checks.tidy_up()


def _tried(name: str, check: Callable[[], None]) -> Result:
    try:
        check()
    except Broken as broken:
        return Result(name, str(broken))
    except PlatformError as error:
        return Result(name, f"{type(error).__name__}: {error} ({error.status})")
    return Result(name, None)


def _must(holds: object, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)


class _Checks:
    needed = ("sign in", "create")

    def __init__(self, platform: Platform, cpf: str) -> None:
        self.platform = platform
        name = f"conformance-{uuid.uuid4().hex[:12]}"
        profile = Profile("Teste Conformidade", "+5511987654321", "")
        self.new = NewUser(uuid.uuid4().hex, cpf, name, profile, "S3nha-de-teste!")
        self.codes: list[str] = []
        self.lacks: tuple[str, ...] = ()
        self.id = ""

    def all(self) -> list[tuple[str, Callable[[], None]]]:
        return [
            ("sign in", self.sign_in),
            ("nothing is lacking", self.nothing_is_lacking),
            ("packages", self.packages),
            ("create", self.create),
            ("look up by our reference", self.look_up_by_reference),
            ("look up by person", self.look_up_by_person),
            ("look up somebody who is not there", self.look_up_nobody),
            ("listed", self.listed),
            ("a double is refused", self.double),
            ("a lost answer is found by a look-up", self.lost_answer),
            ("change name and phone", self.change),
            ("change password", self.change_password),
            ("change package", self.change_package),
            ("block", lambda: self.set_status("blocked")),
            ("block again", lambda: self.set_status("blocked")),
            ("disable", lambda: self.set_status("disabled")),
            ("activate", lambda: self.set_status("active")),
            ("delete", self.delete),
            ("what is gone is not found", self.gone),
            ("delete again", self.delete),
        ]

    def tidy_up(self) -> None:
        """Leave nothing behind, whatever went wrong."""
        if self.id:
            self.platform.delete_user(self.id)

    def sign_in(self) -> None:
        self.lacks = self.platform.account().lacks

    def nothing_is_lacking(self) -> None:
        _must(not self.lacks, ", ".join(self.lacks))

    def packages(self) -> None:
        codes = [each.code for each in self.platform.packages() if each.active]
        self.codes = codes[:2]
        _must(len(codes) == len(set(codes)), "a code is there twice")
        profile = replace(self.new.profile, package_code=(codes or [""])[0])
        self.new = replace(self.new, profile=profile)

    def create(self) -> None:
        user = self.platform.create_user(self.new, uuid.uuid4().hex)
        self.id = user.id
        self._is(user, "active")
        self._is(self.platform.get_user(self.id), "active")

    def look_up_by_reference(self) -> None:
        self._found(list(self.platform.users(external_ref=self.new.external_ref)))

    def look_up_by_person(self) -> None:
        key = self.platform.lookups[-1]
        self._found(list(self.platform.users(**{key: getattr(self.new, key)})))

    def look_up_nobody(self) -> None:
        nobody = list(self.platform.users(external_ref=uuid.uuid4().hex))
        _must(not nobody, f"{len(nobody)} users are found")

    def listed(self) -> None:
        cursor, seen = None, []
        while True:
            page = self.platform.page_of_users(cursor)
            seen += [user.id for user in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        _must(seen.count(self.id) == 1, f"{seen.count(self.id)} times")

    def double(self) -> None:
        try:
            other = replace(self.new, external_ref=uuid.uuid4().hex)
            user = self.platform.create_user(other, uuid.uuid4().hex)
        except Taken:
            return
        if user.id != self.id:
            self.platform.delete_user(user.id)
        raise Broken("it is taken")

    def lost_answer(self) -> None:
        """As if the create had not been answered: nothing is known but the wish."""
        desired = Desired("active", self.new.profile)
        outcome = converge_user(self.platform, self._task(desired))
        if outcome.error:
            raise outcome.error
        _must(outcome.observed.user_id == self.id, "another user is made")

    def change(self) -> None:
        changes = {"name": "Teste Mudado", "phone": "+5511912345678"}
        self._change(changes)

    def change_password(self) -> None:
        self.platform.update_user(self.id, {}, "Outra-s3nha!")
        self._is(self.platform.get_user(self.id), "active")

    def change_package(self) -> None:
        for code in reversed(self.codes):
            self._change({"package_code": code})

    def set_status(self, status: str) -> None:
        self._is(self.platform.set_status(self.id, status), status)
        self._is(self.platform.get_user(self.id), status)

    def delete(self) -> None:
        self.platform.delete_user(self.id)

    def gone(self) -> None:
        try:
            self.platform.get_user(self.id)
        except NotFound:
            desired = Desired(ABSENT)
            outcome = converge_user(self.platform, self._task(desired))
            _must(outcome.observed.state == ABSENT, "a look-up still finds it")
            return
        raise Broken("it is still there")

    def _task(self, desired: Desired) -> Task:
        new = self.new
        return Task(
            key=None,
            cpf=new.cpf,
            external_ref=new.external_ref,
            username=new.username,
            desired=desired,
            observed=Observed(UNKNOWN),
        )

    def _change(self, changes: dict[str, str]) -> None:
        profile = replace(self.new.profile, **changes)
        self.new = replace(self.new, profile=profile)
        self._is(self.platform.update_user(self.id, changes), "active")
        self._is(self.platform.get_user(self.id), "active")

    def _found(self, users: list[User]) -> None:
        _must([user.id for user in users] == [self.id], f"{len(users)} users are found")

    def _is(self, user: User, status: str) -> None:
        """It is the test user, as it must be by now."""
        _must(user.id == self.id, "it is another user")
        _must(user.external_ref == self.new.external_ref, "our reference is lost")
        _must(user.profile == self.new.profile, "the profile is another one")
        seen = {"inactive": ("blocked", "disabled")}.get(user.status, (user.status,))
        _must(status in seen, f"it is {user.status}")
