"""Each fault, seen from the other end of a real connection."""

from __future__ import annotations

import time

import pytest
import requests
from sandbox_caller import Caller


def test_latency_before_the_effect(caller: Caller) -> None:
    caller.fault("createUser", "latency", seconds=3)
    with pytest.raises(requests.ReadTimeout):
        caller.create(timeout=0.2)
    assert not caller.users()
    # The caller gave up, the platform did not: the effect comes late.
    end = time.monotonic() + 30
    while not caller.users():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_latency_after_the_effect(caller: Caller) -> None:
    caller.fault("createUser", "latency", seconds=3, when="after")
    with pytest.raises(requests.ReadTimeout):
        caller.create(timeout=1)
    assert len(caller.users()) == 1


def test_delays_join_another_fault(caller: Caller) -> None:
    caller.fault("*", "latency", seconds=0.2, times=None)
    caller.fault("getAccount", "status", status=500)
    started = time.monotonic()
    assert caller.api("GET", "/account").status_code == 500
    assert time.monotonic() - started >= 0.2
    assert caller.requests("getAccount")[0]["fault"] == "latency+status"


@pytest.mark.parametrize(("when", "users"), [("before", 0), ("after", 1)])
def test_status(caller: Caller, when: str, users: int) -> None:
    caller.fault("createUser", "status", status=502, when=when, retry_after=7)
    answer = caller.create()
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "internal_error"
    assert answer.headers["Retry-After"] == "7"
    assert len(caller.users()) == users


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "validation_failed"),
        (403, "account_suspended"),
        (404, "not_found"),
        (409, "cpf_already_registered"),
        (429, "rate_limited"),
    ],
)
def test_status_with_the_code_that_goes_with_it(
    caller: Caller, status: int, code: str
) -> None:
    caller.fault("getAccount", "status", status=status)
    answer = caller.api("GET", "/account")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code


def test_rate_limited(caller: Caller) -> None:
    caller.fault("*", "rate_limited", retry_after=3, times=2)
    for _ in range(2):
        answer = caller.api("GET", "/account")
        assert answer.status_code == 429
        assert answer.headers["Retry-After"] == "3"
        assert answer.json()["error"]["code"] == "rate_limited"
    assert caller.api("GET", "/account").status_code == 200


def test_expired_token(caller: Caller) -> None:
    caller.fault("getAccount", "expired_token")
    answer = caller.api("GET", "/account")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "invalid_token"


def test_lost_answer(caller: Caller) -> None:
    caller.fault("createUser", "lost_answer")
    with pytest.raises(requests.ConnectionError) as failure:
        caller.create("k1")
    assert "RemoteDisconnected" in repr(failure.value)
    assert len(caller.users()) == 1
    assert caller.requests("createUser")[0]["status"] is None
    assert caller.create("k1").status_code == 201


def test_lost_answer_that_hangs_first(caller: Caller) -> None:
    caller.fault("createUser", "lost_answer", seconds=1)
    with pytest.raises(requests.ReadTimeout):
        caller.create(timeout=0.3)
    assert len(caller.users()) == 1


@pytest.mark.parametrize(("when", "users"), [("before", 0), ("after", 1)])
def test_reset(caller: Caller, when: str, users: int) -> None:
    caller.fault("createUser", "reset", when=when)
    with pytest.raises(requests.ConnectionError) as failure:
        caller.create()
    assert "ConnectionResetError" in repr(failure.value)
    assert len(caller.users()) == users


def test_malformed(caller: Caller) -> None:
    caller.fault("createUser", "malformed")
    answer = caller.create()
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert len(caller.users()) == 1


def test_truncated(caller: Caller) -> None:
    caller.fault("createUser", "truncated")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.create()
    assert len(caller.users()) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_truncated_where_there_is_no_body(caller: Caller, when: str) -> None:
    user = caller.create().json()
    caller.fault("deleteUser", "truncated", when=when)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        caller.api("DELETE", f"/users/{user['id']}")


def test_wrong_shape(caller: Caller) -> None:
    caller.fault("createUser", "wrong_shape")
    answer = caller.create()
    assert answer.status_code == 201
    assert "id" not in answer.json()
    assert len(caller.users()) == 1


def test_redirect(caller: Caller) -> None:
    caller.fault("getAccount", "redirect", times=2)
    answer = caller.api("GET", "/account", allow_redirects=False)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{caller.root}/elsewhere"
    assert not caller.requests("elsewhere")
    caller.api("GET", "/account")
    assert [entry["authorized"] for entry in caller.requests("elsewhere")] == [True]


def test_oversize(caller: Caller) -> None:
    caller.fault("listUsers", "oversize", mebibytes=2)
    answer = caller.api("GET", "/users")
    assert answer.status_code == 200
    assert "Content-Length" not in answer.headers
    assert len(answer.content) > 2 * 2**20
    assert set(answer.json()) == {"padding"}


def test_oversize_to_a_caller_that_stops_reading(caller: Caller) -> None:
    caller.fault("listUsers", "oversize", mebibytes=64)
    with caller.api("GET", "/users", stream=True) as answer:
        next(answer.iter_content(1024))
    assert caller.api("GET", "/account").status_code == 200


def test_a_fault_keeps_to_its_operation_and_times(caller: Caller) -> None:
    caller.fault("listUsers", "status")
    assert caller.api("GET", "/account").status_code == 200
    assert caller.api("GET", "/users").status_code == 503
    assert caller.api("GET", "/users").status_code == 200
    assert caller.control("GET", "/faults").json() == {"items": []}


def test_a_fault_for_ever_until_it_is_switched_off(caller: Caller) -> None:
    one = caller.fault("*", "status", times=None)
    other = caller.fault("getAccount", "expired_token", times=None)
    for _ in range(3):
        assert caller.api("GET", "/account").status_code == 503
    assert caller.control("DELETE", f"/faults/{one['id']}").status_code == 204
    assert caller.control("DELETE", f"/faults/{one['id']}").status_code == 404
    assert caller.api("GET", "/account").status_code == 401
    assert caller.control("GET", "/faults").json()["items"] == [other]
    assert caller.control("DELETE", "/faults").status_code == 204
    assert caller.api("GET", "/account").status_code == 200


def test_probability(caller: Caller) -> None:
    caller.fault("*", "status", times=None, probability=0)
    assert caller.api("GET", "/account").status_code == 200
    caller.fault("*", "status", times=None, probability=0.5)
    statuses = {caller.api("GET", "/account").status_code for _ in range(64)}
    assert statuses == {200, 503}


@pytest.mark.parametrize(
    "wanted",
    [
        {"operation": "nada", "kind": "status"},
        {"operation": "*", "kind": "nada"},
        {"operation": "*", "kind": "status", "status": 200},
        {"operation": "*", "kind": "status", "times": 0},
        {"operation": "*", "kind": "status", "probability": 2},
        {"operation": "*", "kind": "lost_answer", "when": "before"},
        {"kind": "status"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(caller: Caller, wanted: dict) -> None:
    assert caller.control("POST", "/faults", json=wanted).status_code == 422
