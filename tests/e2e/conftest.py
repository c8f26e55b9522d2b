"""A provider's Odoo in a process of its own, with Saber+ beside it and a browser."""

import contextlib
import functools
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    expect,
    sync_playwright,
)
from xdist.scheduler import LoadFileScheduling

from dev.browser import launch, leave, log_in
from dev.database import Databases, reach
from dev.paths import ROOT, STATE
from dev.testing import ADDONS, E2E_PROCESSES
from sandbox.server import running

from ..support.people import make_cpf
from ..support.provider import ADMIN_KEY, TOKEN, USERS, Platform, Provider, give_key
from ..support.shop import Shop, Town
from ..support.web import complaints_of

# a page is slow where several Odoos have two cores
expect.set_options(timeout=20_000)

#: the houses and the modules that take minutes, in the order to begin with them
LONGEST = ("shop", "customers", "town", "test_crash", "test_external_api", "test_demo")


@functools.cache
def house_of(path: Path) -> str:
    """The house that a module shares with others, else the module's own name."""
    found = re.search(r'^HOUSE = "(\w+)"$', path.read_text(), re.MULTILINE)
    return found[1] if found else path.stem


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that nobody waits for it in the end."""
    order = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(house_of(item.path), len(order)))


class HouseScheduling(LoadFileScheduling):
    """Gives all modules of a house, which is an Odoo of its own, to one process."""

    def _split_scope(self, nodeid: str) -> str:
        return house_of(ROOT / super()._split_scope(nodeid))

    def _assign_work_unit(self, node) -> None:
        if is_helper(node.gateway.id):
            # it begins late, and nothing that takes long is to wait for it
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


def is_helper(worker: str) -> bool:
    """Whether a process of the tests, such as ``gw2``, only helps the first ones."""
    return int(worker.removeprefix("gw")) >= E2E_PROCESSES


def pytest_xdist_make_scheduler(config: pytest.Config, log) -> LoadFileScheduling:
    return HouseScheduling(config, log)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Add the people who work in Odoo, before several processes copy the database."""
    if (
        not hasattr(session.config, "workerinput")
        and not session.config.option.collectonly
    ):
        with reach() as databases:
            databases.odoo.shell(databases.name("e2e"), USERS)
            with databases.cursor(databases.name("e2e")) as cursor:
                give_key(cursor, "admin", ADMIN_KEY)
                # it would be tried first
                cursor.execute(
                    "UPDATE res_users SET password = NULL WHERE login = 'admin'"
                )
                # Odoo's own, of which each copy would have all to do at once
                cursor.execute(
                    "UPDATE ir_cron SET nextcall = now() + INTERVAL '1 day'"
                    "  FROM ir_model_data AS data"
                    " WHERE data.model = 'ir.cron' AND data.res_id = ir_cron.id"
                    "   AND data.module NOT IN %s",
                    [ADDONS],
                )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Have those that only help wait until the tests in Odoo have ended."""
    worker = getattr(session.config, "workerinput", {}).get("workerid", "gw0")
    free = os.environ.get("WAITS_FOR_CORES")
    while is_helper(worker) and free and not os.path.exists(free):
        time.sleep(1)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    with reach() as databases:
        yield databases


@pytest.fixture(scope="session")
def copy(databases, worker_id) -> Callable[[str], contextlib.AbstractContextManager]:
    """Copies the database that ``make test`` has made: the addon and its users."""

    @contextlib.contextmanager
    def copied(purpose: str) -> Iterator[str]:
        source = databases.name("e2e")
        # several processes share the tests
        name = f"{source}_{worker_id}_{purpose}"
        databases.drop(name)
        databases.duplicate(source, name)
        yield name
        databases.drop(name)

    return copied


@pytest.fixture(scope="module")
def server_options() -> dict:
    """Odoo's options, for a module to have others."""
    return {}


class House:
    """A provider, and what is made in it once."""

    def __init__(self, provider: Provider):
        self.provider = provider
        self._desks: dict[str, Desk] = {}

    @functools.cached_property
    def shop(self) -> Shop:
        return Shop(self.provider)

    @functools.cached_property
    def town(self) -> Town:
        return Town(self.provider)

    def desk(self, browser: Browser, user: str) -> "Desk":
        """The desk of somebody who works in this Odoo."""
        if user not in self._desks:
            self._desks[user] = Desk(log_in(browser, self.provider.server, user))
        return self._desks[user]

    def leave(self) -> None:
        """Close everybody's browser."""
        for desk in self._desks.values():
            desk.close()


@pytest.fixture(scope="session")
def build(databases, copy, tmp_path_factory) -> Callable:
    """Opens a house: a fresh Odoo with the addon, and a platform."""

    @contextlib.contextmanager
    def built(purpose: str, **options) -> Iterator[House]:
        folder = tmp_path_factory.mktemp("sandbox")
        with (
            copy(purpose) as name,
            running(folder / "sandbox.db", TOKEN) as platform,
            databases.odoo.server(name, **options) as server,
        ):
            yield House(Provider(databases, server, Platform(platform.root)))
            # a polite end takes seconds, and the database is thrown away
            server.kill()

    return built


@pytest.fixture(scope="session")
def houses(build) -> Iterator[dict[str, House]]:
    """The houses that several modules share, by name; a start takes seconds."""
    with contextlib.ExitStack() as stack:

        class Houses(dict):
            def __missing__(self, name: str) -> House:
                self[name] = stack.enter_context(build(name))
                return self[name]

        yield Houses()


@pytest.fixture(scope="module")
def house(request, houses, build, server_options) -> Iterator[House]:
    """The house that the module's ``HOUSE`` names, or one of its own."""
    name = getattr(request.module, "HOUSE", None)
    if name:
        house = houses[name]
        house.provider.platform.mend()
        # what others have done is not this one's
        os.truncate(house.provider.server.log, 0)
        yield house
    else:
        with build("provider", **server_options) as house:
            yield house
            house.leave()


@pytest.fixture(scope="module")
def provider(house) -> Provider:
    """A running Odoo with the addon, and a running platform."""
    return house.provider


@pytest.fixture
def platform(tmp_path) -> Iterator[Platform]:
    """A platform alone, for a test that makes the provider's side itself."""
    with running(tmp_path / "sandbox.db", TOKEN) as server:
        yield Platform(server.root)


@pytest.fixture(scope="module")
def sql(provider) -> Callable[..., list[tuple]]:
    """Looks at, and changes, what nobody may change from outside."""

    def execute(query: str, *parameters) -> list[tuple]:
        with provider.databases.cursor(provider.server.database) as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    return execute


@pytest.fixture(scope="module")
def shop(house) -> Shop:
    return house.shop


@pytest.fixture(scope="module")
def town(house) -> Town:
    return house.town


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


class Desk:
    """Somebody's browser: logged in, with what it keeps, and with pages at hand.

    A new page costs Chromium more than twice as much as one that has shown Odoo before.
    """

    def __init__(self, context: BrowserContext):
        self._context = context
        self._idle = [(page, complaints_of(page)) for page in context.pages]

    @contextlib.contextmanager
    def page(self) -> Iterator[tuple[Page, list[str]]]:
        """A page that shows nothing yet, and the errors in its console."""
        if not self._idle:
            page = self._context.new_page()
            self._idle.append((page, complaints_of(page)))
        page, heard = self._idle.pop()
        heard.clear()
        complaints: list[str] = []
        yield page, complaints
        # not of what leaving it cuts short
        complaints += heard
        if not page.is_closed():
            leave(page)
            self._idle.append((page, heard))

    def close(self) -> None:
        self._context.close()


@pytest.fixture
def open_odoo(request, browser, house) -> Iterator[Callable[..., Page]]:
    """Opens a page in the browser of a user; complains about errors in its console."""
    complaints: list[list[str]] = []
    with contextlib.ExitStack() as stack:

        def open_as(user: str, width: int = 1500, height: int = 1000) -> Page:
            page, found = stack.enter_context(house.desk(browser, user).page())
            page.set_viewport_size({"width": width, "height": height})
            # the last thing seen, for whoever wonders why a test failed
            picture = STATE / f"{request.node.name}_{user}.png"
            stack.callback(page.screenshot, path=picture)
            complaints.append(found)
            return page

        yield open_as
    assert not any(complaints)


@pytest.fixture
def cpf() -> str:
    """A CPF that no other test uses."""
    return make_cpf()
