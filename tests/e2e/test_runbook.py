"""The page on operations, followed by somebody who has never seen the addon.

Something goes wrong; its commands are typed in as they stand, and print what the page
says; then all is well again. They are typed in in the order of the page.
"""

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from dev.database import Databases
from dev.paths import ROOT, STATE

from ..support.pages import Block, Reader, blocks_of
from ..support.people import make_cpf
from ..support.provider import MANAGER, TOKEN, Provider, XmlRpc, eventually
from ..support.shop import Shop

PAGE = ROOT / "docs" / "operations.md"
BLOCKS = blocks_of(PAGE, "bash")
KEY_FILE = "saber_plus_sva.key"
#: what it calls the metrics that Prometheus is told
METRIC = re.compile(r"`(?:saber_plus_sva|…)_(\w+)`")


class Machine(NamedTuple):
    """The server of a provider, and somebody at its shell.

    :param left: the page's commands that nobody has typed in yet
    :param follow: types in the next command of the page, which must be of a section
    :param sql: looks at, and changes, what nobody may change from outside
    """

    provider: Provider
    shop: Shop
    data_dir: Path
    health_token: str
    left: list[Block]
    follow: Callable[[str], str]
    sql: Callable[..., list[tuple]]

    def call(self, model: str, method: str, *arguments, **options):
        """As the administrator; sessions end with a restore."""
        call = XmlRpc(self.provider.server, "admin")
        return call(model, method, *arguments, **options)

    def monitoring(self, **query) -> requests.Response:
        return requests.get(
            f"{self.provider.server.url}/saber_plus_sva/health",
            params=query,
            headers={"Authorization": f"Bearer {self.health_token}"},
            timeout=30,
        )

    def account(self) -> dict:
        """How the account is, as monitoring is told."""
        answer = self.monitoring()
        report = answer.json()
        assert answer.status_code == (200 if report["status"] == "ok" else 503)
        [account] = [
            account
            for account in report["integrations"]
            if account["integration"] == self.shop.integration
        ]
        return account

    def problems(self) -> set[str]:
        """The codes of what is the matter with it."""
        return {*self.account()["problems"]}

    def user(self, cpf: str) -> int:
        [user] = self.call("sva.user", "search", [("cpf_cnpj", "=", cpf)])
        return user

    def is_in_step(self) -> bool:
        waiting = (
            "SELECT id FROM sva_user WHERE sync_state != 'synced' UNION ALL"
            " SELECT id FROM sva_user_removal WHERE sync_state != 'synced'"
        )
        return not self.sql(waiting)

    def activities(self) -> int:
        of_account = [
            ("res_model", "=", "sva.integration"),
            ("res_id", "=", self.shop.integration),
        ]
        return self.call("mail.activity", "search_count", of_account)


@pytest.fixture(scope="module")
def data_dir(databases, tmp_path_factory) -> Path:
    """A data directory of its own, for its key is lost."""
    folder = tmp_path_factory.mktemp("data")
    shutil.copy2(databases.odoo.data_dir / KEY_FILE, folder)
    return folder


@pytest.fixture(scope="module")
def server_options(data_dir) -> dict:
    return {"data_dir": data_dir}


@pytest.fixture(scope="module")
def service(provider) -> Iterator[str]:
    """An address that stops and starts Odoo, for `systemctl`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            getattr(provider.server, self.path.strip("/"))()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as service:
        threading.Thread(target=service.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{service.server_port}"
        service.shutdown()


def programs(folder: Path, databases: Databases, service: str) -> dict[str, str]:
    """What the page calls by name; returns the environment of its shell."""
    for name, command in (
        ("systemctl", f'curl -sf "{service}/$1"'),
        ("odoo-bin", f'"{sys.executable}" "{databases.odoo._launcher}" "$@"'),
    ):
        program = folder / name
        program.write_text(f"#!/bin/sh\nexec {command}\n")
        program.chmod(0o755)
    path = databases.odoo.pg.get("PATH", os.environ["PATH"]).split(os.pathsep)
    # the embedded PostgreSQL's own programs come last, and have to come first
    path = [str(folder), str(Path(sys.executable).parent), *reversed(path)]
    env = {**os.environ, **databases.odoo.pg, "PATH": os.pathsep.join(path)}
    return {**env, "ODOO": str(folder / "odoo-bin")}


@pytest.fixture(scope="module")
def machine(
    provider, databases, shop, sql, service, data_dir, tmp_path_factory
) -> Iterator[Machine]:
    backups = tmp_path_factory.mktemp("backups")
    settings = shop.env["res.config.settings"]
    shown = settings.action_sva_new_health_token([settings.create({})])
    token = shown["params"]["message"]
    server = provider.server
    env = {
        **programs(tmp_path_factory.mktemp("bin"), databases, service),
        "CONFIG": str(STATE / f"{server.database}_{server._odoo_port}.conf"),
        "DATA_DIR": str(data_dir),
        "DATABASE": server.database,
        "BACKUPS": str(backups),
        "ODOO_URL": server.url,
        "INTEGRATION": str(shop.integration),
        "ODOO_KEY": provider.api_key(MANAGER),
        "HEALTH_TOKEN": token,
        "BASE_URL": provider.platform.url,
    }
    left = [*BLOCKS]
    with Reader(backups, env) as reader:

        def follow(section: str) -> str:
            block = left.pop(0)
            assert block.section.startswith(section), (block.name, block.section)
            printed = reader.run(block)
            block.assert_printed(printed)
            return printed

        yield Machine(provider, shop, data_dir, token, left, follow, sql)


@pytest.fixture(scope="module")
def people(machine) -> dict[str, tuple[int, str]]:
    """Contracts and CPFs, by name."""
    found = {}
    for name in ("Ana", "Bia", "Caio", "Davi"):
        cpf = make_cpf()
        found[name] = (machine.shop.contract(name, cpf), cpf)
    return found


def test_when_all_is_well(machine, people):
    eventually(machine.is_in_step)
    machine.follow("Commands")


def test_an_outage(machine, people):
    platform = machine.provider.platform
    contract, cpf = people["Davi"]
    platform.fault("*", "status", status=503, times=None)
    machine.call("contract.contract", "action_block", [contract])
    eventually(machine.activities)
    machine.follow("Outage")
    # beyond the limit, monitoring calls
    machine.sql(
        "UPDATE sva_integration SET paused_since = paused_since - interval '1h'"
    )
    assert "paused_too_long" in machine.problems()
    machine.follow("Outage")
    platform.mend()
    machine.follow("Outage")
    platform.wait_for(cpf, "blocked")
    eventually(lambda: not machine.activities())
    assert machine.problems() == set()
    log = machine.provider.server.log.read_text()
    assert log.count("no calls are made for now (") == 1
    assert log.count("calls are made again") == 1


def test_a_lost_key(machine, people):
    contract, cpf = people["Davi"]
    key = machine.data_dir / KEY_FILE
    machine.follow("Back the key up")
    key.unlink()
    machine.call("contract.contract", "action_release", [contract])
    eventually(machine.activities)
    machine.follow("A key that is lost, and in the backup")
    assert not key.exists()
    machine.follow("A key that is lost, and in the backup")
    machine.provider.platform.wait_for(cpf, "active")
    assert key.stat().st_mode & 0o777 == 0o600
    assert not machine.activities()

    # and for good: a new one, made on purpose, and the token once more
    machine.follow("A key that is lost for good")
    machine.call("contract.contract", "action_block", [contract])
    eventually(machine.activities)
    assert machine.provider.platform.user(cpf)["status"] == "active"
    account = [machine.shop.integration]
    machine.call("sva.integration", "write", account, {"token": TOKEN})
    machine.provider.platform.wait_for(cpf, "blocked")
    eventually(lambda: not machine.activities())


def test_our_database_is_restored(machine, people):
    platform = machine.provider.platform
    contracts = {name: contract for name, (contract, _cpf) in people.items()}
    cpfs = {name: cpf for name, (_contract, cpf) in people.items()}
    eventually(machine.is_in_step)
    # a backup holds what is under way
    waiting = machine.user(cpfs["Davi"])
    pending = "UPDATE sva_user SET sync_state = 'pending' WHERE id = %s"
    machine.sql(pending, waiting)
    machine.follow("Backup and restore")
    # what only the platform will know of
    machine.call("contract.contract", "action_block", [contracts["Ana"]])
    machine.call("sva.user", "unlink", [machine.user(cpfs["Bia"])])
    platform.wait_for(cpfs["Ana"], "blocked")
    eventually(lambda: not platform.user(cpfs["Bia"]))
    # … and what is wrong there
    platform.put_user(platform.user(cpfs["Caio"])["id"], status="disabled")
    eventually(machine.is_in_step)
    platform.put_user(platform.user(cpfs["Davi"])["id"], phone="+5511911111111")

    machine.follow("Our database was restored")
    platform.forget()
    with pytest.raises(Exception, match="outro banco|another database"):
        machine.call("sva.user", "action_sync", [machine.user(cpfs["Davi"])])
    assert platform.requests() == []
    machine.follow("Our database was restored")
    machine.follow("Our database was restored")
    changes = {"updateUser", "setUserStatus", "createUser", "deleteUser"}
    assert not changes & set(platform.operations())
    machine.call("contract.contract", "action_block", [contracts["Ana"]])
    machine.call("sva.user", "unlink", [machine.user(cpfs["Bia"])])
    machine.call("sva.user", "action_sync", [machine.user(cpfs["Ana"])])
    machine.follow("Our database was restored")
    machine.follow("Our database was restored")
    # business goes on; an Odoo that nobody wakes looks for work within a minute
    machine.call("contract.contract", "action_release", [contracts["Davi"]])
    eventually(lambda: platform.user(cpfs["Caio"])["status"] == "active", 90)
    eventually(machine.is_in_step, 60)
    assert platform.user(cpfs["Ana"])["status"] == "blocked"
    assert not platform.user(cpfs["Bia"])
    assert not machine.activities()


def test_the_kill_switch(machine, people):
    platform = machine.provider.platform
    contract, cpf = people["Caio"]
    machine.follow("Kill switch")
    platform.forget()
    machine.call("contract.contract", "action_block", [contract])
    eventually(
        lambda: machine.sql("SELECT 1 FROM sva_api_call WHERE outcome = 'planned'")
    )
    machine.follow("Kill switch")
    assert platform.requests() == []
    machine.follow("Kill switch")
    platform.wait_for(cpf, "blocked")

    # without Odoo
    machine.follow("Kill switch")
    platform.forget()
    assert machine.account()["paused_since"]
    machine.call("contract.contract", "action_release", [contract])
    with pytest.raises(Exception, match="Emergency"):
        machine.call("sva.user", "action_sync", [machine.user(cpf)])
    assert platform.requests() == []
    machine.call("sva.integration", "action_resume", [machine.shop.integration])
    platform.wait_for(cpf, "active")
    eventually(machine.is_in_step)


def test_what_monitoring_is_told(machine):
    """Each name that the page has for it is there, and no other."""
    page = PAGE.read_text()
    told = machine.monitoring(format="prometheus").text
    names = set(re.findall(r"^# TYPE saber_plus_sva_(\w+)", told, re.MULTILINE))
    # which is told of where there is one
    assert {*METRIC.findall(page)} == names | {"problem"}
    assert "saber_plus_sva_healthy" in page and "saber_plus_sva_healthy" in told


def test_every_command_was_typed_in(machine):
    assert not [block.name for block in machine.left]
