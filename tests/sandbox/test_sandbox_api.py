"""The platform's rules: tokens, unique CPFs, idempotency, pages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from sandbox_caller import Caller, new_user

CPFS = ["52998224725", "11144477735", "12345678909", "98765432100", "39053344705"]


def refused(answer: requests.Response, status: int, code: str) -> dict:
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["message"]
    assert error["request_id"] == answer.headers["X-Request-Id"]
    return error


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic token-for-tests"])
def test_a_wrong_token_is_refused(caller: Caller, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{caller.url}/account", headers=headers, timeout=10)
    refused(answer, 401, "invalid_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_suspended_account_is_refused_until_it_is_active(caller: Caller) -> None:
    caller.control("PUT", "/account", json={"status": "suspended"})
    refused(caller.api("GET", "/account"), 403, "account_suspended")
    refused(caller.create(), 403, "account_suspended")
    assert not caller.users()
    caller.control("PUT", "/account", json={"status": "active"})
    assert caller.api("GET", "/account").json()["status"] == "active"


def test_life_of_a_user(caller: Caller) -> None:
    answer = caller.create(password="segredo")
    assert answer.status_code == 201
    user = answer.json()
    assert user["status"] == "active"
    assert "password" not in answer.text
    path = f"/users/{user['id']}"
    assert caller.api("GET", path).json() == user

    changed = caller.api("PATCH", path, json={"phone": "+5521999990000"}).json()
    assert changed == {
        **user,
        "phone": "+5521999990000",
        "updated_at": changed["updated_at"],
    }
    for status in ("blocked", "blocked", "disabled", "active"):
        answer = caller.api("PUT", f"{path}/status", json={"status": status})
        assert answer.json()["status"] == status

    assert caller.api("DELETE", path).status_code == 204
    refused(caller.api("GET", path), 404, "not_found")
    refused(caller.api("DELETE", path), 404, "not_found")
    assert caller.create().status_code == 201


def test_setting_the_same_again_changes_nothing(caller: Caller) -> None:
    user = caller.create().json()
    path = f"/users/{user['id']}"
    same = caller.api("PUT", f"{path}/status", json={"status": "active"})
    assert same.json() == user
    assert caller.api("PATCH", path, json={"phone": user["phone"]}).json() == user


def test_a_cpf_is_taken_once(caller: Caller) -> None:
    caller.create()
    error = refused(caller.create(name="Outra"), 409, "cpf_already_registered")
    assert error["message"] == "CPF já cadastrado."
    assert len(caller.users()) == 1


def test_passwords_are_kept_but_not_shown(caller: Caller) -> None:
    user = caller.create(password="segredo").json()
    check = f"/users/{user['id']}/password-check"

    def has(password: str) -> bool:
        answer = caller.control("POST", check, json={"password": password})
        return answer.json()["matches"]

    assert has("segredo") and not has("outra-senha")
    caller.api("PATCH", f"/users/{user['id']}", json={"password": "outra-senha"})
    assert has("outra-senha") and not has("segredo")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"cpf": "529.982.247-25"}, "cpf"),
        ({"cpf": "52998224725\n"}, "cpf"),
        ({"cpf": "٥٢٩٩٨٢٢٤٧٢٥"}, "cpf"),
        ({"phone": "11987654321"}, "phone"),
        ({"password": "curta"}, "password"),
        ({"external_ref": "x" * 65}, "external_ref"),
        ({"name": None}, "name"),
        ({"username": "\ud800"}, "username"),
        ({"package_code": "NADA"}, "package_code"),
        ({"package_code": "SABER-REVISTAS"}, "package_code"),
    ],
)
def test_wrong_values_are_named(caller: Caller, values: dict, field: str) -> None:
    error = refused(caller.create(**values), 422, "validation_failed")
    assert list(error["fields"]) == [field]
    assert not caller.users()


def test_everything_wrong_is_named_at_once(caller: Caller) -> None:
    answer = caller.api(
        "POST", "/users", json={"cpf": "1"}, headers={"Idempotency-Key": "k"}
    )
    error = refused(answer, 422, "validation_failed")
    assert set(error["fields"]) == set(new_user())


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"cpf": NaN}', b"\xff", b"[" * 100_000]
)
def test_a_body_that_is_no_object_is_refused(caller: Caller, body: bytes) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    answer = caller.api("POST", "/users", data=body, headers=headers)
    refused(answer, 422, "validation_failed")


def test_unknown_paths_and_methods_have_the_shape_of_errors(caller: Caller) -> None:
    refused(caller.api("GET", "/nada"), 404, "not_found")
    answer = caller.api("PUT", "/users")
    refused(answer, 405, "not_found")
    assert answer.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize("key", [None, "", "k" * 65])
def test_a_create_needs_a_key(caller: Caller, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    answer = caller.api("POST", "/users", json=new_user(), headers=headers)
    error = refused(answer, 422, "validation_failed")
    assert "Idempotency-Key" in error["fields"]


def test_the_same_key_and_body_have_the_first_result(caller: Caller) -> None:
    first = caller.create("k1")
    caller.api("PUT", f"/users/{first.json()['id']}/status", json={"status": "blocked"})
    again = caller.create("k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(caller.users()) == 1


def test_a_conflict_is_a_first_result_too(caller: Caller) -> None:
    user = caller.create("k1").json()
    refused(caller.create("k2"), 409, "cpf_already_registered")
    caller.api("DELETE", f"/users/{user['id']}")
    refused(caller.create("k2"), 409, "cpf_already_registered")
    assert caller.create("k3").status_code == 201


def test_a_key_belongs_to_its_body(caller: Caller) -> None:
    caller.create("k1")
    refused(caller.create("k1", name="Outra"), 422, "idempotency_mismatch")


def test_a_refused_body_leaves_the_key_free(caller: Caller) -> None:
    refused(caller.create("k1", package_code="NADA"), 422, "validation_failed")
    assert caller.create("k1").status_code == 201


def test_concurrent_creates_with_one_cpf_make_one_user(caller: Caller) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: caller.create(f"k{n}"), range(32)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 31
    assert len(caller.users()) == 1


def test_concurrent_creates_with_one_key_make_one_user(caller: Caller) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _n: caller.create("k"), range(32)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(caller.users()) == 1


def test_users_come_in_pages(caller: Caller) -> None:
    made = [caller.create(cpf=cpf).json()["id"] for cpf in CPFS]
    seen: list[str] = []
    parameters: dict[str, str | int] = {"limit": 2}
    sizes = []
    while True:
        page = caller.api("GET", "/users", params=parameters).json()
        seen += [user["id"] for user in page["items"]]
        sizes.append(len(page["items"]))
        if page["next_cursor"] is None:
            break
        parameters["cursor"] = page["next_cursor"]
        if len(sizes) == 1:
            # A user that goes while a caller turns pages hides no other.
            caller.api("DELETE", f"/users/{made[0]}")
    assert seen == made
    assert sizes == [2, 2, 1]


def test_a_full_last_page_has_no_next_one(caller: Caller) -> None:
    for cpf in CPFS[:2]:
        caller.create(cpf=cpf)
    page = caller.api("GET", "/users", params={"limit": 2}).json()
    assert len(page["items"]) == 2
    assert page["next_cursor"] is None


def test_packages_come_in_pages(caller: Caller) -> None:
    first = caller.api("GET", "/packages", params={"limit": 4}).json()
    rest = caller.api("GET", "/packages", params={"cursor": first["next_cursor"]})
    codes = [item["code"] for item in first["items"] + rest.json()["items"]]
    assert codes == sorted(codes)
    assert "SABER-LIVROS" in codes
    assert rest.json()["next_cursor"] is None


def test_users_are_filtered(caller: Caller) -> None:
    for number, cpf in enumerate(CPFS):
        caller.create(cpf=cpf, external_ref=f"ref-{number}")
    blocked = caller.user(CPFS[3])["id"]
    caller.api("PUT", f"/users/{blocked}/status", json={"status": "blocked"})

    def found(**parameters: str) -> list[str]:
        page = caller.api("GET", "/users", params=parameters).json()
        return [user["cpf"] for user in page["items"]]

    assert found(cpf=CPFS[2]) == [CPFS[2]]
    assert found(external_ref="ref-1") == [CPFS[1]]
    assert found(status="blocked") == [CPFS[3]]
    assert found(status="active", cpf=CPFS[3]) == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "dez"},
        {"limit": ["1", "2"]},
        {"cursor": "nada"},
        {"cursor": ""},
        {"status": "gone"},
        {"cpf": "529"},
        {"cpf_cnpj": "52998224725"},
    ],
)
def test_wrong_queries_are_refused(caller: Caller, parameters: dict) -> None:
    answer = caller.api("GET", "/users", params=parameters)
    error = refused(answer, 422, "validation_failed")
    assert list(error["fields"]) == list(parameters)


def test_a_cursor_of_another_list_is_refused(caller: Caller) -> None:
    cursor = caller.api("GET", "/packages", params={"limit": 1}).json()["next_cursor"]
    answer = caller.api("GET", "/users", params={"cursor": cursor})
    refused(answer, 422, "validation_failed")
