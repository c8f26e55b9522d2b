"""From HTTP answers and failures to errors, without a network."""

import json
import logging
import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests
import responses

from saber_plus_sva.client.errors import (
    LOCAL_CODES,
    BadAnswer,
    NotFound,
    PlatformError,
    RateLimited,
    Refused,
    Taken,
    Unauthorized,
    Unavailable,
)
from saber_plus_sva.client.platform import Platform
from saber_plus_sva.client.transport import Call
from saber_plus_sva.client.types import NewUser

BASE = "https://api.example/v1"
ACCOUNT = {"id": "acc_1", "name": "Provedor", "status": "active"}
Connect = Callable[..., Platform]


def error_json(code: str, message: str = "Não deu.", **more: object) -> dict:
    return {"error": {"code": code, "message": message, **more}}


@pytest.fixture
def web():
    with responses.RequestsMock() as mock:
        yield mock


def failure_of(call: Callable[[], object]) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "kind", "code", "maybe_applied"),
    [
        (400, error_json("bad"), Refused, "bad", False),
        (400, None, Refused, "refused", True),
        (401, error_json("invalid_token"), Unauthorized, "invalid_token", False),
        (403, error_json("account_suspended"), Unauthorized, "account_suspended", 0),
        (403, None, Unauthorized, "unauthorized", False),
        (404, error_json("not_found"), NotFound, "not_found", False),
        (404, None, BadAnswer, "malformed_answer", True),
        (404, {"detail": "Not Found"}, BadAnswer, "malformed_answer", True),
        (405, None, Refused, "refused", True),
        (408, None, Unavailable, "unavailable", True),
        (409, error_json("conflict"), Refused, "conflict", False),
        (409, error_json("cpf_already_registered"), Taken, None, False),
        (422, error_json("validation_failed"), Refused, "validation_failed", False),
        (423, error_json("locked"), Unavailable, "locked", False),
        (429, error_json("rate_limited"), RateLimited, "rate_limited", False),
        (429, None, RateLimited, "rate_limited", False),
        (500, error_json("internal_error"), Unavailable, "internal_error", True),
        (502, None, Unavailable, "unavailable", True),
        (503, {"error": "nope"}, Unavailable, "unavailable", True),
        (599, None, Unavailable, "unavailable", True),
        (301, None, BadAnswer, "redirected", True),
        (304, None, BadAnswer, "redirected", True),
        (307, None, BadAnswer, "redirected", True),
    ],
)
def test_statuses(
    web, connect: Connect, status, body, kind, code, maybe_applied
) -> None:
    content = b"<html>" if body is None else json.dumps(body).encode()
    web.get(f"{BASE}/account", status=status, body=content)
    error = failure_of(connect().account)
    assert type(error) is kind
    assert error.code == (code or body["error"]["code"])
    assert error.status == status
    assert error.maybe_applied == maybe_applied


def test_every_409_of_the_kind_is_a_taken_cpf(web, connect, new_user: NewUser) -> None:
    web.post(
        f"{BASE}/users",
        status=409,
        json=error_json("cpf_already_registered", "CPF já cadastrado."),
    )
    error = failure_of(lambda: connect().create_user(new_user, "k"))
    assert isinstance(error, Taken)
    assert str(error) == error.message == "CPF já cadastrado."


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        ("999999999", 86400),
        ("9" * 5000, None),
        ("-3", None),
        ("1.5", None),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
        ("Mon, 01 Jan 2001 00:00:00 -0000", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
        ("Mon, 99 Jan 2001 00:00:00 GMT", None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
    ],
)
def test_retry_after(web, connect, value: str, seconds: float | None) -> None:
    web.get(f"{BASE}/account", status=429, headers={"Retry-After": value})
    assert failure_of(connect().account).retry_after == seconds


def test_retry_after_as_a_date(web, connect) -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    web.get(f"{BASE}/account", status=503, headers={"Retry-After": then})
    assert 50 < failure_of(connect().account).retry_after <= 60


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 200_000,
        b"1" * 5000,
        b'{"id": "a", "name": "b"}',
        b'{"id": 1, "name": "b", "status": "active"}',
        b'{"id": "", "name": "b", "status": "active"}',
        b'{"id": "a", "name": null, "status": "active"}',
        b'{"id": "a", "name": "b", "status": "odd"}',
        b'{"id": "a", "name": "b\\u0000", "status": "active"}',
        b'{"id": "a", "name": "b\\ud800", "status": "active"}',
    ],
)
def test_answers_that_the_api_does_not_promise(web, connect, body: bytes) -> None:
    web.get(f"{BASE}/account", body=body)
    calls: list[Call] = []
    error = failure_of(connect(on_call=calls.append).account)
    assert type(error) is BadAnswer
    assert error.code == "malformed_answer"
    assert error.status == 200
    assert error.maybe_applied
    assert [call.outcome for call in calls] == ["malformed_answer"]


def test_unknown_fields_are_ignored(web, connect) -> None:
    web.get(f"{BASE}/account", json={**ACCOUNT, "more": [1]})
    assert connect().account().name == "Provedor"


def test_body_bound(web, connect) -> None:
    content = json.dumps(ACCOUNT).encode()
    web.get(f"{BASE}/account", body=content)
    assert connect(max_body=len(content)).account()
    error = failure_of(connect(max_body=len(content) - 1).account)
    assert type(error) is BadAnswer
    assert error.code == "answer_too_large"


def test_a_refusal_counts_though_its_body_is_too_large(web, connect) -> None:
    web.get(f"{BASE}/account", status=422, body=b"x" * 100)
    error = failure_of(connect(max_body=10).account)
    assert (type(error), error.code) == (Refused, "refused")


@pytest.mark.parametrize(
    ("raised", "code", "maybe_applied"),
    [
        (requests.ConnectTimeout(), "timeout", False),
        (requests.ReadTimeout(), "timeout", True),
        (requests.ConnectionError(), "connection_lost", True),
        (requests.exceptions.ProxyError(), "connection_failed", False),
        (requests.exceptions.SSLError(), "connection_lost", True),
        (requests.exceptions.InvalidHeader(), "malformed_answer", True),
        (OSError("no CA bundle"), "connection_failed", False),
        (UnicodeError("host"), "connection_failed", False),
    ],
)
def test_exceptions(web, connect, raised, code: str, maybe_applied: bool) -> None:
    web.get(f"{BASE}/account", body=raised)
    error = failure_of(connect().account)
    assert isinstance(error, Unavailable)
    assert (error.code, error.maybe_applied) == (code, maybe_applied)
    assert error.status is None
    # The exception of requests holds the request, and that holds the token.
    assert error.__context__ is None
    assert error.__cause__ is None


def test_calls_are_told(web, connect) -> None:
    web.get(f"{BASE}/account", json=ACCOUNT, headers={"X-Request-Id": "req_1"})
    web.get(
        f"{BASE}/account",
        status=401,
        json=error_json("invalid_token", request_id="req_2"),
    )
    web.get(f"{BASE}/account", body=requests.ReadTimeout())
    calls: list[Call] = []
    platform = connect(on_call=calls.append)
    platform.account()
    error = failure_of(platform.account)
    failure_of(platform.account)
    assert error.request_id == "req_2"
    told = [(c.operation, c.method, c.status, c.outcome, c.request_id) for c in calls]
    assert told == [
        ("getAccount", "GET", 200, "ok", "req_1"),
        ("getAccount", "GET", 401, "invalid_token", "req_2"),
        ("getAccount", "GET", None, "timeout", None),
    ]
    assert all(0 <= call.duration_s < 5 for call in calls)


def test_what_is_sent(web, connect, token: str) -> None:
    web.get(f"{BASE}/account", json=ACCOUNT, headers={"Set-Cookie": "a=b; Path=/"})
    platform = connect()
    platform.account()
    platform.account()
    for call in web.calls:
        headers = call.request.headers
        assert headers["Authorization"] == f"Bearer {token}"
        assert headers["Accept"] == "application/json"
        assert "saber_plus_sva" in headers["User-Agent"]
        assert "Cookie" not in headers


def test_netrc_does_not_override_the_token(
    web, connect, token: str, tmp_path, monkeypatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine api.example login evil password evil\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    web.get(f"{BASE}/account", json=ACCOUNT)
    connect().account()
    assert web.calls[0].request.headers["Authorization"] == f"Bearer {token}"


@pytest.mark.parametrize(
    ("url", "no_proxy", "used"),
    [
        (BASE, "", True),
        (BASE, "api.example", False),
        ("http://127.0.0.1:1/v1", "", False),
    ],
)
def test_proxies(web, connect, monkeypatch, url, no_proxy, used) -> None:
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"):
        monkeypatch.setenv(name, "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    monkeypatch.setenv("no_proxy", no_proxy)
    web.get(f"{url}/account", json=ACCOUNT)
    connect(url).account()
    proxies = web.calls[0].request.req_kwargs["proxies"]
    assert ("https" in proxies) is used


@pytest.mark.parametrize(("name", "value"), [("REQUESTS_CA_BUNDLE", "/x.pem"), ("", 1)])
def test_ca_bundle(web, connect, monkeypatch, name: str, value: object) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    if name:
        monkeypatch.setenv(name, str(value))
    web.get(f"{BASE}/account", json=ACCOUNT)
    connect().account()
    assert web.calls[0].request.req_kwargs["verify"] == value


def test_errors_repeat_nothing_secret(
    web, connect, token: str, new_user: NewUser, caplog
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = (token, new_user.password, new_user.cpf, new_user.profile.phone)
    echo = f"Recusado: {' '.join(secrets)} 529.982.247-25"
    web.post(
        f"{BASE}/users",
        status=422,
        json=error_json(
            new_user.cpf,
            echo + "x" * 2000,
            fields={echo: echo, "n": 1},
            request_id=echo,
        ),
    )
    calls: list[Call] = []
    platform = connect(on_call=calls.append)
    error = failure_of(lambda: platform.create_user(new_user, "key-1"))
    shown = [
        str(error),
        repr(error),
        repr(vars(error)),
        "".join(traceback.format_exception(error)),
        repr(calls),
        repr(platform),
        repr(vars(platform)),
        repr(new_user),
        caplog.text,
    ]
    for secret in (*secrets, "529.982.247-25"):
        assert not [text for text in shown if secret in text]
    assert error.code == "refused"
    assert len(error.message) == 500
    assert set(error.fields) == {error.message[: len(next(iter(error.fields)))]}


@pytest.mark.parametrize(
    "error",
    [
        "x",
        {"code": "a"},
        {"code": 1, "message": "m"},
        {"code": "", "message": "m"},
        {"code": "a", "message": None},
    ],
)
def test_errors_in_another_shape(web, connect, error: object) -> None:
    web.get(f"{BASE}/account", status=422, json={"error": error})
    failure = failure_of(connect().account)
    assert failure.code == "refused"
    assert failure.message == LOCAL_CODES["refused"]


def test_pacing(web, connect) -> None:
    web.get(f"{BASE}/account", json=ACCOUNT)
    begun: list[int] = []
    platform = connect(wait_for_turn=lambda: begun.append(len(web.calls)))
    for _ in range(3):
        platform.account()
    assert begun == [0, 1, 2]


def test_a_suspended_account_is_no_account(web, connect) -> None:
    web.get(f"{BASE}/account", json={**ACCOUNT, "status": "suspended"})
    assert failure_of(connect().account).code == "account_suspended"
