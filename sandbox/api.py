"""The platform's API, as ``openapi.yaml`` describes it."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from . import cursors, profile
from .errors import (
    account_suspended,
    cpf_taken,
    idempotency_mismatch,
    invalid_token,
    not_found,
    validation_failed,
)
from .hashing import digest, hashed, matches
from .operation import Call, Handler, Operation, Resource
from .platform import Platform
from .profile import CPF
from .store import STATUSES, CpfTaken, FirstResult, Session, User
from .validation import REQUIRED, Field, Text, read_object, read_query

MAX_LIMIT = 200
DEFAULT_LIMIT = 100

_NEW_USER: dict[str, Field] = {
    "external_ref": Text(required=True, max_length=64),
    "cpf": Text(required=True, pattern=CPF),
    "username": Text(required=True),
    **profile.GIVEN,
    "password": Text(min_length=6),
}
_USER_CHANGE: dict[str, Field] = {
    **profile.CHANGED,
    "password": Text(min_length=6),
}
_STATUS_CHANGE: dict[str, Field] = {"status": Text(required=True, choices=STATUSES)}
_PAGE: dict[str, Field] = {
    "cursor": Text(),
    "limit": Text(pattern=r"[0-9]{1,9}"),
}
_USER_QUERY: dict[str, Field] = {
    "cpf": Text(pattern=CPF),
    "external_ref": Text(),
    "status": Text(choices=STATUSES),
    **_PAGE,
}
_KEY = Text(min_length=1, max_length=64)


def build(platform: Platform) -> Router:
    """Return the ASGI application that answers below ``/v1``."""
    resources: dict[str, dict[str, tuple[str, Handler]]] = {
        "/account": {"GET": ("getAccount", get_account)},
        "/packages": {"GET": ("listPackages", list_packages)},
        "/users": {
            "GET": ("listUsers", list_users),
            "POST": ("createUser", create_user),
        },
        "/users/{user_id}": {
            "GET": ("getUser", get_user),
            "PATCH": ("updateUser", update_user),
            "DELETE": ("deleteUser", delete_user),
        },
        "/users/{user_id}/status": {"PUT": ("setUserStatus", set_user_status)},
    }
    routes = []
    for path, methods in resources.items():
        operations = {
            method: Operation(name, handler, platform)
            for method, (name, handler) in methods.items()
        }
        routes.append(Route(path, Resource(operations, platform)))
    return Router(
        routes,
        redirect_slashes=False,
        default=Operation("unknown", unknown, platform),
    )


def unknown(_platform: Platform, _call: Call) -> Response:
    """Refuse a path that the platform does not have."""
    raise not_found()


def _checked(query: Mapping[str, Field] | None = None) -> Callable[[Handler], Handler]:
    """Check token, account and query before a handler works.

    :param query: the query's parameters that the operation takes
    """

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def checked(platform: Platform, call: Call) -> Response:
            _check_token(platform, call)
            with platform.store.session() as session:
                if session.account_status() != "active":
                    raise account_suspended()
            call.parameters = read_query(call.query, query or {})
            return handler(platform, call)

        return checked

    return decorate


def _check_token(platform: Platform, call: Call) -> None:
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    known = hmac.compare_digest(
        token.strip().encode("latin-1"), platform.token.encode()
    )
    if scheme.lower() != "bearer" or not known:
        raise invalid_token()


@_checked()
def get_account(_platform: Platform, _call: Call) -> Response:
    """Answer with the account; a suspended one never gets here."""
    return JSONResponse(
        {"id": "acc_demo", "name": "Provedor Demonstração", "status": "active"}
    )


@_checked(_PAGE)
def list_packages(platform: Platform, call: Call) -> Response:
    """Answer with a page of packages, by code."""
    after = _position("packages", call.parameters) or ""
    with platform.store.session() as session:
        packages, position = session.packages(after, _limit(call.parameters))
    return _page("packages", [package.as_json() for package in packages], position)


@_checked(_USER_QUERY)
def list_users(platform: Platform, call: Call) -> Response:
    """Answer with a page of the users that match, oldest first."""
    query = call.parameters
    after = _position("users", query) or "0"
    if not (after.isascii() and after.isdigit() and len(after) <= 18):
        raise validation_failed({"cursor": "Cursor inválido."})
    with platform.store.session() as session:
        users, position = session.users(query, int(after), _limit(query))
    return _page("users", users, position)


@_checked()
def create_user(platform: Platform, call: Call) -> Response:
    """Create a user, once for each idempotency key."""
    key = _idempotency_key(call)
    values = read_object(call.json, _NEW_USER)
    content = json.dumps(call.json, sort_keys=True)
    # Hashed before the transaction, which keeps other writers waiting.
    fingerprint = digest(content)
    row = hashed(values)
    with platform.store.session() as session:
        first = session.first_result(key)
        if first:
            replayed = True
            if not matches(content, first.fingerprint):
                raise idempotency_mismatch()
        else:
            replayed = False
            first = FirstResult(fingerprint, _insert(session, row))
            session.remember(key, first)
    if not first.user:
        raise cpf_taken()
    headers = {"Idempotency-Replayed": "true"} if replayed else None
    return JSONResponse(first.user, 201, headers)


@_checked()
def get_user(platform: Platform, call: Call) -> Response:
    """Answer with one user."""
    with platform.store.session() as session:
        return JSONResponse(_wanted(session, call))


@_checked()
def update_user(platform: Platform, call: Call) -> Response:
    """Change what is given; what is absent stays."""
    change = call.json
    values = read_object(change, _USER_CHANGE)
    if not change:
        raise validation_failed({"body": "Informe ao menos um campo."})
    row = hashed(values)
    with platform.store.session() as session:
        user = _wanted(session, call)
        if values.get("package_code", user["package_code"]) != user["package_code"]:
            _check_package(session, values["package_code"])
        return JSONResponse(session.change_user(user, row))


@_checked()
def delete_user(platform: Platform, call: Call) -> Response:
    """Delete one user; its CPF is free again."""
    with platform.store.session() as session:
        session.delete_user(_wanted(session, call)["id"])
    return Response(status_code=204)


@_checked()
def set_user_status(platform: Platform, call: Call) -> Response:
    """Set the status; the one it has is no error."""
    values = read_object(call.json, _STATUS_CHANGE)
    with platform.store.session() as session:
        return JSONResponse(session.change_user(_wanted(session, call), values))


def _wanted(session: Session, call: Call) -> User:
    user = session.user(call.path_params["user_id"])
    call.cpf = user["cpf"]
    return user


def _insert(session: Session, row: Mapping[str, Any]) -> User | None:
    """Return the new user, None where its CPF is taken."""
    _check_package(session, row["package_code"])
    try:
        return session.create_user(row)
    except CpfTaken:
        return None


def _check_package(session: Session, code: str) -> None:
    package = session.package(code)
    if not package:
        raise validation_failed({"package_code": "Pacote desconhecido."})
    if not package.active:
        raise validation_failed({"package_code": "Pacote indisponível."})


def _idempotency_key(call: Call) -> str:
    keys = call.headers.getlist("idempotency-key")
    problem = _KEY.problem(keys[0]) if len(keys) == 1 else REQUIRED
    if problem:
        raise validation_failed({"Idempotency-Key": problem})
    return keys[0]


def _position(kind: str, query: Mapping[str, str]) -> str | None:
    if "cursor" not in query:
        return None
    try:
        return cursors.decode(kind, query["cursor"])
    except ValueError:
        raise validation_failed({"cursor": "Cursor inválido."}) from None


def _limit(query: Mapping[str, str]) -> int:
    limit = int(query.get("limit", DEFAULT_LIMIT))
    if not 1 <= limit <= MAX_LIMIT:
        raise validation_failed({"limit": f"Deve estar entre 1 e {MAX_LIMIT}."})
    return limit


def _page(kind: str, items: list[Any], position: str | int | None) -> Response:
    return JSONResponse({"items": items, "next_cursor": cursors.encode(kind, position)})
