"""Saber+: the only file that knows its paths and the names of its fields."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import TypeVar, Unpack, get_args

from . import reading
from .errors import (
    BadAnswer,
    ErrorDetail,
    NotFound,
    Taken,
    Unauthorized,
)
from .platform import Platform
from .transport import Options, Transport, path_to
from .types import (
    Account,
    AccountStatus,
    NewUser,
    Package,
    Page,
    Profile,
    Status,
    Unread,
    User,
    UserPage,
)

T = TypeVar("T")

_PAGE_SIZE = 200
_MOST_PAGES = 10_000


class SaberPlus(Platform):
    """See `Platform`."""

    label = "Saber+"
    calls = {
        "get_user": ("getUser", "GET"),
        "create_user": ("createUser", "POST"),
        "update_user": ("updateUser", "PATCH"),
        "set_status": ("setUserStatus", "PUT"),
        "delete_user": ("deleteUser", "DELETE"),
    }

    def __init__(
        self, base_url: str, *, token: str, **options: Unpack[Options]
    ) -> None:
        self._transport = Transport(base_url, token, _error_detail, **options)

    def account(self) -> Account:
        account = self._transport.request(
            "getAccount", "GET", "/account", read=_account
        )
        if account.status == "suspended":
            raise Unauthorized("account_suspended")
        return account

    def packages(self) -> Iterator[Package]:
        return self._pages("listPackages", "/packages", _package, {})

    def users(
        self,
        *,
        cpf: str | None = None,
        external_ref: str | None = None,
        username: str | None = None,
    ) -> Iterator[User]:
        if username is not None:
            raise TypeError("Saber+ does not look users up by their user name")
        filters = {"cpf": cpf, "external_ref": external_ref}
        return self._pages("listUsers", "/users", _user, _given(filters))

    def get_user(self, user_id: str) -> User:
        return self._transport.request(
            *self.calls["get_user"],
            path_to("users", user_id),
            read=_user_with(id=user_id),
        )

    def page_of_users(self, cursor: str | None = None) -> UserPage:
        def read(item: object) -> User | Unread:
            try:
                return _user(item)
            except BadAnswer as error:
                return Unread(_id_of(item), str(error))

        page = self._page("listUsers", "/users", read, {}, cursor)
        return UserPage(
            [item for item in page.items if isinstance(item, User)],
            page.next_cursor,
            [item for item in page.items if isinstance(item, Unread)],
        )

    def create_user(self, new: NewUser, idempotency_key: str | None = None) -> User:
        return self._transport.request(
            *self.calls["create_user"],
            "/users",
            json={
                "external_ref": new.external_ref,
                "cpf": new.cpf,
                "username": new.username,
                **asdict(new.profile),
                **_given({"password": new.password}),
            },
            headers=_given({"Idempotency-Key": idempotency_key}),
            secrets=_secrets(new.password),
            read=_user_with(cpf=new.cpf, external_ref=new.external_ref),
        )

    def update_user(
        self, user_id: str, changes: Mapping[str, str], password: str | None = None
    ) -> User:
        return self._transport.request(
            *self.calls["update_user"],
            path_to("users", user_id),
            json={**changes, **_given({"password": password})},
            secrets=_secrets(password),
            read=_user_with(id=user_id),
        )

    def set_status(self, user_id: str, status: Status) -> User:
        return self._transport.request(
            *self.calls["set_status"],
            f"{path_to('users', user_id)}/status",
            json={"status": status},
            read=_user_with(id=user_id),
        )

    def delete_user(self, user_id: str) -> None:
        with contextlib.suppress(NotFound):
            self._transport.request(
                *self.calls["delete_user"], path_to("users", user_id), read=_nothing
            )

    def close(self) -> None:
        self._transport.close()

    def _pages(
        self,
        operation: str,
        path: str,
        read: Callable[[object], T],
        filters: dict[str, str],
    ) -> Iterator[T]:
        cursor: str | None = None
        seen: set[str] = set()
        while len(seen) < _MOST_PAGES:
            page = self._page(operation, path, read, filters, cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return
            if cursor in seen:
                break
            seen.add(cursor)
        raise BadAnswer("cursor_loop")

    def _page(
        self,
        operation: str,
        path: str,
        read: Callable[[object], T],
        filters: dict[str, str],
        cursor: str | None,
    ) -> Page[T]:
        def page(body: object) -> Page[T]:
            items = [read(item) for item in reading.objects(body, "items")]
            cursor = reading.nullable(body, "next_cursor", reading.LONGEST_TEXT)
            return Page(items, cursor)

        params: dict[str, str | int] = {**filters, "limit": _PAGE_SIZE}
        if cursor is not None:
            params["cursor"] = cursor
        try:
            return self._transport.request(
                operation, "GET", path, params=params, read=page
            )
        except NotFound as error:
            missing = error
        # A list is always there, if an empty one: this is not the platform's address,
        # and says nothing about its users.
        raise BadAnswer("malformed_answer", status=missing.status)


def _given(values: dict[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in values.items() if value is not None}


def _secrets(password: str | None) -> tuple[str, ...]:
    return (password,) if password else ()


def _nothing(body: object) -> None:
    """Reads the answer to a deletion; whoever says anything may not have done it."""
    if body is not None:
        raise BadAnswer("malformed_answer", maybe_applied=True)


def _account(body: object) -> Account:
    return Account(
        id=reading.filled(body, "id"),
        name=reading.text(body, "name"),
        status=reading.choice(body, "status", get_args(AccountStatus)),
    )


def _package(body: object) -> Package:
    has_description = isinstance(body, dict) and "description" in body
    return Package(
        code=reading.filled(body, "code"),
        name=reading.text(body, "name"),
        description=reading.text(body, "description") if has_description else "",
        active=reading.flag(body, "active"),
    )


def _user(body: object) -> User:
    return User(
        id=reading.filled(body, "id"),
        external_ref=reading.nullable(body, "external_ref"),
        cpf=reading.text(body, "cpf", reading.LONGEST_ID) or None,
        username=reading.text(body, "username", reading.LONGEST_ID),
        profile=Profile(
            name=reading.text(body, "name"),
            phone=reading.text(body, "phone", reading.LONGEST_ID),
            package_code=reading.nullable(body, "package_code") or "",
        ),
        status=reading.choice(body, "status", get_args(Status)),
    )


def _id_of(item: object) -> str:
    """The id of what cannot be read as a whole, empty where there is none."""
    with contextlib.suppress(BadAnswer):
        return reading.filled(item, "id")
    return ""


def _user_with(**expected: str) -> Callable[[object], User]:
    """Reads a user that must be the one that the call was about."""

    def read(body: object) -> User:
        user = _user(body)
        if any(getattr(user, key) != value for key, value in expected.items()):
            raise BadAnswer("malformed_answer", maybe_applied=True)
        return user

    return read


def _error_detail(status: int, body: object) -> ErrorDetail | None:
    """What Saber+ says of a failure, and what it means where HTTP leaves that open."""
    if not isinstance(body, dict) or not isinstance(error := body.get("error"), dict):
        return None
    with contextlib.suppress(BadAnswer):
        code = reading.filled(error, "code")
        taken = status == 409 and code == "cpf_already_registered"
        return ErrorDetail(
            code=code,
            kind=Taken if taken else None,
            message=reading.text(error, "message"),
            fields=_texts(error.get("fields")),
            request_id=_text(error.get("request_id")),
        )
    return None


# The rest of an error is of use where it can be read, and no loss where it cannot.


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict):
        return {}
    return {key: text for key, text in values.items() if isinstance(text, str)}
