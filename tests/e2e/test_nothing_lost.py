"""Adopting, transferring, comparing and deleting: in the browser and from outside."""

from playwright.sync_api import expect

from ..support.language import assert_portuguese
from ..support.people import make_cpf
from ..support.provider import MANAGER, eventually
from ..support.web import Dialog, Odoo

PACKAGE = "SABER-LIVROS"


def existing(provider, cpf: str, name: str, **values) -> dict:
    """A user that the platform has had before the addon was there."""
    return provider.platform.add_user(
        cpf=cpf,
        name=name,
        username=name.split()[0].lower(),
        phone="+5511977776666",
        package_code=PACKAGE,
        **values,
    )


def test_an_existing_base_is_adopted(provider, shop, open_odoo):
    ana, bia, caio = make_cpf(), make_cpf(), make_cpf()
    for name, cpf in (("Ana Lima", ana), ("Bia Reis", bia), ("Caio Cruz", caio)):
        existing(provider, cpf, name)
    sold = shop.contract_without_user("Ana Lima", ana)
    for _twice in range(2):
        shop.contract_without_user("Bia Reis", bia)

    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.menu("Configuração", "Integrações SVA")
    page.locator(".o_data_row td[name=name]").first.click()
    page.locator(".o_form_view").wait_for()
    manager.picture("integration")
    manager.press("action_open_adoption")
    manager.press("action_read")
    rows = page.locator(".o_field_widget[name=divergence_ids] .o_data_row")
    expect(rows).to_have_count(3)
    manager.picture("adoption")
    anas, bias, caios = (rows.filter(has_text=name) for name in ("Ana", "Bia", "Caio"))
    expect(anas.locator("button[name=action_adopt]")).to_be_visible()
    expect(anas).to_contain_text("Continua como está.")
    expect(bias).to_contain_text("O cliente tem vários contratos com este SVA")
    expect(caios).to_contain_text("Nenhum cliente tem este CPF")

    # the contract is chosen in the row
    bias.locator("td[name=contract_id]").click()
    bias.locator("td[name=contract_id] input").fill("Bia")
    page.locator(".o-autocomplete--dropdown-item").filter(has_text="Bia").first.click()
    manager.save()
    expect(bias.locator("button[name=action_adopt]")).to_be_visible()

    manager.press("action_adopt")
    page.locator(".modal .btn-primary").click()
    expect(rows).to_have_count(1)
    manager.picture("adopted")
    [user] = shop.env["sva.user"].search_read(
        [("contract_id", "=", sold)], ["name", "platform_user_id"]
    )
    assert user["platform_user_id"] == provider.platform.user(ana)["id"]
    eventually(lambda: shop.sync_state(user["id"]) == "synced")
    assert provider.platform.user(ana)["username"] == "ana"

    # the rest is removed by a person, and by nobody else
    manager.menu("Divergências")
    manager.picture("divergences")
    page.locator(".o_data_row", has_text="Caio").locator(
        "button[name=action_remove]"
    ).click()
    page.locator(".modal .btn-primary").click()
    eventually(lambda: not provider.platform.user(caio))
    manager.menu("Exclusões")
    manager.picture("removals")

    # somebody meddles with the platform, and the button puts it right
    provider.platform.put_user(user["platform_user_id"], status="disabled")
    manager.menu("Configuração", "Integrações SVA")
    page.locator(".o_data_row td[name=name]").first.click()
    manager.press("button_reconcile")
    expect(page.locator(".o_notification").last).to_contain_text("1 estavam diferentes")
    provider.platform.wait_for(ana, "active")
    manager.tab("reconciliations")
    manager.picture("reconciliations")
    assert_portuguese(manager.seen)
    assert provider.server.warnings() == []


def test_a_customer_who_comes_back(provider, shop, open_odoo, cpf):
    former = shop.contract("Davi Melo", cpf)
    shop.env["contract.contract"].action_withdraw([former])
    on_platform = provider.platform.wait_for(cpf, "disabled")
    new = shop.contract_without_user("Davi Melo", cpf)

    manager = Odoo(open_odoo(MANAGER))
    manager.page.goto(f"/odoo/contract.contract/{new}")
    manager.tab("sva")
    manager.press("action_new_sva_user")
    dialog = manager.page.locator(".modal")
    dialog.wait_for()
    manager.picture("transfer")
    inside = Dialog(manager.page)
    expect(inside.field("product_id").locator("input")).to_have_value("Saber+ Livros")
    dialog.locator("button[name=action_transfer]").click()
    dialog.wait_for(state="detached")
    back = provider.platform.wait_for(cpf, "active")
    assert back["id"] == on_platform["id"]
    assert_portuguese(manager.seen)
    manager.picture("transferred")
