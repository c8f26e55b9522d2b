"""What the front desk does all day, by keyboard and mouse."""

import pytest
from playwright.sync_api import expect

from ..support.provider import ACCOUNTANT, FRONT_DESK, MANAGER, eventually
from ..support.web import Dialog, Odoo, Row

HOUSE = "shop"
PRICE = "14,90"


def choose_product(line: Odoo) -> None:
    """In a line that was begun: the type SVA, and then the one product there is."""
    line.select("service_type", "SVA")
    eventually(lambda: line.offered("product_id") == ["Saber+ Livros"])
    line.choose("product_id", "Saber+ Livros", "saber")
    expect(line.field("price_unit").locator("input")).to_have_value(PRICE)


def sell_in_a_dialog(clerk: Odoo) -> None:
    clerk.add_line("contract_line_ids")
    dialog = clerk.page.locator(".modal")
    dialog.wait_for()
    choose_product(Dialog(clerk.page))
    clerk.picture("line")
    dialog.locator(".o_form_button_save").first.click()
    dialog.wait_for(state="detached")


def see_the_price(shop, accountant: Odoo, contract: int) -> None:
    """Have the contract invoiced, and see what the invoice asks for the SVA."""
    contracts = shop.env["contract.contract"]
    contracts.recurring_create_invoice([contract])
    [invoice] = shop.env["account.move"].search(
        [("invoice_line_ids.contract_line_id.contract_id", "=", contract)]
    )
    accountant.open(f"/odoo/account.move/{invoice}")
    line = accountant.page.locator(".o_data_row", has_text="Saber+ Livros")
    expect(line.locator("td[name=price_unit]")).to_have_text(PRICE)
    accountant.picture("invoice")


@pytest.mark.parametrize(
    ("login", "rhythm"),
    [(FRONT_DESK, "of each line"), (MANAGER, "of the contract")],
)
def test_selling_on_a_new_contract(provider, shop, open_odoo, cpf, login, rhythm):
    shop.customer("Lia Matos", cpf)
    clerk = Odoo(open_odoo(login))
    clerk.open("/odoo/action-contract.action_customer_contract")
    clerk.new()
    name = f"Contrato {cpf}"
    clerk.fill("name", name)
    clerk.choose("partner_id", "Lia Matos", cpf)
    if rhythm == "of each line":
        sell_in_a_dialog(clerk)
    else:
        clerk.field("line_recurrence").locator("input").uncheck()
        clerk.add_line("contract_line_fixed_ids")
        choose_product(Row(clerk.page))
    clerk.save()
    clerk.picture("new-contract")
    [contract] = shop.env["contract.contract"].search([("name", "=", name)])
    see_the_price(shop, Odoo(open_odoo(ACCOUNTANT)), contract)
