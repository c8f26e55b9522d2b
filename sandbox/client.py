"""The control API as a program uses it: what the platform's own people see and do."""

from __future__ import annotations

from typing import Any

import requests

_TIMEOUT = 10


class Control:
    """Calls the control API of a running sandbox.

    Every method raises :class:`requests.HTTPError` where the sandbox refuses.

    :param root: the sandbox's address, without the platform's ``/v1``
    """

    def __init__(self, root: str) -> None:
        self.root = root
        #: the base URL of the platform's API
        self.url = f"{root}/v1"
        self._session = requests.Session()
        self._session.trust_env = False
        # the sandbox closes one that was idle for seconds, perhaps while it is used
        self._session.headers["Connection"] = "close"

    def reset(self) -> None:
        """Make everything as in a fresh sandbox."""
        self._call("POST", "/reset")

    def fault(self, operation: str, kind: str, **options: Any) -> dict[str, Any]:
        """Switch a fault on; see :meth:`sandbox.faults.Faults.add`."""
        return self._call(
            "POST", "/faults", {"operation": operation, "kind": kind, **options}
        )

    def mend(self) -> None:
        """Switch all faults off."""
        self._call("DELETE", "/faults")

    def users(self) -> dict[str, dict[str, Any]]:
        """The platform's users by CPF, oldest first."""
        return {user["cpf"]: user for user in self._items("/users")}

    def user(self, cpf: str) -> dict[str, Any] | None:
        """The platform's user with a CPF, if any."""
        return self.users().get(cpf)

    def add_user(self, **values: Any) -> dict[str, Any]:
        """Create a user as the platform's own."""
        return self._call("POST", "/users", values)

    def put_user(self, user_id: str, **values: Any) -> dict[str, Any]:
        """Change a user behind its owner's back."""
        return self._call("PUT", f"/users/{user_id}", values)

    def delete_user(self, user_id: str) -> None:
        """Delete a user behind its owner's back."""
        self._call("DELETE", f"/users/{user_id}")

    def has_password(self, user_id: str, password: str) -> bool:
        """Whether a password is the user's."""
        path = f"/users/{user_id}/password-check"
        return self._call("POST", path, {"password": password})["matches"]

    def requests(self, operation: str = "") -> list[dict[str, Any]]:
        """What was asked lately, oldest first; all of it, or one operation."""
        return self._items("/requests", operation=operation or None)

    def operations(self) -> list[str]:
        """The names of the operations called lately, in their order."""
        return [request["operation"] for request in self.requests()]

    def forget(self) -> None:
        """Forget the requests."""
        self._call("DELETE", "/requests")

    def suspend(self, status: str = "suspended") -> None:
        """Suspend the account, or make it ``active`` again."""
        self._call("PUT", "/account", {"status": status})

    def packages(self) -> list[dict[str, Any]]:
        """All packages, those that are not offered any more too."""
        return self._items("/packages")

    def set_package(self, code: str, **values: Any) -> None:
        """Add a package, or replace the one with its code."""
        self._call("PUT", f"/packages/{code}", values)

    def remove_package(self, code: str) -> None:
        """Delete a package; users keep its code."""
        self._call("DELETE", f"/packages/{code}")

    def _items(self, path: str, **query: Any) -> list[dict[str, Any]]:
        return self._call("GET", path, query=query)["items"]

    def _call(self, method: str, path: str, body: Any = None, query: Any = None) -> Any:
        answer = self._session.request(
            method,
            f"{self.root}/sandbox{path}",
            params=query,
            json=body,
            timeout=_TIMEOUT,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None
