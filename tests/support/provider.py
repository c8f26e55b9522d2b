"""A provider's Odoo in a process of its own, and Saber+ beside it."""

import secrets
import time
import xmlrpc.client
from collections.abc import Callable
from dataclasses import dataclass

import odoorpc
from passlib.hash import pbkdf2_sha512

from dev.database import Databases
from dev.odoo import Server
from sandbox.client import Control

TOKEN = "tok-e2e-0123456789"
LANGUAGE = "pt_BR"
# not the demo data's: those work for the demo company
MANAGER = "e2e_gerente"
FRONT_DESK = "e2e_recepcao"
# whoever sells has no rights in accounting, and the other way round
ACCOUNTANT = "e2e_financeiro"
#: the administrator in a browser; programs use the one that Odoo comes with, by a key
ADMINISTRATOR = "e2e_admin"
ADMIN_KEY = "e2e-0123456789abcdef"
#: what the pages are made of that the browser opens; to make all that there are, those
#: of Odoo's own tests too, takes half a minute
PAGES = (
    "web.assets_web",
    "web.assets_web_print",
    "web.assets_frontend",
    "web.assets_frontend_lazy",
    "web.assets_frontend_minimal",
)
#: … and what they ask for once they are open
LATER = ("portal.assets_chatter", "portal.assets_chatter_style", "web.assets_emoji")

USERS = f"""
groups = {{
    "{MANAGER}": "saber_plus_sva.group_sva_manager",
    "{FRONT_DESK}": "saber_plus_sva.group_sva_user",
    "{ACCOUNTANT}": "account.group_account_invoice",
}}
for login, group in groups.items():
    env["res.users"].with_context(no_reset_password=True).create({{
        "name": login,
        "login": login,
        "password": login,
        "lang": "{LANGUAGE}",
        "tz": "America/Sao_Paulo",
        # no chat over the screen of a telephone
        "odoobot_state": "disabled",
        "group_ids": [(6, 0, env.ref(group).ids)],
    }})
admin = env.ref("base.user_admin")
admin.lang = "{LANGUAGE}"
admin.copy({{
    "name": "{ADMINISTRATOR}",
    "login": "{ADMINISTRATOR}",
    "password": "{ADMINISTRATOR}",
    "odoobot_state": "disabled",
}})
# once for all copies of the database, and not by the first page of each
qweb = env["ir.qweb"]
scripts, styles = qweb._get_bundles_to_pregenarate()
for name in {PAGES}:
    if name in scripts:
        qweb._get_asset_bundle(name, css=False, js=True).js()
    if name in styles:
        qweb._get_asset_bundle(name, css=True, js=False).css()
for name in {LATER}:
    qweb._get_asset_nodes(name)
env.cr.commit()
"""


@dataclass
class Provider:
    """A provider's Odoo, and its account on the platform."""

    databases: Databases
    server: Server
    platform: "Platform"

    def login(self, user: str = MANAGER) -> odoorpc.ODOO:
        """A session of a program that works in Odoo from outside."""
        odoo = odoorpc.ODOO("127.0.0.1", port=self.server.port)
        odoo.login(self.server.database, user, secret_of(user))
        odoo.env.context["lang"] = LANGUAGE
        return odoo

    def api_key(self, user: str = MANAGER) -> str:
        """A bearer key for the JSON-2 API."""
        key = secrets.token_hex(20)
        with self.databases.cursor(self.server.database) as cursor:
            give_key(cursor, user, key)
        return key


def give_key(cursor, user: str, key: str) -> None:
    """Let a user in with a key, which Odoo checks in no time.

    For a password it takes a third of a second, in each process, and again whenever its
    caches are emptied.
    """
    cursor.execute(
        "INSERT INTO res_users_apikeys (name, user_id, index, key)"
        " SELECT 'e2e', id, %s, %s FROM res_users WHERE login = %s",
        (key[:8], pbkdf2_sha512.using(rounds=1).hash(key), user),
    )


def secret_of(user: str) -> str:
    """What a program logs in with."""
    return ADMIN_KEY if user == "admin" else user


class XmlRpc:
    """Odoo's XML-RPC with the standard library alone."""

    def __init__(self, server: Server, user: str):
        self.database, self.password = server.database, secret_of(user)
        url = f"{server.url}/xmlrpc/2"
        common = xmlrpc.client.ServerProxy(f"{url}/common")
        self.uid = common.authenticate(self.database, user, self.password, {})
        self.models = xmlrpc.client.ServerProxy(f"{url}/object")

    def __call__(self, model, method, *arguments, **options):
        return self.models.execute_kw(
            self.database, self.uid, self.password, model, method, arguments, options
        )


class Platform(Control):
    """Saber+ as its own people see it."""

    #: the code of the one that a crowd has
    package = "SABER-LIVROS"

    @property
    def account(self) -> dict[str, str]:
        """What an integration needs to know."""
        return {"platform": "saber_plus", "base_url": self.url, "token": TOKEN}

    def slow_down(self, seconds: float) -> None:
        """Take its time, for work to last and to be cut short."""
        self.fault("*", "latency", seconds=seconds, times=None)

    def wait_for(self, cpf: str, status: str) -> dict:
        """The platform's user, once it has a status."""
        return eventually(
            lambda: (user := self.user(cpf)) and user["status"] == status and user
        )


def eventually(question: Callable, patience: float = 40.0):
    """What a question answers, once the answer is a yes."""
    deadline = time.monotonic() + patience
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.1)
    return answer
