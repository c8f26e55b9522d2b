"""SCIM 2.0 (RFC 7642 to 7644), whichever server speaks it.

A user's ``externalId`` is our reference, ``userName`` is what a server has only once.
The groups that the account can see are its packages: a user is in one of them. SCIM
knows no CPF, and of access no more than ``active``.
"""

import contextlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn, Unpack, cast
from urllib.parse import urlsplit

from . import reading
from .base_url import check_base_url
from .errors import (
    LOCAL_CODES,
    BadAnswer,
    ErrorDetail,
    NotFound,
    PlatformError,
    Refused,
    Taken,
    Unavailable,
)
from .oauth import OAuthTransport
from .platform import Platform
from .transport import Options, Transport, path_to
from .types import (
    Account,
    NewUser,
    Package,
    Profile,
    Status,
    Unread,
    User,
    UserPage,
)

_MEDIA_TYPE = "application/scim+json"
_PAGE_SIZE = 100
_MOST_PAGES = 10_000
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
#: what separates the parts of a number that is written for people (RFC 3966)
_SEPARATORS = re.compile(r"[\s().-]")

#: how often a group is read anew because others have changed it meanwhile
_MOST_TRIES = 8

Json = dict[str, Any]


class _Changed(Unavailable):
    """412: it is not what we have read any more."""


class Scim(Platform):
    """See `Platform`. Without an idempotency key: a look-up tells what became of a try.

    :param sign_in: ``bearer``: the token as it is; ``basic``: as the password of
        ``login``; ``oauth2``: as the secret of the client ``login``, which gets from
        ``token_url`` the tokens that are sent.
    """

    label = "SCIM 2.0"
    settings = ("sign_in", "login", "token_url")
    lookups = ("external_ref", "username")
    taken = "username_taken"

    def __init__(
        self,
        base_url: str,
        *,
        token: str,
        sign_in: str = "bearer",
        login: str = "",
        token_url: str = "",
        **options: Unpack[Options],
    ) -> None:
        self._host = urlsplit(base_url).hostname or ""
        self._transport = (
            OAuthTransport(
                base_url,
                token,
                _error_detail,
                login=login,
                token_url=check_base_url(token_url),
                media_type=_MEDIA_TYPE,
                **options,
            )
            if sign_in == "oauth2"
            else Transport(
                base_url,
                token,
                _error_detail,
                login=login if sign_in == "basic" else None,
                media_type=_MEDIA_TYPE,
                **options,
            )
        )
        self._known_abilities: Mapping[str, bool] | None = None

    def account(self) -> Account:
        self._known_abilities = None
        # the configuration may be open to everybody; the users are not
        self._page("listUsers", "/Users", count=1)
        lacks = [name for name, has in self._abilities().items() if not has]
        return Account(self._host, self._host, "active", tuple(lacks))

    def packages(self) -> Iterator[Package]:
        if self._abilities()["groups"]:
            for group in self._all("listGroups", "/Groups", attributes="displayName"):
                id_ = reading.filled(group, "id")
                yield Package(id_, _optional(group, "displayName") or id_, "", True)

    def users(
        self,
        *,
        cpf: str | None = None,
        external_ref: str | None = None,
        username: str | None = None,
        status: Status | None = None,
    ) -> Iterator[User]:
        if cpf is not None:
            raise TypeError("SCIM does not look users up by their CPF")
        if status not in (None, "active"):
            raise TypeError("SCIM does not tell a blocked user from a disabled one")
        filters = {
            f"externalId eq {json.dumps(external_ref)}": external_ref,
            f"userName eq {json.dumps(username)}": username,
            "active eq true": status,
        }
        query = " and ".join(text for text, value in filters.items() if value)
        if query and self._abilities()["filter"]:
            for item in self._all("listUsers", "/Users", filter=query):
                yield self._whole(item)
            return
        for item in self._all("listUsers", "/Users"):
            user = _user(item, ())
            if (
                external_ref in (None, user.external_ref)
                and (username or user.username).casefold() == user.username.casefold()
                and status in (None, user.status)
            ):
                yield self._whole(item)

    def page_of_users(self, cursor: str | None = None) -> UserPage:
        if cursor is not None and not re.fullmatch("[1-9][0-9]{0,9}", cursor):
            raise Refused("refused")
        items, following = self._page("listUsers", "/Users", int(cursor or 1))
        members = self._members(items)
        users, unread = [], []
        for item in items:
            try:
                users.append(_user(item, members.get(_optional(item, "id") or "", ())))
            except BadAnswer as error:
                unread.append(Unread(_optional(item, "id") or "", str(error)))
        return UserPage(users, following and str(following), unread)

    def get_user(self, user_id: str) -> User:
        return self._whole(
            self._resource("getUser", path_to("Users", user_id), user_id)
        )

    def create_user(self, new: NewUser, idempotency_key: str | None = None) -> User:
        body: Json = {
            "schemas": [_USER],
            "externalId": new.external_ref,
            "userName": new.username,
            "active": True,
            **_attributes({"name": new.profile.name, "phone": new.profile.phone}),
        }
        created = self._transport.request(
            "createUser",
            "POST",
            "/Users",
            json=body if new.password is None else {**body, "password": new.password},
            secrets=(new.password,) if new.password else (),
            read=_object,
        )
        user = _user(created, ())
        if (user.username.casefold(), user.external_ref) != (
            new.username.casefold(),
            new.external_ref,
        ):
            raise BadAnswer("malformed_answer", maybe_applied=True)
        # There is a user now, whatever becomes of its package.
        with _partly_done():
            if new.profile.package_code:
                self._give_package(user.id, new.profile.package_code)
            return self.get_user(user.id)

    def update_user(
        self, user_id: str, changes: Mapping[str, str], password: str | None = None
    ) -> User:
        attributes = _attributes(changes)
        if password is not None:
            attributes["password"] = password
        if attributes:
            self._change(user_id, attributes, (password,) if password else ())
        with _partly_done() if attributes else contextlib.nullcontext():
            if "package_code" in changes:
                self._give_package(user_id, changes["package_code"])
            return self.get_user(user_id)

    def set_status(self, user_id: str, status: Status) -> User:
        self._change(user_id, {"active": status == "active"})
        with _partly_done():
            user = self.get_user(user_id)
        if (user.status == "active") != (status == "active"):
            raise BadAnswer("malformed_answer", maybe_applied=True)
        return user

    def delete_user(self, user_id: str) -> None:
        with contextlib.suppress(NotFound):
            self._transport.request(
                "deleteUser", "DELETE", path_to("Users", user_id), read=_anything
            )

    def close(self) -> None:
        self._transport.close()

    # what a server can do

    def _abilities(self) -> Mapping[str, bool]:
        """Whether it has ``filter``, ``patch``, ``groups``; asked once."""
        if self._known_abilities is None:
            config = self._transport.request(
                "getConfiguration", "GET", "/ServiceProviderConfig", read=_object
            )
            self._known_abilities = {
                "filter": _supports(config, "filter") and self._can_filter(),
                "patch": _supports(config, "patch"),
                "groups": self._has_groups(),
            }
        return self._known_abilities

    def _can_filter(self) -> bool:
        """Whether users can be looked up by what only we know, and nobody has it yet.

        Some servers announce filters and know a few attributes, or return everybody.
        """
        query = f"externalId eq {json.dumps(uuid.uuid4().hex)}"
        try:
            items, _following = self._page("listUsers", "/Users", count=1, filter=query)
        except Refused:
            return False
        return not items

    def _has_groups(self) -> bool:
        try:
            self._page("listGroups", "/Groups", count=1)
        except PlatformError as error:
            # nothing there, not for us, or not implemented
            if error.status not in (400, 403, 404, 501):
                raise
            return False
        return True

    # lists

    def _all(self, operation: str, path: str, **params: str) -> Iterator[Json]:
        start: int | None = 1
        for _page in range(_MOST_PAGES):
            items, start = self._page(operation, path, start, **params)
            yield from items
            if start is None:
                return
        raise BadAnswer("cursor_loop")

    def _page(
        self,
        operation: str,
        path: str,
        start: int = 1,
        count: int = _PAGE_SIZE,
        **params: str,
    ) -> tuple[list[Json], int | None]:
        """A page (RFC 7644, section 3.4.2.4), and where the next one begins."""

        def read(body: object) -> tuple[list[Json], int | None]:
            total = _object(body).get("totalResults")
            if not isinstance(total, int) or isinstance(total, bool):
                raise reading.malformed("totalResults")
            # may be left out where nothing is found
            known = "Resources" in _object(body) or total
            items = reading.objects(body, "Resources") if known else []
            following = start + len(items)
            more = bool(items) and following <= total
            return [_as_dict(item) for item in items], following if more else None

        return self._transport.request(
            operation,
            "GET",
            path,
            params={"startIndex": start, "count": count, **params},
            read=read,
        )

    # users and their groups

    def _resource(self, operation: str, path: str, id_: str) -> Json:
        found = self._transport.request(operation, "GET", path, read=_object)
        if reading.filled(found, "id") != id_:
            raise BadAnswer("malformed_answer", maybe_applied=True)
        return found

    def _whole(self, item: Json) -> User:
        id_ = _optional(item, "id") or ""
        return _user(item, self._members([item]).get(id_, ()))

    def _members(self, items: list[Json]) -> dict[str, tuple[str, ...]]:
        """The groups that users are in, by the users' ids.

        Not every server tells them with the user, as RFC 7643, section 4.1.2, has it.
        """
        found: dict[str, tuple[str, ...]] = {}
        silent: list[str] = []
        for item in items:
            id_ = _optional(item, "id") or ""
            if groups := item.get("groups"):
                found[id_] = tuple(_values(groups))
            else:
                silent.append(id_)
        if not silent or not self._abilities()["groups"]:
            return found
        of_one: dict[str, str] = {}
        if len(silent) == 1 and self._abilities()["filter"]:
            of_one = {"filter": f"members.value eq {json.dumps(silent[0])}"}
        for group in self._groups(of_one):
            for id_ in _values(group.get("members")):
                if id_ in silent:
                    group_id = reading.filled(group, "id")
                    found[id_] = (*found.get(id_, ()), group_id)
        return found

    def _groups(self, filters: dict[str, str]) -> list[Json]:
        try:
            return list(self._all("listGroups", "/Groups", **filters))
        except Refused:
            # few servers filter by members; of those that do not, all are asked for
            if not filters:
                raise
        return list(self._all("listGroups", "/Groups"))

    def _give_package(self, user_id: str, code: str) -> None:
        """Have the user in this group, and in no other one."""
        try:
            held = self._members(
                [self._resource("getUser", path_to("Users", user_id), user_id)]
            ).get(user_id, ())
            # what it gains comes first: a failure in between takes nothing away
            if code and code not in held:
                self._in_group(code, user_id, True)
            for group_id in held:
                if group_id != code:
                    self._in_group(group_id, user_id, False)
        except NotFound as error:
            missing = error
        else:
            return
        # else the user would seem to be gone
        self.get_user(user_id)
        raise Refused(
            "unknown_package", LOCAL_CODES["unknown_package"], status=missing.status
        )

    def _in_group(self, group_id: str, user_id: str, inside: bool) -> None:
        path = path_to("Groups", group_id)
        if self._abilities()["patch"]:
            one = f"members[value eq {json.dumps(user_id)}]"
            operation: Json = (
                {"op": "add", "path": "members", "value": [{"value": user_id}]}
                if inside
                else {"op": "remove", "path": one}
            )
            self._patch("updateGroup", path, [operation])
            return
        for _try in range(_MOST_TRIES):
            with contextlib.suppress(_Changed):
                self._put_in_group(path, group_id, user_id, inside)
                return
        raise Unavailable("unavailable")

    def _put_in_group(
        self, path: str, group_id: str, user_id: str, inside: bool
    ) -> None:
        group = self._resource("getGroup", path, group_id)
        others = [
            member
            for member in group.get("members") or []
            if _optional(member, "value") != user_id
        ]
        members = [*others, {"value": user_id}] if inside else others
        self._put("updateGroup", path, {**group, "members": members})

    def _change(
        self, user_id: str, attributes: Json, secrets: tuple[str, ...] = ()
    ) -> None:
        path = path_to("Users", user_id)
        if self._abilities()["patch"]:
            operations = [
                {"op": "replace", "path": name, "value": value}
                for name, value in attributes.items()
            ]
            self._patch("updateUser", path, operations, secrets)
            return
        user = self._resource("getUser", path, user_id)
        self._put("updateUser", path, {**user, **attributes}, secrets)

    def _patch(
        self,
        operation: str,
        path: str,
        operations: list[Json],
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._transport.request(
            operation,
            "PATCH",
            path,
            json={"schemas": [_PATCH], "Operations": operations},
            secrets=secrets,
            read=_anything,
        )

    def _put(
        self, operation: str, path: str, body: Json, secrets: tuple[str, ...] = ()
    ) -> None:
        """Replace the whole, unless it was changed since we have read it."""
        meta = body.get("meta")
        version = _optional(meta, "version") if isinstance(meta, dict) else None
        self._transport.request(
            operation,
            "PUT",
            path,
            # what only the server writes (RFC 7643, sections 3.1 and 4.1.2)
            json={
                key: value
                for key, value in body.items()
                if key not in ("meta", "groups")
            },
            headers={"If-Match": version} if version else None,
            secrets=secrets,
            read=_anything,
        )


@contextlib.contextmanager
def _partly_done() -> Iterator[None]:
    """What fails here follows a step that had its effect."""
    try:
        yield
    except PlatformError as error:
        error.maybe_applied = True
        raise


def _attributes(changes: Mapping[str, str]) -> Json:
    """What SCIM calls a profile's fields; groups are not among them."""
    attributes: Json = {}
    if name := changes.get("name"):
        first, _space, rest = name.partition(" ")
        # some servers want the family name
        attributes["name"] = {
            "formatted": name,
            "givenName": first,
            "familyName": rest or first,
        }
        attributes["displayName"] = name
    if "phone" in changes:
        phone = {"value": changes["phone"], "type": "mobile", "primary": True}
        attributes["phoneNumbers"] = [phone] if changes["phone"] else []
    return attributes


def _anything(body: object) -> None:
    """Reads an answer whose status says all: with or without the resource."""


def _object(body: object) -> Json:
    if not isinstance(body, dict):
        _malformed()
    return cast(Json, body)


def _malformed() -> NoReturn:
    raise BadAnswer("malformed_answer", maybe_applied=True)


def _as_dict(item: object) -> Json:
    """An item of a list; one that is none cannot be understood, and stops nothing."""
    return cast(Json, item) if isinstance(item, dict) else {}


def _optional(data: object, key: str) -> str | None:
    """A text that may be missing, or be of no use."""
    with contextlib.suppress(BadAnswer):
        if isinstance(data, dict) and key in data:
            return reading.text({"": data[key]}, "", reading.LONGEST_ID) or None
    return None


def _values(items: object) -> list[str]:
    """The ids in a list of references."""
    found = [_optional(item, "value") for item in items or [] if items]
    return [value for value in found if value]


def _supports(config: Json, name: str) -> bool:
    ability = config.get(name)
    return isinstance(ability, dict) and ability.get("supported") is True


def _user(item: Json, groups: tuple[str, ...]) -> User:
    return User(
        id=reading.filled(item, "id"),
        external_ref=_optional(item, "externalId"),
        cpf=None,
        username=reading.filled(item, "userName"),
        profile=Profile(
            name=_name(item),
            phone=_phone(item),
            # of several none is right, and a change leaves one
            package_code=",".join(sorted(groups)),
        ),
        # who has no such attribute has access
        status="inactive" if item.get("active") is False else "active",
    )


def _name(item: Json) -> str:
    name = item.get("name")
    parts = [_optional(name, "givenName"), _optional(name, "familyName")]
    return (
        _optional(name, "formatted")
        or _optional(item, "displayName")
        or " ".join(part for part in parts if part)
    )


def _phone(item: Json) -> str:
    numbers = item.get("phoneNumbers")
    if not isinstance(numbers, list):
        return ""
    known = [number for number in numbers if _optional(number, "value")]
    known.sort(key=lambda number: _optional(number, "type") != "mobile")
    if not known:
        return ""
    text = _optional(known[0], "value") or ""
    return _SEPARATORS.sub("", text.removeprefix("tel:"))


def _error_detail(status: int, body: object) -> ErrorDetail | None:
    """What a server says of a failure (RFC 7644, section 3.12)."""
    if not isinstance(body, dict) or "status" not in body:
        return None
    kind = _optional(body, "scimType")
    said = _optional(body, "detail") or ""
    if status == 409 and kind == "uniqueness":
        return ErrorDetail("username_taken", said, Taken)
    if status == 412:
        return ErrorDetail("unavailable", said, _Changed)
    return ErrorDetail(kind or _CODES.get(status, ""), said)


#: what the status says by itself, as `errors` calls it
_CODES = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "rate_limited"}
