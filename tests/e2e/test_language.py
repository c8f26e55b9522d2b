"""No English word on any screen of somebody who works in Portuguese."""

from collections.abc import Iterator
from datetime import date, timedelta

import odoorpc
from lxml import etree

from dev.day import today

from ..support.cases import FULL, chosen, for_each
from ..support.language import assert_portuguese
from ..support.provider import ACCOUNTANT, FRONT_DESK, LANGUAGE, MANAGER
from ..support.screens import Screen, screens
from ..support.search import Search
from ..support.shop import Town
from ..support.web import Odoo

HOUSE = "town"
#: the screens that will do, but for ``FULL=1``: test_views reads what all could show,
#: and test_every_screen all that is listed
FEW = ("sva.user", "sva.package", "sva.divergence", "sva.api.call")
#: what is opened by a button and not by a menu
WIZARDS = (
    "contract.contract.terminate",
    "contract.line",
    "contract.step",
    "sva.adoption",
    "sva.user.transfer",
)
#: the buttons of a contract that ask before they act
STEPS = ("Bloquear", "Cancelar contrato", "Negativar", "Registrar desistência")
#: the attributes of a view's elements that people read
READ = ("string", "confirm", "confirm-title", "placeholder", "title", "help")


@for_each(MANAGER, FRONT_DESK)
def test_screens(provider, town, open_odoo, login):
    odoo = Odoo(open_odoo(login))
    for screen in screens(provider, login):
        if not FULL and screen.model not in FEW:
            continue
        odoo.open(screen.path)
        odoo.picture(f"{login}-{screen.model}")
        if screen.is_list:
            look_at_the_search(odoo, screen)
            look_at_the_views(odoo, screen)
            look_at_a_record(odoo, screen)
    assert_portuguese(odoo.seen)


@for_each(FRONT_DESK, MANAGER)
def test_contracts(provider, town, open_odoo, login):
    """Contracts in every state, and what is next to them."""
    odoo = Odoo(open_odoo(login))
    contracts = town.env["contract.contract"]
    leaving = contracts.search([("name", "like", "Rita")])
    terminate(town, leaving, today() + timedelta(days=30))
    kinds = ["access_status"]
    if FULL:
        kinds += ["contract_status", "is_terminated", "sva_sync_errors"]
    found = contracts.search_read([("name", "like", "Contrato")], kinds)
    for one in chosen(found, lambda one: tuple(one[kind] for kind in kinds)):
        odoo.open(f"/odoo/action-contract.action_customer_contract/{one['id']}")
        look_at_the_form(odoo, f"contract {one['id']}")
    [sold] = contracts.read([town.sold], ["partner_id", "sva_user_ids"])
    odoo.open(f"/odoo/res.partner/{sold['partner_id'][0]}")
    look_at_the_form(odoo, "customer")
    odoo.open(f"/odoo/sva.user/{sold['sva_user_ids'][0]}")
    look_at_the_form(odoo, "SVA user")
    odoo.press("action_open_transfer")
    odoo.picture(f"{login}-transfer")
    [line] = town.env["account.move.line"].search_read(
        [("contract_line_id.contract_id.name", "like", "Olga")], ["move_id"]
    )
    accountant = Odoo(open_odoo(ACCOUNTANT))
    accountant.open(f"/odoo/account.move/{line['move_id'][0]}")
    look_at_the_form(accountant, "invoice")
    accountant.picture(f"{login}-invoice")
    assert_portuguese(odoo.seen | accountant.seen)


def terminate(town: Town, contracts: list[int], day: date) -> None:
    wizards = town.env["contract.contract.terminate"]
    for contract in contracts:
        wizard = wizards.create(
            {
                "contract_id": contract,
                "terminate_reason_id": town.env.ref(
                    "contract_access.terminate_reason_moved"
                ).id,
                "terminate_date": day.isoformat(),
            }
        )
        wizards.terminate_contract([wizard])


@for_each(MANAGER, FRONT_DESK)
def test_steps(provider, town, open_odoo, login):
    """What a contract's buttons ask."""
    odoo = Odoo(open_odoo(login))
    path = f"/odoo/action-contract.action_customer_contract/{town.sold}"
    for name in STEPS:
        odoo.open(path)
        header = odoo.page.locator(".o_form_statusbar")
        header.get_by_role("button", name=name, exact=True).click()
        odoo.page.locator(".modal .o_form_view").wait_for()
        odoo.picture(f"{login}-{name}")
    assert_portuguese(odoo.seen)


def test_managers_forms(provider, town, open_odoo):
    """What the manager's buttons open."""
    odoo = Odoo(open_odoo(MANAGER))
    [dunning] = [
        screen
        for screen in screens(provider, MANAGER)
        if screen.model == "contract.dunning.settings"
    ]
    odoo.open(dunning.path)
    odoo.press("action_preview")
    odoo.picture("dunning preview")
    odoo.open(f"/odoo/sva.integration/{town.integration}")
    look_at_the_form(odoo, "integration")
    odoo.press("action_open_adoption")
    odoo.picture("adoption")
    odoo.press("action_read")
    odoo.page.locator("button[name=action_read]:visible").first.wait_for()
    odoo.picture("adoption, read")
    [template] = town.env["product.product"].read([town.product], ["product_tmpl_id"])
    odoo.open(f"/odoo/product.template/{template['product_tmpl_id'][0]}")
    look_at_the_form(odoo, "product")
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


@for_each(MANAGER, FRONT_DESK)
def test_views(provider, town, login):
    """What the views could show in a state that nothing is in today."""
    env = provider.login(login).env
    seen: dict[str, str] = {}
    shown = {
        screen.model: (*screen.views, *(["search"] if screen.is_list else []))
        for screen in screens(provider, login)
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
    for element in arch.iterdescendants(etree.Element):  # its own title is nowhere
        if "True" in (element.get("invisible"), element.get("column_invisible")):
            continue
        yield from filter(None, [element.text, element.tail, *map(element.get, READ)])
        # the rows of another model have views of their own, or are of no interest
        inside = any(above.tag == "field" for above in element.iterancestors())
        name = element.get("name", "")
        # the client has words of its own for activities
        if element.tag == "field" and not inside and not name.startswith("activity_"):
            field = fields[name]
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
    lines = town.env["contract.line"]
    lines.write(
        lines.search([("contract_id", "=", town.sold)]),
        {"name": "Saber+ Livros (#START# a #END#)"},
    )
    odoo = Odoo(open_odoo(login))
    for path in ("/my", "/my/contracts", f"/my/contracts/{town.sold}"):
        odoo.page.goto(path)
        odoo.picture(f"portal{path.replace('/', '-')}")
        assert path in odoo.page.url
    page = odoo.page.locator("#wrap").inner_text()
    assert "(11) 91234-0001" in page
    assert "#START#" not in page
    assert_portuguese(odoo.seen)
