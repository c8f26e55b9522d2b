"""SVA users at the desk: registrations that lack something, deleting, looking after."""

import itertools
import re

import pytest
from playwright.sync_api import expect

from ..support.cases import chosen
from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK, MANAGER, eventually
from ..support.search import Search
from ..support.shop import Person
from ..support.web import PHONE, Dialog, Odoo

HOUSE = "shop"


def test_a_registration_is_completed_where_it_lacks_something(
    provider, shop, open_odoo
):
    person = Person("Juliana Lima", "11912345678")
    contract = shop.contract_without_user(person.name, person.cpf, phone="")
    clerk = Odoo(open_odoo(FRONT_DESK))
    page = clerk.page

    def new_user() -> None:
        clerk.open("/odoo/sva-users")
        clerk.new()
        clerk.choose("contract_id", person.name, person.dotted)
        expect(clerk.field("name")).to_have_text(person.name)
        expect(clerk.field("cpf_cnpj")).to_have_text(person.dotted)

    new_user()
    page.locator(".o_form_button_save").click()
    dialog = page.locator(".modal")
    expect(dialog).to_contain_text("celular")
    clerk.picture("incomplete")
    dialog.get_by_role("button", name="Abrir o cadastro").click()
    clerk.field("vat").wait_for()
    clerk.fill("phone", person.phones[0])
    clerk.save()

    new_user()
    entry = clerk.field("phone").locator("input")
    expect(entry).to_have_value("(11) 91234-5678")
    entry.fill("11 98888 7777")
    clerk.save()
    expect(entry).to_have_value("(11) 98888-7777")
    user = provider.platform.wait_for(person.cpf, "active")
    assert user["phone"] == "+5511988887777"
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    expect(page.locator(".o-mail-Chatter")).to_contain_text(
        "Usuário SVA (Saber+ Livros) criado."
    )
    assert_portuguese(clerk.seen)


@pytest.mark.parametrize(
    ("view", "login"),
    chosen(
        itertools.product(("form", "list", "kanban", "phone"), (FRONT_DESK, MANAGER)),
        lambda case: case[0],
    ),
)
def test_deleting_can_be_thought_better_of(provider, shop, open_odoo, cpf, login, view):
    shop.contract("Elza Prado", cpf)
    clerk = Odoo(open_odoo(login, **(PHONE if view == "phone" else {})))
    page = clerk.page
    clerk.open("/odoo/sva-users")
    search = Search(clerk)
    if view == "kanban":
        page.locator(".o_switch_view.o_kanban").click()
    search.show()
    search.enter(cpf)
    expect(search.rows()).to_have_count(1)
    if view == "form":
        search.rows().locator("td[name=name]").click()
        page.locator(".o_form_view").wait_for()
    elif view == "phone":
        search.rows().click()
        page.locator(".o_form_view").wait_for()
    elif view == "list":
        search.rows().locator(".o_list_record_selector input").check()
    else:
        search.rows().click(modifiers=["Alt"])
    for answer in ("Manter", "Excluir aqui e na plataforma"):
        assert provider.platform.user(cpf)
        clerk.delete()
        dialog = page.locator(".modal")
        expect(dialog).to_contain_text("tudo o que pertence a ela")
        clerk.picture(f"deleting-{view}")
        dialog.get_by_role("button", name=answer).click()
        expect(dialog).to_have_count(0)
    eventually(lambda: not provider.platform.user(cpf))
    assert_portuguese(clerk.seen)


def test_what_is_typed_in_a_row_outlives_a_change_on_the_platform(
    provider, shop, open_odoo, cpf
):
    contract = shop.contract("Rita Prado", cpf)
    [user] = shop.env["sva.user"].search([("cpf_cnpj", "=", cpf)])
    clerk = Odoo(open_odoo(FRONT_DESK))
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    clerk.tab("sva")
    row = clerk.page.locator(".o_field_widget[name=sva_user_ids] .o_data_row")
    row.locator("td[name=name]").click()
    inside = Dialog(clerk.page)
    inside.field("phone").locator("input").wait_for()
    # somebody else works on the same user, and the form is told
    shop.env["sva.user"].action_deactivate([user])
    provider.platform.wait_for(cpf, "disabled")
    clerk.page.wait_for_timeout(1_500)  # the news, and whatever the form makes of it
    inside.fill("phone", "(11) 91234-5678")
    clerk.page.locator(".modal .o_form_button_save").first.click()
    clerk.page.locator(".modal").wait_for(state="detached")
    clerk.save()
    eventually(lambda: provider.platform.user(cpf)["phone"] == "+5511912345678")
    expect(row.locator("td[name=platform_state]")).to_have_text("Desativado")


#: has the page believe that another tab is looked at
LOOK_ELSEWHERE = """() => {
    Object.defineProperty(document, "visibilityState", {
        value: "hidden",
        configurable: true,
    });
    document.dispatchEvent(new Event("visibilitychange"));
    delete document.visibilityState;
}"""


def test_what_is_half_typed_is_not_saved_by_a_look_at_another_tab(
    provider, shop, open_odoo, cpf
):
    clerk = Odoo(open_odoo(FRONT_DESK))

    def look_elsewhere() -> None:
        clerk.page.evaluate(LOOK_ELSEWHERE)
        clerk.settle()

    shop.contract_without_user("Nara Luz", cpf)
    clerk.open("/odoo/sva-users")
    clerk.new()
    clerk.choose("contract_id", "Nara Luz", cpf)
    expect(clerk.field("product_id").locator("input")).to_have_value("Saber+ Livros")
    look_elsewhere()
    assert not shop.env["sva.user"].search_count([("cpf_cnpj", "=", cpf)])
    clerk.save()
    provider.platform.wait_for(cpf, "active")
    # a form that loads itself anew does so before anything is typed
    expect(clerk.field("platform_state")).to_contain_text("Ativo")
    clerk.settle()
    clerk.fill("password", "segredo")
    look_elsewhere()
    expect(clerk.field("password").locator("input")).to_have_value("segredo")
    clerk.discard()

    clerk.open("/odoo/action-contract.action_customer_contract")
    clerk.new()
    name = f"Contrato {cpf}"
    clerk.fill("name", name)
    clerk.choose("partner_id", "Nara Luz", cpf)
    look_elsewhere()
    assert not shop.env["contract.contract"].search_count([("name", "=", name)])
    clerk.save()
    clerk.fill("name", f"{name} A")
    look_elsewhere()
    assert shop.env["contract.contract"].search_count([("name", "=", f"{name} A")])


#: has what the client reads take a while, and counts it
SLOW_READS = """() => {
    window.slowReads = 0;
    const { open, send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.open = function (method, url, ...parts) {
        this.isRead = url.includes("/web_read");
        return open.call(this, method, url, ...parts);
    };
    XMLHttpRequest.prototype.send = function (...parts) {
        if (!this.isRead) return send.apply(this, parts);
        window.slowReads += 1;
        setTimeout(() => send.apply(this, parts), 2000);
    };
}"""


#: has the client give up a question that is answered already, as choices do
GIVE_UP = """async () => {
    const { rpc } = odoo.loader.modules.get("@web/core/network/rpc");
    const question = rpc("/web/session/get_session_info", {});
    await question;
    question.abort(false);
}"""


@pytest.mark.parametrize("first", ["the news", "the click"])
def test_a_row_is_opened_while_the_form_loads_itself(
    provider, shop, open_odoo, cpf, first
):
    contract = shop.contract("Rita Prado", cpf)
    [user] = shop.env["sva.user"].search([("cpf_cnpj", "=", cpf)])
    provider.platform.wait_for(cpf, "active")
    clerk = Odoo(open_odoo(FRONT_DESK))
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    clerk.tab("sva")
    # what has happened until now is heard of
    clerk.page.wait_for_timeout(2_000)
    clerk.page.evaluate(GIVE_UP)
    clerk.page.evaluate(SLOW_READS)
    row = clerk.page.locator(".o_field_widget[name=sva_user_ids] .o_data_row")

    def change() -> None:
        shop.env["sva.user"].action_deactivate([user])
        provider.platform.wait_for(cpf, "disabled")

    def click() -> None:
        row.locator("td[name=name]").click()

    steps = [change, click] if first == "the news" else [click, change]
    steps[0]()
    clerk.page.wait_for_function("window.slowReads")
    steps[1]()
    inside = Dialog(clerk.page)
    inside.field("phone").locator("input").wait_for()
    inside.fill("phone", "(11) 91234-5678")
    clerk.page.locator(".modal .o_form_button_save").first.click()
    clerk.page.locator(".modal").wait_for(state="detached")
    clerk.save()
    eventually(lambda: provider.platform.user(cpf)["phone"] == "+5511912345678")


def test_a_form_that_is_left_while_it_loads_itself_keeps_no_click(
    provider, shop, open_odoo, cpf
):
    contract = shop.contract("Joel Reis", cpf)
    [user] = shop.env["sva.user"].search([("cpf_cnpj", "=", cpf)])
    provider.platform.wait_for(cpf, "active")
    clerk = Odoo(open_odoo(FRONT_DESK))
    clerk.open(f"/odoo/sva-users/{user}")
    # what has happened until now is heard of
    clerk.page.wait_for_timeout(2_000)
    clerk.page.evaluate(SLOW_READS)
    shop.env["sva.user"].action_deactivate([user])
    clerk.page.wait_for_function("window.slowReads")
    clerk.page.locator(".o_main_navbar").get_by_text("Pacotes", exact=True).click()
    clerk.page.locator(".o_list_view").wait_for()
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    tab = clerk.page.locator(".o_notebook .nav-link[name=sva]")
    tab.click()
    expect(tab).to_have_class(re.compile(r"\bactive\b"))


def test_sync_now_says_that_it_went_well_and_the_calls_are_near(shop, open_odoo, cpf):
    shop.contract("Camila Rodrigues", cpf)
    [user] = shop.env["sva.user"].search([("cpf_cnpj", "=", cpf)])
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.open(f"/odoo/sva-users/{user}")
    manager.press("action_sync_now")
    expect(page.locator(".o_notification")).to_contain_text("Sincronizado")
    expect(manager.field("platform_phone")).to_have_text("(11) 98765-4321")
    page.locator(".oe_stat_button", has_text="Chamadas").click()
    page.locator(".o_list_view").wait_for()
    manager.settle()
    rows = Search(manager).rows()
    calls = shop.env["sva.api.call"].search_count([("sva_user_id", "=", user)])
    expect(rows).to_have_count(calls)
    expect(rows.filter(has_text="Camila Rodrigues")).to_have_count(calls)
    assert_portuguese(manager.seen)


def test_nobody_groups_by_what_the_engine_keeps_for_itself(shop, open_odoo):
    manager = Odoo(open_odoo(MANAGER))
    for path in ("sva-users", "sva-removals", "sva-divergences"):
        manager.open(f"/odoo/{path}")
        Search(manager).open_menu()
        offered = manager.page.locator("select.o_add_custom_group_menu option")
        names = " / ".join(offered.all_inner_texts())
        assert "Integração" in names
        for word in ("Token", "Reservado", "recusado", "Código do erro"):
            assert word not in names
