# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider that sells what is on a server of its own, which speaks SCIM 2.0."""

import tempfile
import unittest
from contextlib import contextmanager
from pathlib import Path

from .common import SvaCase

try:
    from tests.support import canaille, scim
except ImportError:  # installed from a wheel
    canaille = scim = None


class ScimCase(SvaCase):
    """On scim2-server, which lacks nothing."""

    @classmethod
    def setUpClass(cls):
        if scim is None:
            raise unittest.SkipTest("needs the SCIM servers of the repository's tests")
        cls.there = cls.enterClassContext(cls._server())
        scim.add_group(cls.there, "Cursos")
        super().setUpClass()

    @classmethod
    def _server(cls):
        return scim.running()

    def setUp(self):
        super().setUp()
        self.there.reset()

    def _prepare(self):
        self.scim = self._integration(
            name="Cursos próprios",
            platform="scim",
            base_url=self.there.url,
            **self.there.credentials,
        )
        self.scim.action_fetch_packages()
        self.course = self._sva_product("Cursos próprios", self.scim.package_ids)
        return super()._prepare()

    def _sold_products(self):
        return self.internet + self.course

    def _users_there(self):
        with self.scim._connect() as platform:
            users = platform.page_of_users().items
        return [user for user in users if user.username != scim.ADMIN]


@contextmanager
def new_canaille():
    """A Canaille that nobody else uses."""
    with (
        tempfile.TemporaryDirectory() as folder,
        canaille.started(Path(folder)) as process,
        canaille.running(process) as server,
    ):
        yield server
