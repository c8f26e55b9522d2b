"""A caller of the sandbox, for its tests."""

from __future__ import annotations

import itertools
from typing import Any

import requests

from sandbox.server import Sandbox

TOKEN = "token-for-tests"


class Caller:
    """Calls the API with the token, and the control API without."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        self.root = sandbox.root
        self.headers = {"Authorization": f"Bearer {TOKEN}"}
        self._keys = itertools.count(1)

    def api(self, method: str, path: str, **options: Any) -> requests.Response:
        options.setdefault("timeout", 10)
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(method, self.url + path, headers=headers, **options)

    def create(self, key: str | None = None, **values: Any) -> requests.Response:
        timeout = values.pop("timeout", 10)
        return self.api(
            "POST",
            "/users",
            json=new_user(**values),
            headers={"Idempotency-Key": key or f"key-{next(self._keys)}"},
            timeout=timeout,
        )

    def control(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(
            method, f"{self.root}/sandbox{path}", timeout=10, **options
        )

    def fault(self, operation: str, kind: str, **values: Any) -> dict[str, Any]:
        wanted = {"operation": operation, "kind": kind, **values}
        answer = self.control("POST", "/faults", json=wanted)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def users(self) -> list[dict[str, Any]]:
        return self.control("GET", "/users").json()["items"]

    def requests(self, operation: str | None = None) -> list[dict[str, Any]]:
        parameters = {"operation": operation} if operation else {}
        return self.control("GET", "/requests", params=parameters).json()["items"]


def new_user(**values: Any) -> dict[str, Any]:
    return {
        "external_ref": "ref-1",
        "cpf": "52998224725",
        "username": "52998224725",
        "name": "Ana Souza",
        "phone": "+5511987654321",
        "package_code": "SABER-LIVROS",
        **values,
    }
