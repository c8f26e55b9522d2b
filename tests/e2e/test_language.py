"""No English word on any screen of somebody who works in Portuguese."""

from collections.abc import Iterator

import odoorpc
import pytest
from lxml import etree

from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK, LANGUAGE, MANAGER
from ..support.screens import Screen, screens
from ..support.search import Search
from ..support.shop import Town
from ..support.web import Odoo

#: what is opened by a button and not by a menu
WIZARDS = (
    "contract.contract.terminate",
    "contract.line",
    "sva.adoption",
    "sva.user.transfer",
)
#: the attributes of a view's elements that people read
READ = ("string", "confirm", "confirm-title", "placeholder", "title", "help")


@pytest.fixture(scope="module")
def town(provider) -> Town:
    return Town(provider)


@pytest.mark.parametrize("login", [FRONT_DESK, MANAGER])
def test_screens(provider, town, open_odoo, login):
    odoo = Odoo(open_odoo(login))
    for screen in screens(provider, login):
        odoo.open(screen.path)
        odoo.picture(f"{login}-{screen.model}")
        if screen.is_list:
            look_at_the_search(odoo, screen)
            look_at_the_views(odoo, screen)
            look_at_a_record(odoo, screen)
    for contract in town.env["contract.contract"].search(
        [("name", "like", "Contrato")]
    ):
        odoo.open(f"/odoo/action-contract.action_customer_contract/{contract}")
        odoo.look("contract")
    assert_portuguese(odoo.seen)


def look_at_the_search(odoo: Odoo, screen: Screen) -> None:
    """The suggestions, the filters, and what the list can show besides."""
    search = Search(odoo)
    search.clear()
    search.type("a")
    odoo.look(f"{screen.menu}, suggestions")
    search.type("")
    search.open_menu()
    odoo.look(f"{screen.menu}, filters")
    odoo.page.keyboard.press("Escape")
    for more in (".o_optional_columns_dropdown button", ".o_cp_action_menus button"):
        button = odoo.page.locator(more)
        if button.count():
            button.first.click()
            odoo.look(f"{screen.menu}, {more}")
            odoo.page.keyboard.press("Escape")


def look_at_the_views(odoo: Odoo, screen: Screen) -> None:
    """The other views of the list; the list again at last."""
    switches = odoo.page.locator(".o_cp_switch_buttons .o_switch_view")
    for number in reversed(range(switches.count())):
        switches.nth(number).click()
        odoo.look(f"{screen.menu}, {number}")


def look_at_a_record(odoo: Odoo, screen: Screen) -> None:
    """The first record there is, and an empty form."""
    new = odoo.page.locator(".o_list_button_add, .o-kanban-button-new")
    if "form" in screen.views and odoo.page.locator(".o_data_row").count():
        odoo.page.locator(".o_data_row .o_data_cell").first.click()
        look_at_the_form(odoo, screen.menu)
        odoo.open(screen.path)
    if new.count():
        new.first.click()
        look_at_the_form(odoo, f"{screen.menu}, Novo")
        odoo.discard()


def look_at_the_form(odoo: Odoo, where: str) -> None:
    odoo.look(where)
    for tab in odoo.page.locator(".o_notebook_headers .nav-link:visible").all():
        tab.click()
        odoo.look(f"{where}, {tab.inner_text()}")


@pytest.mark.parametrize("login", [FRONT_DESK, MANAGER])
def test_views(provider, town, login):
    """What the views could show in a state that nothing is in today."""
    env = provider.login(login).env
    seen: dict[str, str] = {}
    shown = {
        screen.model: (*screen.views, "search") for screen in screens(provider, login)
    }
    for model, kinds in {**dict.fromkeys(WIZARDS, ("form",)), **shown}.items():
        try:
            answer = env[model].get_views([(False, kind) for kind in kinds])
        except odoorpc.error.RPCError:
            continue  # not for these people
        for kind, view in answer["views"].items():
            arch = etree.fromstring(view["arch"])
            for text in texts_of(arch, answer["models"][model]["fields"]):
                seen.setdefault(" ".join(text.split()), f"{model}, {kind}")
    assert_portuguese(seen)


def texts_of(arch, fields: dict) -> Iterator[str]:
    """What a view says, of itself and of the fields that it can show."""
    for element in arch.iter(etree.Element):
        if "True" in (element.get("invisible"), element.get("column_invisible")):
            continue
        yield from filter(None, [element.text, element.tail, *map(element.get, READ)])
        # the rows of another model have views of their own, or are of no interest
        inside = any(above.tag == "field" for above in element.iterancestors())
        if element.tag == "field" and not inside:
            field = fields[element.get("name")]
            yield from filter(None, [field["string"], field.get("help")])
            yield from dict(field.get("selection", ())).values()


def test_portal(provider, town, open_odoo):
    login = "e2e_cliente"
    [customer] = town.env["contract.contract"].read([town.sold], ["partner_id"])
    town.env["res.users"].with_context(no_reset_password=True).create(
        {
            "login": login,
            "password": login,
            "partner_id": customer["partner_id"][0],
            "lang": LANGUAGE,
            "group_ids": [(6, 0, [town.env.ref("base.group_portal").id])],
        }
    )
    town.env["contract.contract"].message_subscribe(
        [town.sold], [customer["partner_id"][0]]
    )
    odoo = Odoo(open_odoo(login))
    odoo.picture("portal")
    for path in ("/my", "/my/account", "/my/contracts", f"/my/contracts/{town.sold}"):
        odoo.page.goto(path)
        odoo.picture(f"portal{path.replace('/', '-')}")
        assert path in odoo.page.url
    assert_portuguese(odoo.seen)
