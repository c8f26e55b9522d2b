"""``make demo``: a provider to try the addon with, and the platforms beside it."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import odoorpc

from .console import StepFailed, main, say, step
from .database import LANGUAGE, Databases, reach
from .day import today
from .demo_books import PERIODS
from .demo_scim import Courses
from .odoo import Server
from .paths import ROOT, STATE, digest
from .sandbox_process import SandboxProcess
from .testing import ADDONS

LOCALIZATION = "l10n_br"
TOKEN = "token-de-demonstracao"
PATIENCE = 30.0
#: made by demo/demo.xml; every password is the login
LOGINS = {
    "admin": "administrator",
    "gerente": "SVA manager",
    "recepcao": "front desk",
    "integracao": "other programs, see docs/external_api.md",
    "cliente": "a customer in the portal",
}
#: the tests have one of their own, beside the one that somebody looks at
NAME = os.environ.get("DEMO", "demo")
#: what the sandbox keeps
PLATFORM = STATE / "demo_sandbox.db"
#: what that page's examples need to know, for a shell to read
API_ENV = STATE / f"{NAME}.env"
API_LOGIN = "integracao"

#: the demo contracts, and what their users are on the platform in the end
STATES = {
    "overdue": "active",
    "auto_blocked": "blocked",
    "manually_blocked": "blocked",
    "pre_contract": None,
    "inactive": "disabled",
    "blacklisted": "disabled",
    "withdrawn": "disabled",
    "suspended": "blocked",
}
#: how long the suspended one rests, at its customer's request
SUSPENSION = timedelta(days=60)


def _main() -> int:
    with running() as provider:
        server, sandbox, courses = provider.server, provider.sandbox, provider.courses
        _print_where_things_are(server, sandbox, courses)
        if "--exit" not in sys.argv[1:]:
            say("Press Ctrl+C to stop.")
            _stay(server, sandbox.process, courses.process)
    return 0


@contextmanager
def running() -> Iterator["Provider"]:
    """A demo provider at work: Odoo and the platforms, which end with it."""
    with ExitStack() as stack:
        databases = stack.enter_context(reach())
        name = _database(databases)
        for leftover in STATE.glob(f"{PLATFORM.name}*"):
            leftover.unlink()
        port = _port("SANDBOX_PORT", 8899)
        sandbox = stack.enter_context(SandboxProcess(PLATFORM, TOKEN, port))
        courses = stack.enter_context(Courses(_port("SCIM_PORT", 8898), TOKEN))
        with step("Starting Odoo"):
            server = stack.enter_context(
                databases.odoo.server(name, _port("ODOO_PORT", 8069))
            )
        provider = Provider(server, sandbox, courses)
        provider.show_the_first_activation()
        provider.fill_in_the_other_states()
        provider.leave_something_to_adopt()
        provider.sell_courses_of_its_own()
        provider.let_a_customer_in()
        write_api_env(databases, server, API_ENV)
        yield provider


PREPARE = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from dev.demo_books import keep
keep(env, {LANGUAGE!r}, {list(LOGINS)})
"""
BOOKS = ROOT / "dev" / "demo_books.py"


#: the key of the user that other programs have
MAKE_API_KEY = f"""
from datetime import datetime, timedelta
user = env["res.users"].search([("login", "=", "{API_LOGIN}")])
keys = env["res.users.apikeys"].with_user(user).sudo(False)
key = keys._generate("rpc", "Demo", datetime.now() + timedelta(days=90))
env.cr.commit()
print("KEY", key)
"""


def write_api_env(databases: Databases, server: Server, path: Path) -> dict[str, str]:
    """Write down, and return, what a program needs to know to call the demo."""
    output = databases.odoo.shell(server.database, MAKE_API_KEY)
    values = {
        "ODOO_URL": server.url,
        "ODOO_DB": server.database,
        "ODOO_LOGIN": API_LOGIN,
        "ODOO_KEY": re.search(r"KEY (\S+)", output)[1],
    }
    path.touch(mode=0o600)
    path.write_text("".join(f"export {k}={v}\n" for k, v in values.items()))
    return values


def _database(databases: Databases) -> str:
    """A fresh database with the demo provider.

    What takes long is kept, and done again when the addon has changed, or the day.
    """
    ready, kept = databases.name("ready"), STATE / "demo_ready"
    state = digest(
        databases.template(LOCALIZATION),
        today().isoformat(),
        PREPARE,
        BOOKS.read_text(),
        *(path.read_bytes() for path in _files_of_the_addons()),
    )
    if not (kept.exists() and kept.read_text() == state and databases.exists(ready)):
        databases.copy("ready", LOCALIZATION)
        databases.install(ready)
        with step("Setting the provider's accounting up, and a month of history"):
            databases.odoo.shell(ready, PREPARE)
        kept.write_text(state)
    name = databases.name(NAME)
    databases.drop(name)
    with step(f"Copying it to the database {name}"):
        databases.duplicate(ready, name)
    return name


def _files_of_the_addons() -> list[Path]:
    """What they are made of, in an order that stays."""
    # a migration's folder has a dot in its name, too
    return sorted(
        path
        for addon in ADDONS
        for path in (ROOT / addon).rglob("*.*")
        if path.is_file() and path.suffix != ".pyc"
    )


class Provider:
    """The demo provider, worked on from outside, as another program would.

    :param server: the running Odoo
    :param sandbox: the platform
    :param courses: the provider's own
    """

    def __init__(self, server: Server, sandbox: SandboxProcess, courses: Courses):
        self.server, self.sandbox, self.courses = server, sandbox, courses
        self.admin, self.env = (
            self._env(server, login) for login in ("admin", "gerente")
        )
        self.env.context["lang"] = LANGUAGE
        self.customers = self._customers()

    def _customers(self) -> dict[str, dict]:
        """What is used of each demo customer, by the name of the record.

        Read by the administrator, and these fields alone: there are some of accounting,
        which whoever sells may not read.
        """
        prefix = "demo_customer_"
        records = self.admin["ir.model.data"].search_read(
            [("module", "=", "saber_plus_sva"), ("name", "=like", f"{prefix}%")],
            ["name", "res_id"],
        )
        names = {row["res_id"]: row["name"].removeprefix(prefix) for row in records}
        people = self.admin["res.partner"].read([*names], ["name", "vat", "phone"])
        return {names[person["id"]]: person for person in people}

    @staticmethod
    def _env(server: Server, login: str):
        odoo = odoorpc.ODOO("127.0.0.1", port=server.port)
        odoo.login(server.database, login, login)
        return odoo.env

    def ref(self, name: str):
        """The demo record of that name."""
        return self.env.ref(f"saber_plus_sva.demo_{name}")

    def show_the_first_activation(self) -> None:
        """Do what the manual's steps 1 to 4 say.

        :raises StepFailed: the user does not stand active on the platform in time
        """
        env = self.env
        integration = self.ref("integration")
        say("1. Registering the integration: base URL and token, test, fetch packages")
        integration.write({"base_url": self.sandbox.url, "token": TOKEN})
        integration.action_test_connection()
        integration.action_fetch_packages()
        say("2. Choosing the package of the product “Saber+ Livros”")
        package = env["sva.package"].search([("code", "=", "SABER-LIVROS")])[0]
        product = self.ref("product_livros")
        product.write({"sva_package_id": package})
        contract = self.ref("contract_active")
        say(f"3. Selling it on the contract “{contract.name}”")
        self._sell(contract, product)
        say("4. Creating the customer's SVA user")
        started = time.monotonic()
        self._activate("active")
        self._wait_for("active", "active", started)
        seconds = time.monotonic() - started
        say(f"   active on the sandbox after {seconds:.1f} s")

    def fill_in_the_other_states(self) -> None:
        """Users on the other contracts, and what becomes of those contracts."""
        say("Creating SVA users on contracts in every other state")
        started = time.monotonic()
        for name in STATES:
            self._activate(name)
        for name in STATES:
            if name != "pre_contract":
                self._wait_for(name, "active", started)
        self._record_notice("overdue", days=3)
        self._record_notice("auto_blocked", days=15)
        self._switch_dunning_on()
        self.ref("contract_manually_blocked").action_block()
        self.ref("contract_blacklisted").action_blacklist()
        self.ref("contract_withdrawn").action_withdraw()
        self._terminate("inactive")
        first_day = today()
        self.ref("contract_suspended").action_suspend(
            first_day.isoformat(), (first_day + SUSPENSION).isoformat()
        )
        for name, status in STATES.items():
            self._wait_for(name, status, started)

    def leave_something_to_adopt(self) -> None:
        """Users that the platform has had before: one whose customer is known here."""
        say("Comparing with the platform, which has had users before")
        company = self.ref("company").id
        known = {"name": "Helena Prado", "vat": "36363636388"}
        people = [known, {"name": "Otávio Brandão", "vat": "74682489070"}]
        for person in people:
            self.sandbox.add_user(
                cpf=person["vat"],
                name=person["name"],
                phone="+5511955554444",
                package_code="SABER-LIVROS",
            )
        customer = self.admin["res.partner"].create(
            {
                **known,
                "phone": "(11) 97777-6666",
                "email": "helena@example.com",
                "l10n_latam_identification_type_id": self.admin.ref("l10n_br.cpf").id,
                "company_id": company,
            }
        )
        product = self.ref("product_kids")
        first_day = today().isoformat()
        line = {
            "product_id": product.id,
            "name": product.name,
            "date_start": first_day,
            "recurring_next_date": first_day,
        }
        self.env["contract.contract"].create(
            {
                "name": f"Contrato de {known['name']}",
                "partner_id": customer,
                "company_id": company,
                "line_recurrence": True,
                "contract_line_ids": [(0, 0, line)],
            }
        )
        self.ref("integration").action_reconcile()

    def let_a_customer_in(self) -> None:
        """The portal, with what the provider tells customers of the package."""
        contract = self.ref("contract_active")
        customer = self.customers["active"]
        self.admin["res.users"].create(
            {
                "name": customer["name"],
                "login": "cliente",
                "password": "cliente",
                "partner_id": customer["id"],
                "lang": LANGUAGE,
                "company_id": contract.company_id.id,
                "company_ids": [(6, 0, [contract.company_id.id])],
                "group_ids": [(6, 0, [self.admin.ref("base.group_portal").id])],
            }
        )
        contract.message_subscribe([customer["id"]])
        packages = self.env["sva.package"]
        packages.write(
            packages.search([("code", "=", "SABER-LIVROS")]),
            {
                "portal_text": "<p>Milhares de livros no celular e no computador. "
                "Instale o aplicativo e entre com o seu CPF.</p>",
                "web_url": "https://saber.example",
                "android_url": "https://saber.example/android",
                "ios_url": "https://saber.example/ios",
            },
        )

    def sell_courses_of_its_own(self) -> None:
        """A second platform, on the contract that has the first one.

        :raises StepFailed: the contract's second user does not come to be in time
        """
        env, courses = self.env, self.courses
        courses.offer()
        integration = env["sva.integration"].browse(
            env["sva.integration"].create(
                {
                    "name": "Cursos próprios (demonstração)",
                    "platform": "scim",
                    "base_url": courses.url,
                    "token": TOKEN,
                    "company_id": self.ref("company").id,
                }
            )
        )
        integration.action_test_connection()
        integration.action_fetch_packages()
        package = env["sva.package"].browse(integration.package_ids.ids[0])
        product = self.admin["product.product"].create(
            {
                "name": package.name,
                "type": "service",
                "list_price": 19.9,
                "company_id": self.ref("company").id,
                "sva_integration_id": integration.id,
                "sva_package_id": package.id,
            }
        )
        contract = self.ref("contract_active")
        self._sell(contract, env["product.product"].browse(product))
        started = time.monotonic()
        env["sva.user"].create({"contract_id": contract.id, "product_id": product})
        customer = self.customers["active"]
        cpf = "".join(filter(str.isdigit, customer["vat"]))
        while not courses.user(cpf):
            if time.monotonic() - started > PATIENCE:
                raise StepFailed(
                    f"{customer['name']} has no course: see {self.server.log}"
                )
            time.sleep(0.05)
        say(f"“{contract.name}” has a user on each platform: {package.name}, too")

    def _sell(self, contract, product) -> None:
        first_day = today().isoformat()
        self.env["contract.line"].create(
            {
                "contract_id": contract.id,
                "service_type": "sva",
                "product_id": product.id,
                "name": product.name,
                "date_start": first_day,
                "recurring_next_date": first_day,
            }
        )

    def _record_notice(self, name: str, days: int) -> None:
        """Somebody told the customer of what is open, some days ago."""
        contract = self.ref(f"contract_{name}")
        wizards = self.env["contract.notice.record"]
        told = today() - timedelta(days=days)
        notice = wizards.create(
            {
                "contract_id": contract.id,
                "channel": "whatsapp",
                "recipient": self.customers[name]["phone"],
                "delivered_on": told.isoformat(),
                "text": "Olá! Há uma fatura em aberto no seu contrato. Se ela "
                "continuar em aberto, o acesso poderá ser suspenso 15 dias após este "
                "aviso.",
            }
        )
        wizards.action_confirm([notice])

    def _switch_dunning_on(self) -> None:
        company = self.admin.ref("saber_plus_sva.demo_company")
        company.write(
            {
                **PERIODS,
                # whoever tries it on a Friday sees a block, too
                "contract_spare_days_off": False,
            }
        )
        cron = self.admin.ref("contract_access.cron_contract_lifecycle")
        cron.method_direct_trigger()

    def _terminate(self, name: str) -> None:
        reason = self.env.ref("contract_access.terminate_reason_moved").id
        wizards = self.env["contract.contract.terminate"]
        wizard = wizards.create(
            {
                "contract_id": self.ref(f"contract_{name}").id,
                "terminate_reason_id": reason,
                "terminate_date": today().isoformat(),
                # at once, though the month is paid
                "paid_ahead": "credit",
            }
        )
        wizards.terminate_contract([wizard])

    def _activate(self, name: str) -> None:
        contract = self.ref(f"contract_{name}")
        self.env["sva.user"].create({"contract_id": contract.id})

    def _wait_for(self, name: str, status: str | None, started: float) -> None:
        customer = self.customers[name]
        cpf = "".join(filter(str.isdigit, customer["vat"]))
        while (self.sandbox.user(cpf) or {}).get("status") != status:
            if time.monotonic() - started > PATIENCE:
                raise StepFailed(
                    f"{customer['name']} is not {status}: see {self.server.log}"
                )
            time.sleep(0.05)


def _print_where_things_are(
    server: Server, sandbox: SandboxProcess, courses: Courses
) -> None:
    print(f"\n  Odoo      {server.url}/odoo/sva-users  (log: {server.log})")
    for login, role in LOGINS.items():
        print(f"            login {login}, password {login}: {role}")
    print(f"  Saber+    {sandbox.root}/  (sandbox)")
    print(f"            base URL {sandbox.url}, token {TOKEN}")
    print(f"  SCIM      base URL {courses.url}, token {TOKEN}")
    print(f"  API       {API_ENV.relative_to(ROOT)}  (key of integracao)\n", flush=True)


def _stay(server: Server, *platforms: subprocess.Popen) -> None:
    while all(each.poll() is None for each in platforms) and server.running():
        time.sleep(1)
    raise StepFailed(f"A server ended by itself; see {server.log}")


def _port(variable: str, default: int) -> int:
    """A port from the environment, else the usual one, else one that is free."""
    port = int(os.environ.get(variable, default))
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            if variable in os.environ:
                raise StepFailed(
                    f"Port {port} is taken", f"Choose another one: {variable}=…"
                ) from None
            probe.bind(("127.0.0.1", 0))
            free = probe.getsockname()[1]
            say(f"Port {port} is taken; using {free}")
            return free


if __name__ == "__main__":
    main(_main)
