"""The control API and the page."""

from __future__ import annotations

import requests
from sandbox_caller import Caller


def test_users_of_the_platforms_own(caller: Caller) -> None:
    values = {"cpf": "11144477735", "name": "Bruno", "phone": "+5521998877665"}
    answer = caller.control("POST", "/users", json=values)
    assert answer.status_code == 201
    user = answer.json()
    assert user["external_ref"] is None
    assert user["package_code"] is None
    assert caller.api("GET", f"/users/{user['id']}").json() == user
    assert caller.control("POST", "/users", json=values).status_code == 409


def test_drift(caller: Caller) -> None:
    user = caller.create().json()
    path = f"/users/{user['id']}"
    answer = caller.control("PUT", path, json={"status": "blocked", "name": "Drift"})
    assert answer.status_code == 200
    seen = caller.api("GET", path).json()
    assert (seen["status"], seen["name"]) == ("blocked", "Drift")
    assert caller.control("DELETE", path).status_code == 204
    assert caller.control("DELETE", path).status_code == 404
    assert caller.api("GET", path).status_code == 404


def test_catalogue(caller: Caller) -> None:
    def catalogue() -> dict[str, dict]:
        items = caller.api("GET", "/packages").json()["items"]
        return {item["code"]: item for item in items}

    caller.control("PUT", "/packages/NOVO", json={"name": "Saber+ Novo"})
    assert catalogue()["NOVO"]["active"] is True
    assert caller.create(package_code="NOVO").status_code == 201
    wanted = {"name": "Renomeado", "active": False}
    caller.control("PUT", "/packages/NOVO", json=wanted)
    assert catalogue()["NOVO"]["name"] == "Renomeado"
    again = caller.create(cpf="11144477735", package_code="NOVO")
    assert again.status_code == 422
    assert caller.control("DELETE", "/packages/NOVO").status_code == 204
    assert caller.control("DELETE", "/packages/NOVO").status_code == 404
    assert "NOVO" not in catalogue()
    # A package that is gone stays on the users that have it.
    [user] = caller.users().values()
    answer = caller.api(
        "PATCH", f"/users/{user['id']}", json={"package_code": "NOVO", "name": "Ana"}
    )
    assert answer.status_code == 200


def test_requests_are_logged_without_numbers_and_tokens(caller: Caller) -> None:
    caller.create()
    [user] = caller.users().values()
    caller.api("GET", "/users", params={"cpf": "52998224725"})
    caller.api("GET", f"/users/{user['id']}")
    entries = caller.requests()
    assert caller.operations() == ["createUser", "listUsers", "getUser"]
    assert {entry["cpf"] for entry in entries} == {"***.982.247-**"}
    assert [entry["status"] for entry in entries] == [201, 200, 200]
    text = caller.control("GET", "/requests").text
    assert "52998224725" not in text
    assert "token-for-tests" not in text
    assert caller.control("DELETE", "/requests").status_code == 204
    assert caller.requests() == []


def test_reset(caller: Caller) -> None:
    caller.create()
    caller.fault("*", "status", times=None)
    caller.control("PUT", "/account", json={"status": "suspended"})
    caller.control("DELETE", "/packages/SABER-KIDS")
    assert caller.control("POST", "/reset").status_code == 204
    assert caller.users() == {}
    assert caller.requests() == []
    assert caller.control("GET", "/faults").json() == {"items": []}
    assert caller.control("GET", "/account").json() == {"status": "active"}
    codes = {i["code"] for i in caller.control("GET", "/packages").json()["items"]}
    assert "SABER-KIDS" in codes


def test_the_page_shows_both_sides_and_no_whole_cpf(caller: Caller) -> None:
    caller.create(name="<b>Ana</b>")
    caller.fault("createUser", "lost_answer")
    for path in ("/", "/live"):
        answer = requests.get(caller.root + path, timeout=10)
        assert answer.status_code == 200
        assert "&lt;b&gt;Ana" in answer.text
        assert "***.982.247-**" in answer.text
        assert "52998224725" not in answer.text
        assert "Saber+ Livros Digitais" in answer.text
        assert "resposta perdida" in answer.text


def test_the_description_is_served(caller: Caller) -> None:
    answer = requests.get(f"{caller.url}/openapi.yaml", timeout=10)
    assert answer.text.startswith("openapi: 3.1.0")
