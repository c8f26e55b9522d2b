"""A caller of the sandbox, for its tests."""

from __future__ import annotations

import itertools
from typing import Any

import requests

from sandbox.client import Control
from sandbox.server import Sandbox

TOKEN = "token-for-tests"


class Caller(Control):
    """Calls the API with the token, and the control API without; with bare answers."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox.root)
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
        url = f"{self.root}/sandbox{path}"
        return self._session.request(method, url, timeout=10, **options)


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
