"""A provider's Odoo in a process of its own, with Saber+ beside it and a browser."""

import contextlib
import itertools
import os
import re
import subprocess
import time
import xmlrpc.client
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import odoorpc
import pytest
import requests
from playwright.sync_api import Browser, Page, sync_playwright
from stdnum.br import cpf as cpf_rules

from sandbox.server import running
from tools.database import Databases
from tools.env import Environment
from tools.odoo import Odoo, Server
from tools.paths import STATE
from tools.postgres import postgres

TOKEN = "tok-e2e-0123456789"
LANGUAGE = "pt_BR"
# not the demo data's: those work for the demo company
MANAGER = "e2e_gerente"
FRONT_DESK = "e2e_recepcao"


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    environment = Environment.current()
    with postgres(environment.cache) as pg:
        yield Databases(Odoo(environment, pg))


@pytest.fixture(scope="session")
def installed(databases) -> Iterator[str]:
    """A database with the addon and its users, to be copied."""
    name = databases.copy("e2e")
    databases.install(name)
    _shell(databases.odoo, name, _USERS)
    yield name
    databases.drop(name)


_USERS = f"""
groups = {{"{MANAGER}": "group_sva_manager", "{FRONT_DESK}": "group_sva_user"}}
for login, group in groups.items():
    env["res.users"].with_context(no_reset_password=True).create({{
        "name": login,
        "login": login,
        "password": login,
        "lang": "{LANGUAGE}",
        "tz": "America/Sao_Paulo",
        "group_ids": [(6, 0, env.ref(f"saber_plus_sva.{{group}}").ids)],
    }})
env.ref("base.user_admin").lang = "{LANGUAGE}"
env.cr.commit()
"""


def _shell(odoo: Odoo, database: str, script: str) -> str:
    """Run a script in Odoo's own shell; return what it printed, and the log."""
    command = odoo.command(odoo.config(database))
    command[command.index("server")] = "shell"
    shell = subprocess.run(
        [*command, "--no-http"],
        input=script,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        env={**os.environ, **odoo.pg},
        timeout=90,
    )
    assert shell.returncode == 0, shell.stdout[-3000:]
    return shell.stdout


@dataclass
class Provider:
    """A provider's Odoo, and its account on the platform."""

    databases: Databases
    server: Server
    platform: "Platform"

    def login(self, user: str = MANAGER) -> odoorpc.ODOO:
        """A session of a program that works in Odoo from outside."""
        odoo = odoorpc.ODOO("127.0.0.1", port=self.server.port)
        odoo.login(self.server.database, user, user)
        odoo.env.context["lang"] = LANGUAGE
        return odoo

    def api_key(self, user: str = MANAGER) -> str:
        """A bearer key for the JSON-2 API."""
        script = f"""
user = env["res.users"].search([("login", "=", "{user}")])
from datetime import datetime, timedelta
keys = env["res.users.apikeys"].with_user(user).sudo(False)
key = keys._generate("rpc", "e2e", datetime.now() + timedelta(days=1))
env.cr.commit()
print("KEY", key)
"""
        output = _shell(self.databases.odoo, self.server.database, script)
        return re.search(r"KEY (\S+)", output)[1]


class XmlRpc:
    """Odoo's XML-RPC with the standard library alone."""

    def __init__(self, server: Server, user: str):
        self.database, self.password = server.database, user
        url = f"{server.url}/xmlrpc/2"
        common = xmlrpc.client.ServerProxy(f"{url}/common")
        self.uid = common.authenticate(self.database, user, user, {})
        self.models = xmlrpc.client.ServerProxy(f"{url}/object")

    def __call__(self, model, method, *arguments, **options):
        return self.models.execute_kw(
            self.database, self.uid, self.password, model, method, arguments, options
        )


class Platform:
    """Saber+ as its own people see it."""

    def __init__(self, server):
        self.url = server.url
        self.root = server.root

    def users(self) -> dict[str, dict]:
        """The platform's users by CPF."""
        return {user["cpf"]: user for user in self._items("/users")}

    def user(self, cpf: str) -> dict | None:
        """The platform's user with a CPF, if any."""
        return self.users().get(cpf)

    def requests(self, operation: str = "") -> list[dict]:
        """What was asked lately, oldest first; all of it, or one operation."""
        query = f"?operation={operation}" if operation else ""
        return self._items(f"/requests{query}")

    def _items(self, path: str) -> list[dict]:
        answer = requests.get(f"{self.root}/sandbox{path}", timeout=10)
        return answer.json()["items"]

    def wait_for(self, cpf: str, status: str) -> dict:
        """The platform's user, once it has a status."""
        return eventually(
            lambda: (user := self.user(cpf)) and user["status"] == status and user
        )

    def call(self, method: str, path: str, **body) -> None:
        requests.request(
            method, f"{self.root}/sandbox{path}", json=body, timeout=10
        ).raise_for_status()


def eventually(question: Callable, patience: float = 20.0):
    """What a question answers, once the answer is a yes."""
    deadline = time.monotonic() + patience
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
    return answer


@pytest.fixture(scope="module")
def server_options() -> dict:
    """Odoo's options, for a module to have others."""
    return {}


@pytest.fixture(scope="module")
def provider(
    databases, installed, tmp_path_factory, server_options
) -> Iterator[Provider]:
    """A running Odoo with the addon freshly installed, and a running platform."""
    name = f"{installed}_copy"
    databases.drop(name)
    databases.duplicate(installed, name)
    folder = tmp_path_factory.mktemp("sandbox")
    with (
        running(folder / "sandbox.db", TOKEN) as platform,
        databases.odoo.server(name, **server_options) as server,
    ):
        yield Provider(databases, server, Platform(platform))
    databases.drop(name)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_odoo(request, browser, provider) -> Iterator[Callable[[str], Page]]:
    """Opens Odoo's web client as a user; complains about errors in its console."""
    complaints: list[str] = []
    with contextlib.ExitStack() as stack:

        def open_as(user: str) -> Page:
            context = browser.new_context(
                base_url=provider.server.url,
                locale="pt-BR",
                viewport={"width": 1500, "height": 1000},
            )
            stack.callback(context.close)
            context.set_default_timeout(15_000)
            page = context.new_page()
            # the last thing seen, for whoever wonders why a test failed
            picture = STATE / f"{request.node.name}_{user}.png"
            stack.callback(page.screenshot, path=picture)
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on(
                "console",
                lambda line: line.type == "error" and complaints.append(line.text),
            )
            page.goto("/web/login")
            page.fill("input[name=login]", user)
            page.fill("input[name=password]", user)
            page.click("button[type=submit]")
            # the first one waits for the assets, which are made for it
            page.wait_for_selector(".o_main_navbar", timeout=90_000)
            return page

        yield open_as
    assert not complaints


_numbers = itertools.count(100_000_000)


def make_cpf() -> str:
    """A CPF that no other test uses."""
    base = str(next(_numbers))
    return base + cpf_rules._calc_check_digits(base)


@pytest.fixture
def cpf() -> str:
    """A CPF that no other test uses."""
    return make_cpf()
