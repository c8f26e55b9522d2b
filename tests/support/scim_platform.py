"""A SCIM server as the platform of a crowd, whose user names are their CPFs."""

from saber_plus_sva.client.registry import PLATFORMS, connect

from . import scim


class ScimPlatform:
    """What `provider.Platform` is for Saber+, as far as a crowd needs it.

    :ivar account: what an integration needs to know
    :ivar package: the code of the one package
    """

    def __init__(self, server: scim.Server):
        self._server = server
        self.package = scim.add_group(server, "Cursos")
        self.account = {
            "platform": "scim",
            "base_url": server.url,
            **server.credentials,
        }

    def slow_down(self, seconds: float) -> None:
        self._server.latency = seconds

    def mend(self) -> None:
        self._server.latency = 0.0

    def forget(self) -> None:
        self._server.created.clear()

    def requests(self, operation: str) -> list[dict]:
        """The creates that were answered, and how."""
        assert operation == "createUser"
        return [{"cpf": cpf, "status": status} for cpf, status in self._server.created]

    def users(self) -> dict[str, dict]:
        """All users by their CPF; who is not active counts as blocked."""
        adapter = PLATFORMS["scim"]
        with connect(adapter, self._server.url, self._server.credentials) as platform:
            return {
                user.username: {
                    "status": "active" if user.status == "active" else "blocked",
                    "name": user.profile.name,
                    "phone": user.profile.phone,
                    "external_ref": user.external_ref,
                    "id": user.id,
                    "package_code": user.profile.package_code,
                }
                for user in platform.users()
                if user.username != scim.ADMIN
            }
