"""What a line is sold for, and what it cannot stand beside, in the browser."""

from playwright.sync_api import expect

from ..support.provider import FRONT_DESK
from ..support.shop import PRICE, contract_values
from ..support.web import Dialog, Odoo

HOUSE = "shop"


def _begin(shop, open_odoo, name: str, cpf: str, *lines: dict):
    """The front desk has a new line of a contract before it."""
    contract = shop.env["contract.contract"].create(
        contract_values(name, shop.customer(name, cpf), *lines)
    )
    clerk = Odoo(open_odoo(FRONT_DESK))
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    clerk.add_line("contract_line_ids")
    clerk.page.locator(".modal").wait_for()
    return clerk, Dialog(clerk.page), contract


def _close(clerk: Odoo, save: str = ".modal .o_form_button_save") -> None:
    clerk.page.locator(save).first.click()
    clerk.settle()


def _answer(clerk: Odoo) -> None:
    clerk.page.locator(".modal").last.get_by_role("button", name="Fechar").last.click()


def test_a_price_of_nothing_is_asked_about(shop, open_odoo, cpf):
    clerk, line, contract = _begin(shop, open_odoo, "Zélia", cpf)
    price = line.field("price_unit").locator("input")
    alert = clerk.page.locator(".modal .alert-warning")

    # the product alone: type and price follow it
    line.choose("product_id", "Saber+ Livros")
    expect(price).to_have_value(f"{PRICE:.2f}".replace(".", ","))
    expect(line.field("service_type").locator("input")).to_have_value("SVA")
    expect(alert).to_be_hidden()

    line.fill("price_unit", "0")
    price.press("Tab")
    question = clerk.page.locator(".modal").last
    expect(question).to_contain_text("Sem custo?")
    expect(question).to_contain_text("Saber+ Livros")
    _answer(clerk)
    expect(alert).to_contain_text("O preço está zerado")

    # what a person enters is not forgotten at the next change
    line.fill("price_unit", "12,5")
    price.press("Tab")
    expect(alert).to_be_hidden()
    line.fill("quantity", "2")
    line.field("quantity").locator("input").press("Tab")
    clerk.settle()
    expect(price).to_have_value("12,50")
    _close(clerk)
    clerk.page.locator(".modal").wait_for(state="detached")
    clerk.save()
    [sold] = shop.env["contract.line"].search_read(
        [("contract_id", "=", contract)], ["price_unit", "service_type"]
    )
    assert (sold["price_unit"], sold["service_type"]) == (12.5, "sva")


def test_a_second_package_is_refused(shop, open_odoo, cpf):
    clerk, line, contract = _begin(shop, open_odoo, "Sônia", cpf, shop.line())
    line.select("service_type", "SVA")
    line.choose("product_id", "Saber+ Livros")
    _close(clerk)
    clerk.page.locator(".modal").wait_for(state="detached")
    _close(clerk, ".o_form_button_save")
    expect(clerk.page.locator(".modal").last).to_contain_text(
        "“Saber+ Livros” não pode ser vendido aqui junto com “Saber+ Livros”"
    )
    _answer(clerk)
    clerk.discard()
    lines = shop.env["contract.line"].search_count([("contract_id", "=", contract)])
    assert lines == 1
