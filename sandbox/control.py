"""The control API under ``/sandbox``: for tests and demos, not part of Saber+.

It asks for no token and answers to callers on this machine only.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import wraps
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from . import profile
from .catalogue import Package
from .errors import ApiError, cpf_taken, not_found
from .hashing import hashed, matches
from .platform import Platform
from .profile import CPF
from .store import ACCOUNT_STATUSES, CpfTaken
from .validation import Field, Flag, Text, parse_json, read_object

_ACCOUNT: dict[str, Field] = {"status": Text(required=True, choices=ACCOUNT_STATUSES)}
_PACKAGE: dict[str, Field] = {
    "name": Text(required=True, min_length=1),
    "description": Text(),
    "active": Flag(),
}
_PASSWORD: dict[str, Field] = {"password": Text(required=True)}
_USER_CHANGE: dict[str, Field] = {
    "external_ref": Text(nullable=True),
    "cpf": Text(pattern=CPF),
    "username": Text(),
    **profile.CHANGED,
    "password": Text(),
    "package_code": Text(nullable=True),
    # any: a platform may be ahead of what it has told
    "status": Text(min_length=1),
}
_NEW_USER: dict[str, Field] = {
    **_USER_CHANGE,
    **profile.GIVEN,
    "package_code": Text(nullable=True),
    "cpf": Text(required=True, pattern=CPF),
}

Work = Callable[[Platform, dict[str, str], Any], Response]


def build(platform: Platform) -> Router:
    """Return the ASGI application that answers below ``/sandbox``."""
    works: list[tuple[str, str, Work]] = [
        ("GET", "/faults", list_faults),
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("DELETE", "/faults/{id}", remove_fault),
        ("GET", "/requests", list_requests),
        ("DELETE", "/requests", clear_requests),
        ("GET", "/users", list_users),
        ("POST", "/users", create_user),
        ("PUT", "/users/{id}", change_user),
        ("DELETE", "/users/{id}", delete_user),
        ("POST", "/users/{id}/password-check", check_password),
        ("GET", "/account", get_account),
        ("PUT", "/account", set_account),
        ("GET", "/packages", list_packages),
        ("PUT", "/packages/{code:path}", put_package),
        ("DELETE", "/packages/{code:path}", delete_package),
        ("POST", "/reset", reset),
    ]
    return Router(
        [
            Route(path, _endpoint(work, platform), methods=[method])
            for method, path, work in works
        ]
    )


def _endpoint(work: Work, platform: Platform) -> Callable[[Request], Any]:
    """Wrap the work: caller checked, body read, refusals answered."""

    @wraps(work)
    async def endpoint(request: Request) -> Response:
        if not is_local(request):
            return Response("Only from this machine.\n", 403)
        body = await request.body()
        parameters = {**request.query_params, **request.path_params}
        try:
            content_type = request.headers.get("content-type", "")
            value = parse_json(body, content_type) if body else None
            if work in _IN_LOOP:
                return work(platform, parameters, value)
            return await run_in_threadpool(work, platform, parameters, value)
        except ApiError as error:
            return error.response()

    return endpoint


def is_local(request: Request) -> bool:
    """Tell whether the caller is on this machine."""
    host = request.client.host if request.client else ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def list_faults(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Answer with the faults that are switched on."""
    return _items([fault.as_json() for fault in platform.faults.all()])


def add_fault(platform: Platform, _parameters: dict[str, str], value: Any) -> Response:
    """Switch a fault on; see :meth:`sandbox.faults.Faults.add`."""
    return JSONResponse(platform.faults.add(value).as_json(), 201)


def clear_faults(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Switch all faults off."""
    platform.faults.clear()
    return Response(status_code=204)


def remove_fault(platform: Platform, parameters: dict[str, str], _: Any) -> Response:
    """Switch one fault off."""
    return _gone(platform.faults.remove(parameters["id"]))


def list_requests(platform: Platform, parameters: dict[str, str], _: Any) -> Response:
    """Answer with the last requests, oldest first; ``?operation=`` filters."""
    entries = platform.journal.entries(parameters.get("operation"))
    return _items([entry.as_json() for entry in entries])


def clear_requests(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Forget the last requests."""
    platform.journal.clear()
    return Response(status_code=204)


def list_users(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Answer with all users, oldest first."""
    with platform.store.session() as session:
        users, _more = session.users({})
    return _items(users)


def create_user(
    platform: Platform, _parameters: dict[str, str], value: Any
) -> Response:
    """Create a user as the platform's own; any package is taken."""
    values = hashed(read_object(value, _NEW_USER))
    values.setdefault("username", values["cpf"])
    with platform.store.session() as session:
        try:
            return JSONResponse(session.create_user(values), 201)
        except CpfTaken:
            raise cpf_taken() from None


def change_user(platform: Platform, parameters: dict[str, str], value: Any) -> Response:
    """Change a user behind its owner's back; what is absent stays."""
    values = hashed(read_object(value, _USER_CHANGE))
    with platform.store.session() as session:
        try:
            user = session.change_user(session.user(parameters["id"]), values)
        except CpfTaken:
            raise cpf_taken() from None
    return JSONResponse(user)


def delete_user(platform: Platform, parameters: dict[str, str], _: Any) -> Response:
    """Delete a user behind its owner's back."""
    with platform.store.session() as session:
        return _gone(session.delete_user(parameters["id"]))


def check_password(
    platform: Platform, parameters: dict[str, str], value: Any
) -> Response:
    """Answer whether a password is the user's."""
    password = read_object(value, _PASSWORD)["password"]
    with platform.store.session() as session:
        kept = session.password_hash(session.user(parameters["id"])["id"])
    return JSONResponse({"matches": bool(kept and matches(password, kept))})


def get_account(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Answer with the status of the account."""
    with platform.store.session() as session:
        return JSONResponse({"status": session.account_status()})


def set_account(
    platform: Platform, _parameters: dict[str, str], value: Any
) -> Response:
    """Suspend the account, or make it active again."""
    values = read_object(value, _ACCOUNT)
    with platform.store.session() as session:
        session.set_account_status(values["status"])
    return JSONResponse(values)


def list_packages(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Answer with all packages."""
    with platform.store.session() as session:
        packages, _more = session.packages()
    return _items([package.as_json() for package in packages])


def put_package(platform: Platform, parameters: dict[str, str], value: Any) -> Response:
    """Add a package, or replace the one with its code."""
    package = Package(code=parameters["code"], **read_object(value, _PACKAGE))
    with platform.store.session() as session:
        session.put_package(package)
    return JSONResponse(package.as_json())


def delete_package(platform: Platform, parameters: dict[str, str], _: Any) -> Response:
    """Delete a package; users keep its code."""
    with platform.store.session() as session:
        return _gone(session.delete_package(parameters["code"]))


def reset(platform: Platform, _parameters: dict[str, str], _: Any) -> Response:
    """Make everything as in a fresh sandbox."""
    with platform.store.session() as session:
        session.restore_defaults()
    platform.faults.clear()
    platform.journal.clear()
    return Response(status_code=204)


# What has no lock of its own belongs to the event loop.
_IN_LOOP = {
    list_faults,
    add_fault,
    clear_faults,
    remove_fault,
    list_requests,
    clear_requests,
    reset,
}


def _items(items: list[Any]) -> Response:
    return JSONResponse({"items": items})


def _gone(found: bool) -> Response:
    if not found:
        raise not_found()
    return Response(status_code=204)
