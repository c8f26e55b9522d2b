"""The sandbox keeps to its own description, whatever is sent to it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from sandbox_caller import Caller

import sandbox as package
from sandbox import cursors
from sandbox.catalogue import SEED
from tests.support.cases import FULL

QUICK = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def description() -> dict[str, Any]:
    """Return the description, with what only the account itself knows.

    Which packages may be sold and which cursors were given out is no matter of
    the format; without it, no generated request would ever be a right one.
    """
    path = Path(package.__file__).with_name("openapi.yaml")
    api = yaml.safe_load(path.read_text(encoding="utf-8"))
    codes = [item.code for item in SEED if item.active]
    schemas = api["components"]["schemas"]
    for name in ("NewUser", "UserChange"):
        schemas[name]["properties"]["package_code"]["enum"] = codes
    for path, kind, position in (
        ("/packages", "packages", codes[0]),
        ("/users", "users", 0),
    ):
        parameters = api["paths"][path]["get"]["parameters"]
        reference = {"$ref": "#/components/parameters/Cursor"}
        parameters[parameters.index(reference)] = {
            "name": "cursor",
            "in": "query",
            "schema": {"type": "string", "enum": [cursors.encode(kind, position)]},
        }
    return api


schema = schemathesis.openapi.from_dict(description())


_numbers = itertools.count(1)


def with_new_key(case: schemathesis.Case) -> schemathesis.Case:
    """Make a right idempotency key a new one; generated keys repeat."""
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and 1 <= len(key) <= 64:
        case.headers["Idempotency-Key"] = f"{next(_numbers)}-{key}"[:64]
    return case


@schema.parametrize()
@settings(QUICK, max_examples=60 if FULL else 5)
def test_each_operation(case: schemathesis.Case, caller: Caller) -> None:
    with_new_key(case).call_and_validate(
        base_url=caller.url, headers=caller.headers, timeout=10
    )


def test_operations_in_sequence(caller: Caller) -> None:
    answered = set()

    class Sequence(schema.as_state_machine()):
        def setup(self) -> None:
            caller.control("POST", "/reset")

        def before_call(self, case: schemathesis.Case) -> None:
            with_new_key(case)

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            return {"base_url": caller.url, "headers": caller.headers, "timeout": 10}

        def after_call(
            self, response: schemathesis.Response, case: schemathesis.Case
        ) -> None:
            answered.add((case.operation.label, response.status_code))

    examples = 40 if FULL else 10
    Sequence.run(settings=settings(QUICK, max_examples=examples, stateful_step_count=8))
    assert {
        ("POST /users", 201),
        ("GET /users/{user_id}", 200),
        ("PATCH /users/{user_id}", 200),
        ("PUT /users/{user_id}/status", 200),
        ("DELETE /users/{user_id}", 204),
    } < answered
