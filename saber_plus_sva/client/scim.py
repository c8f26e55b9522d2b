"""SCIM 2.0 (RFC 7642 to 7644), whichever server speaks it.

A user's ``externalId`` is our reference, ``userName`` is what a server has only once.
The groups that the account can see are its packages: a user is in one of them; or the
packages are entitlements that users have. SCIM knows no CPF, and of access no more than
``active``.
"""

import contextlib
import json
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, LiteralString, NoReturn, Unpack, cast
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
#: bytes of an answer: a page of groups has all of their members
_MAX_BODY = 32 * 1024 * 1024
_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
_PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
#: what separates the parts of a number that is written for people (RFC 3966)
_SEPARATORS = re.compile(r"[\s().-]")

#: how often a group is read anew because others have changed it meanwhile
_MOST_TRIES = 8

Json = dict[str, Any]


class _Changed(Unavailable):
    """412 or 409: somebody else changes it, or has since we have read it."""


@contextlib.contextmanager
def _conflicts() -> Iterator[None]:
    """Of a change, both may tell of one at the same time (RFC 7644, section 3.12)."""
    try:
        yield
    except Taken:
        raise
    except Refused as error:
        if error.status not in (409, 412):
            raise
        raise _Changed(
            "unavailable", status=error.status, maybe_applied=error.maybe_applied
        ) from None


@dataclass(frozen=True)
class _Abilities:
    """What a server can do, beside what all of them can.

    :ivar pages: divides a list into pages as it is asked to
    :ivar reference: keeps an ``externalId``; else our reference is the number of the
        employee (RFC 7643, section 4.3)
    :ivar groups: has them; None where they are not what packages are
    :ivar entitlements: likewise
    :ivar parts: the parts that it knows of attributes that have some, in lower case
    """

    filter: bool
    pages: bool
    patch: bool
    reference: bool
    groups: bool | None
    entitlements: bool | None
    parts: Mapping[str, frozenset[str]]

    @property
    def lacks(self) -> tuple[str, ...]:
        return tuple(name for name, has in vars(self).items() if has is False)


class Scim(Platform):
    """See `Platform`. Without an idempotency key: a look-up tells what became of a try.

    :param sign_in: ``bearer``: the token as it is; ``basic``: as the password of
        ``login``; ``oauth2``: as the secret of the client ``login``, which gets from
        ``token_url`` the tokens that are sent.
    :param entitlements: those that are packages, one a line or with commas between;
        empty where the groups are the packages.
    """

    label = "SCIM 2.0"
    settings = ("sign_in", "login", "token_url", "entitlements")
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
        entitlements: str = "",
        **options: Unpack[Options],
    ) -> None:
        options.setdefault("max_body", _MAX_BODY)
        codes = [code.strip() for code in re.split("[,\n]", entitlements)]
        self._entitlements = tuple(dict.fromkeys(filter(None, codes)))
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
        self._known_abilities: _Abilities | None = None
        self._asking = threading.Lock()
        self._putting = threading.Lock()

    def account(self) -> Account:
        # users are asked for, too: the configuration may be open to everybody
        self._known_abilities = known = self._asked_abilities()
        return Account(self._host, self._host, "active", known.lacks)

    def packages(self) -> Iterator[Package]:
        for code in self._entitlements:
            yield Package(code, code, "", True)
        if self._abilities().groups:
            for group in self._all("listGroups", "/Groups", attributes="displayName"):
                id_ = reading.filled(group, "id")
                yield Package(id_, _optional(group, "displayName") or id_, "", True)

    def users(
        self,
        *,
        cpf: str | None = None,
        external_ref: str | None = None,
        username: str | None = None,
    ) -> Iterator[User]:
        if cpf is not None:
            raise TypeError("SCIM does not look users up by their CPF")
        reference = _reference_path(self._abilities())
        filters = {
            f"{reference} eq {json.dumps(external_ref)}": external_ref,
            f"userName eq {json.dumps(username)}": username,
        }
        query = " and ".join(text for text, value in filters.items() if value)
        if query and self._abilities().filter:
            for item in self._all("listUsers", "/Users", filter=query):
                yield self._whole(item)
            return
        for item in self._all("listUsers", "/Users"):
            user = self._user(item, ())
            if (
                external_ref in (None, user.external_ref)
                and (username or user.username).casefold() == user.username.casefold()
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
                groups = members.get(_optional(item, "id") or "", ())
                users.append(self._user(item, groups))
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
            "userName": new.username,
            "active": True,
            **self._attributes({"name": new.profile.name, "phone": new.profile.phone}),
        }
        if self._abilities().reference:
            body["externalId"] = new.external_ref
        else:
            body["schemas"] = [_USER, _ENTERPRISE]
            body[_ENTERPRISE] = {"employeeNumber": new.external_ref}
        if (code := new.profile.package_code) and self._entitlements:
            body["entitlements"] = [{"value": self._entitlement(code)}]
        created = self._transport.request(
            "createUser",
            "POST",
            "/Users",
            json=body if new.password is None else {**body, "password": new.password},
            secrets=(new.password,) if new.password else (),
            read=_object,
        )
        user = self._user(created, ())
        if (user.username.casefold(), user.external_ref) != (
            new.username.casefold(),
            new.external_ref,
        ):
            raise BadAnswer("malformed_answer", maybe_applied=True)
        # There is a user now, whatever becomes of its package.
        with _partly_done():
            if code and not self._entitlements:
                self._give_package(user.id, code)
            return self.get_user(user.id)

    def update_user(
        self, user_id: str, changes: Mapping[str, str], password: str | None = None
    ) -> User:
        attributes = self._attributes(changes)
        if password is not None:
            attributes["password"] = password
        if attributes:
            self._change(user_id, attributes, (password,) if password else ())
        if "package_code" in changes:
            with _partly_done() if attributes else contextlib.nullcontext():
                self._give_package(user_id, changes["package_code"])
        with _partly_done():
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

    def _abilities(self) -> _Abilities:
        """Asked once, whichever thread is the first."""
        with self._asking:
            if self._known_abilities is None:
                self._known_abilities = self._asked_abilities()
            return self._known_abilities

    def _asked_abilities(self) -> _Abilities:
        pages = self._has_pages()
        config = self._transport.request(
            "getConfiguration", "GET", "/ServiceProviderConfig", read=_object
        )
        schema = self._schema()
        known = _Abilities(
            filter=_supports(config, "filter"),
            pages=pages,
            patch=_supports(config, "patch"),
            reference=_optional(schema.get("externalId"), "mutability") != "readOnly",
            groups=None if self._entitlements else self._has_groups(int(pages)),
            entitlements=not schema or "entitlements" in schema
            if self._entitlements
            else None,
            parts={
                name: frozenset(part.lower() for part in _named(attribute))
                for name, attribute in schema.items()
            },
        )
        return replace(known, filter=known.filter and self._can_filter(known))

    def _has_pages(self) -> bool:
        """Whether it knows ``count``: some servers fail over it."""
        try:
            self._page("listUsers", "/Users", count=1)
        except (Refused, Unavailable) as error:
            if error.status not in (400, 500, 501):
                raise
        else:
            return True
        self._page("listUsers", "/Users", count=0)
        return False

    def _schema(self) -> dict[str, Json]:
        """What a user's attributes are here; empty where that is not told."""
        try:
            schema = self._transport.request(
                "getSchema", "GET", path_to("Schemas", _USER), read=_object
            )
        except PlatformError as error:
            # it is not there, not for us, or not implemented
            if error.status not in (400, 403, 404, 501):
                raise
            return {}
        return _named(schema, "attributes")

    def _can_filter(self, known: _Abilities) -> bool:
        """Whether users can be looked up by what only we know, and nobody has it yet.

        Some servers announce filters and know a few attributes, or return everybody.
        """
        query = f"{_reference_path(known)} eq {json.dumps(uuid.uuid4().hex)}"
        try:
            items, _following = self._page(
                "listUsers", "/Users", count=int(known.pages), filter=query
            )
        except Refused:
            return False
        return not items

    def _has_groups(self, count: int) -> bool:
        try:
            # without the members, who may be thousands
            self._page("listGroups", "/Groups", count=count, attributes="displayName")
        except PlatformError as error:
            # where they are not for us now, the packages would be gone
            if error.status not in (400, 404, 501):
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
        count: int | None = None,
        **params: str,
    ) -> tuple[list[Json], int | None]:
        """A page (RFC 7644, section 3.4.2.4), and where the next one begins.

        :param count: how much of it; 0: as much as the server likes
        """
        if count is None:
            count = _PAGE_SIZE if self._abilities().pages else 0

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
            params={
                "startIndex": start,
                **({"count": count} if count else {}),
                **params,
            },
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
        return self._user(item, self._members([item]).get(id_, ()))

    def _user(self, item: Json, groups: tuple[str, ...]) -> User:
        reference = (
            _optional(item, "externalId")
            if self._abilities().reference
            else _optional(item.get(_ENTERPRISE), "employeeNumber")
        )
        return User(
            id=reading.filled(item, "id"),
            external_ref=reference,
            cpf=None,
            username=reading.filled(item, "userName"),
            profile=Profile(
                name=_name(item),
                phone=_phone(item),
                # of several none is right, and a change leaves one
                package_code=",".join(sorted(groups)),
            ),
            status="active" if _is_active(item) else "inactive",
        )

    def _attributes(self, changes: Mapping[str, str]) -> Json:
        """What SCIM calls a profile's fields; groups are not among them.

        Some servers refuse parts that their schema does not have.
        """
        parts = self._abilities().parts
        return {
            name: _only(value, parts.get(name))
            for name, value in _attributes(changes).items()
        }

    def _members(self, items: list[Json]) -> dict[str, tuple[str, ...]]:
        """The packages that users have, by the users' ids.

        Not every server tells the groups with the user, as RFC 7643, section 4.1.2, has
        it. Entitlements that are no packages are none of ours.
        """
        if self._entitlements:
            return {
                _optional(item, "id") or "": tuple(
                    value
                    for value in _values(item.get("entitlements"))
                    if value in self._entitlements
                )
                for item in items
            }
        found: dict[str, tuple[str, ...]] = {}
        silent: list[str] = []
        for item in items:
            id_ = _optional(item, "id") or ""
            if groups := _values(item.get("groups")):
                found[id_] = tuple(groups)
            else:
                silent.append(id_)
        if not silent or not self._abilities().groups:
            return found
        of_one: dict[str, str] = {}
        if len(silent) == 1 and self._abilities().filter:
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

    def _entitlement(self, code: str) -> str:
        if code not in self._entitlements:
            raise Refused("unknown_package", LOCAL_CODES["unknown_package"])
        return code

    def _entitle(self, user_id: str, code: str) -> None:
        """Have the user entitled to this, and to no other package."""
        path = path_to("Users", user_id)
        user = self._resource("getUser", path, user_id)
        held = self._members([user])[user_id]
        given = [{"value": self._entitlement(code)}] if code else []
        if self._abilities().patch:
            gain: list[Json] = [{"op": "add", "path": "entitlements", "value": given}]
            lose: list[Json] = [
                {"op": "remove", "path": f"entitlements[value eq {json.dumps(value)}]"}
                for value in held
                if value != code
            ]
            if operations := [*(gain if code and code not in held else []), *lose]:
                self._patch("updateUser", path, operations)
            return
        others = [
            each
            for each in _whole_list(user, "entitlements")
            if _optional(each, "value") not in held
        ]
        self._put("updateUser", path, {**user, "entitlements": [*others, *given]})

    def _give_package(self, user_id: str, code: str) -> None:
        """Have the user in this group, and in no other one."""
        if self._entitlements:
            return self._entitle(user_id, code)
        with contextlib.ExitStack() as stack:
            try:
                user = self._resource("getUser", path_to("Users", user_id), user_id)
                held = self._members([user]).get(user_id, ())
                gained = [code] if code and code not in held else []
                lost = [group_id for group_id in held if group_id != code]
                # what it gains comes first: a failure in between takes nothing away
                for group_id in [*gained, *lost]:
                    self._in_group(group_id, user, group_id == code)
                    stack.enter_context(_partly_done())
            except NotFound as error:
                missing = error
            else:
                return
            # else the user would seem to be gone
            self.get_user(user_id)
            raise Refused(
                "unknown_package", LOCAL_CODES["unknown_package"], status=missing.status
            )

    def _in_group(self, group_id: str, user: Json, inside: bool) -> None:
        path = path_to("Groups", group_id)
        for _try in range(_MOST_TRIES):
            with contextlib.suppress(_Changed):
                if not self._patch_in_group(path, user, inside):
                    # not every server has versions that tell threads of each other
                    with self._putting:
                        self._put_in_group(path, group_id, user, inside)
                return
        raise Unavailable("unavailable")

    def _patch_in_group(self, path: str, user: Json, inside: bool) -> bool:
        """Whether that was possible."""
        if not self._abilities().patch:
            return False
        one = f"members[value eq {json.dumps(user['id'])}]"
        operation: Json = (
            {"op": "add", "path": "members", "value": [{"value": user["id"]}]}
            if inside
            else {"op": "remove", "path": one}
        )
        try:
            self._patch("updateGroup", path, [operation])
        except NotFound:
            raise
        except Refused:
            # some take no member out of a list that they want to be filled
            if inside:
                raise
            return False
        return True

    def _put_in_group(self, path: str, group_id: str, user: Json, inside: bool) -> None:
        group = self._resource("getGroup", path, group_id)
        others = [
            member
            for member in _whole_list(group, "members")
            if not _is_same(member, user)
        ]
        members = [*others, {"value": user["id"]}] if inside else others
        self._put("updateGroup", path, {**group, "members": members})

    def _change(
        self, user_id: str, attributes: Json, secrets: tuple[str, ...] = ()
    ) -> None:
        path = path_to("Users", user_id)
        if self._abilities().patch:
            operations = [
                {"op": "replace", "path": name, "value": value}
                for name, value in attributes.items()
            ]
            self._patch("updateUser", path, operations, secrets)
            return
        user = self._resource("getUser", path, user_id)
        self._put("updateUser", path, {**user, **attributes}, secrets)

    @_conflicts()
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
            # else a group would come back with all of its members
            params={"attributes": "id"},
            json={"schemas": [_PATCH], "Operations": operations},
            secrets=secrets,
            read=_anything,
        )

    @_conflicts()
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


def _only(value: object, known: frozenset[str] | None) -> object:
    """A complex attribute, or a list of them, without the parts that are not known."""
    if not known:
        return value
    if isinstance(value, list):
        return [_only(item, known) for item in value]
    return {k: v for k, v in cast(Json, value).items() if k.lower() in known}


def _reference_path(known: _Abilities) -> str:
    return "externalId" if known.reference else f"{_ENTERPRISE}:employeeNumber"


def _is_same(member: object, user: Json) -> bool:
    """Whether a reference is to this user, by its id or by where it is."""
    place = _optional(user.get("meta"), "location")
    return _optional(member, "value") == user["id"] or (
        place is not None and _optional(member, "$ref") == place
    )


def _named(schema: object, key: str = "subAttributes") -> dict[str, Json]:
    """What a schema says of attributes (RFC 7643, section 7), by their names."""
    found = _list(schema.get(key)) if isinstance(schema, dict) else []
    return {name: cast(Json, a) for a in found if (name := _optional(a, "name"))}


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
    found = [_optional(item, "value") for item in _list(items)]
    return [value for value in found if value]


def _list(items: object) -> list[object]:
    """A list that may be missing, or be none."""
    return cast(list[object], items) if isinstance(items, list) else []


def _whole_list(data: Json, key: LiteralString) -> list[object]:
    """A list that is written back: what it is no list of would be lost."""
    items = data.get(key)
    if items is not None and not isinstance(items, list):
        raise reading.malformed(key)
    return _list(items)


def _supports(config: Json, name: str) -> bool:
    ability = config.get(name)
    return isinstance(ability, dict) and ability.get("supported") is True


def _name(item: Json) -> str:
    name = item.get("name")
    parts = [_optional(name, "givenName"), _optional(name, "familyName")]
    return (
        _optional(name, "formatted")
        or _optional(item, "displayName")
        or " ".join(part for part in parts if part)
    )


def _is_active(item: Json) -> bool:
    """Who has no such attribute has access. Some servers write a text."""
    if item.get("active") is None:
        return True
    told = str(item["active"]).lower()
    if told not in ("true", "false"):
        raise reading.malformed("active")
    return told == "true"


def _phone(item: Json) -> str:
    numbers = _list(item.get("phoneNumbers"))
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
