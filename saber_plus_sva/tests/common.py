# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider with a contract, and a Saber+ to talk to."""

import atexit
import csv
import functools
import itertools
import sys
import tempfile
import unittest
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import freezegun
from stdnum.br import cpf

from odoo import Command

from odoo.addons.contract_access.tests.common import CPFS as CPFS
from odoo.addons.contract_access.tests.common import FULL as FULL
from odoo.addons.contract_access.tests.common import ContractCase, RaceCase

# Odoo has the addon on its path, but not the repository around it
REPOSITORY = Path(__file__).resolve().parents[2]
if (REPOSITORY / "sandbox" / "server.py").exists():
    sys.path.append(str(REPOSITORY))

try:
    from sandbox.client import Control
    from sandbox.server import running
except ImportError:  # installed from a wheel: the sandbox stays in the repository
    running = None

freezegun.configure(
    extend_ignore_list=[
        # the sandbox's event loop goes on while a test's clock stands still
        "asyncio",
        # a clock that is set is looked for in each module, in these for nothing
        *("babel", "docutils", "hypothesis", "lxml", "PIL", "polib", "pytest"),
        *("reportlab", "schemathesis", "starlette", "uvicorn", "zeep"),
    ]
)

TOKEN = "tok-sandbox-0123456789"
PACKAGE = "SABER-LIVROS"


def state_table():
    """The state table of the design: a dict of states by what decides them."""
    names = ("contract_status", "access_status", "line", "switch")
    with Path(__file__).with_name("state_table.csv").open() as file:
        return {
            combination: row["state"]
            for row in csv.DictReader(file)
            for combination in itertools.product(*(row[n].split() for n in names))
        }


def cpfs(count, first=0):
    """Valid CPFs, made by the rule of the Receita Federal."""
    for number in range(first, first + count):
        base = f"{100000000 + number}"
        yield base + cpf._calc_check_digits(base)


@functools.cache
def _sandbox():
    """The sandbox of this process: all of its classes empty it before each test."""
    stack = ExitStack()
    atexit.register(stack.close)
    folder = stack.enter_context(tempfile.TemporaryDirectory())
    server = stack.enter_context(running(Path(folder) / "sandbox.db", TOKEN))
    return Control(server.root)


class SvaCase(ContractCase):
    """The provider sells SVA on its contracts."""

    @classmethod
    def setUpClass(cls):
        if running is None:
            raise unittest.SkipTest("needs the sandbox of the repository")
        cls.sandbox = _sandbox()
        cls.sandbox.reset()
        super().setUpClass()

    def setUp(self):
        self.sandbox.reset()
        super().setUp()

    def _prepare(self):
        self.integration = self._integration()
        self.integration.action_fetch_packages()
        self.package = self._package(PACKAGE)
        self.product = self._sva_product("Saber+ Livros", self.package)

    def _sold_products(self):
        return self.internet + self.product

    def _integration(self, **values):
        return self.env["sva.integration"].create(
            {
                "name": "Saber+",
                "base_url": self.sandbox.url,
                "token": TOKEN,
                "request_timeout": 5,
                **values,
            }
        )

    def _package(self, code):
        return self.env["sva.package"].search(
            [("integration_id", "=", self.integration.id), ("code", "=", code)]
        )

    def _sva_product(self, name, package, **values):
        return self._product(
            name,
            sva_integration_id=package.integration_id.id,
            sva_package_id=package.id,
            **values,
        )

    def _operator(self, login="test_front_desk", group="group_sva_user"):
        return super()._operator(login, group)

    def _sva_user(self, contract=None, **values):
        return self.env["sva.user"].create(
            {"contract_id": (contract or self.contract).id, **values}
        )

    def _sva_users(self, cpfs):
        """SVA users of customers and contracts of their own."""
        return self.env["sva.user"].union(
            *(
                self._sva_user(self._contract(self._customer(f"Cliente {cpf}", cpf)))
                for cpf in cpfs
            )
        )

    def _sva_line(self, contract=None):
        lines = (contract or self.contract).contract_line_ids
        return lines.filtered(lambda line: line.service_type == "sva")

    def _sell_tomorrow(self, contract, product):
        """Today is the last day of the SVA that is sold; this one comes after it."""
        today = contract._today()
        self._sva_line(contract).date_end = today
        start = today + timedelta(days=1)
        values = self._line_values(product, date_start=start, recurring_next_date=start)
        contract.contract_line_ids = [Command.create(values)]

    def _existing(self, cpf=CPFS[0], **values):
        """A user whom the platform had before us."""
        values = {
            "name": "Maria S.",
            "username": "maria.silva",
            "phone": "+5511977776666",
            "package_code": PACKAGE,
            **values,
        }
        return self.sandbox.add_user(cpf=cpf, **values)

    def _put_on_platform(self, users):
        """These of the stage are synced; the sandbox has been emptied since."""
        for user in users:
            held = self.sandbox.add_user(
                cpf=user.cpf_cnpj,
                name=user.name,
                username=user.username,
                phone=user.phone,
                package_code=user.package_id.code,
                external_ref=user.external_ref,
            )
            self.env.cr.execute(
                "UPDATE sva_user SET platform_user_id = %s WHERE id = %s",
                [held["id"], user.id],
            )
        users.invalidate_recordset()

    def _triggers(self):
        """When the engine is to run."""
        cron = self.env.ref("saber_plus_sva.cron_sync_users")
        return self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])

    def _run_engine(self):
        """What the scheduled action does."""
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.engine"]._cron_sync_users()
        self.env.invalidate_all()

    def _on_platform(self, user):
        return self.sandbox.users().get(user.cpf_cnpj)

    def assertInStep(self, user, state):
        """Both sides hold the same, and so does the platform."""
        self.assertEqual(
            (user.state, user.sync_state, user.platform_state, user.sync_error),
            (state, "synced", state, False),
        )
        held = self._on_platform(user)
        self.assertEqual(
            {name: held[name] for name in ("status", "name", "phone", "external_ref")},
            {
                "status": state,
                "name": user.name,
                "phone": user.phone,
                "external_ref": user.external_ref,
            },
        )
        self.assertEqual(held["package_code"], user.package_id.code)


class SvaRaceCase(SvaCase, RaceCase):
    """Real transactions, side by side, of a provider that sells SVA."""

    SWEPT = (
        "sva_user_removal",
        "sva_user",
        "sva_api_call",
        *RaceCase.SWEPT[:-4],
        "sva_package",
        "sva_integration",
        *RaceCase.SWEPT[-4:],
    )
