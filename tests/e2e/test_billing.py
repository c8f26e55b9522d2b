"""What is billed and what is used, as the front desk sees it."""

import re

from playwright.sync_api import expect

from dev.day import today

from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK
from ..support.web import Dialog, Odoo

HOUSE = "shop"


def test_what_is_billed_without_access_is_put_right(shop, open_odoo, cpf):
    shop.contract_without_user("Beatriz", cpf)
    clerk = Odoo(open_odoo(FRONT_DESK))
    clerk.menu("Cobrança e acesso")
    row = clerk.page.locator(".o_data_row", has_text="Contrato de Beatriz")
    expect(row.locator("td[name=reason]")).to_have_text(
        "Faturado, mas não há usuário SVA"
    )
    clerk.picture("bill-and-access")
    row.get_by_role("button", name="Acertar").click()
    dialog = clerk.page.locator(".modal")
    expect(dialog).to_contain_text("Contrato de Beatriz")
    clerk.look()
    dialog.locator(".o_form_button_save").click()
    expect(dialog).to_have_count(0)
    clerk.menu("Cobrança e acesso")
    expect(row).to_have_count(0)
    assert_portuguese(clerk.seen)


def test_a_termination_asks_what_becomes_of_paid_days(shop, open_odoo, cpf):
    contract = shop.contract("Helena", cpf)
    lines = shop.read("contract.contract", contract, "contract_line_ids")
    first = today().replace(day=1).isoformat()
    shop.env["contract.line"].write(
        lines, {"date_start": first, "recurring_next_date": first}
    )
    # two months ahead, so that today is never the last day that is paid
    for _month in range(2):
        shop.env["contract.contract"].recurring_create_invoice([contract])
    clerk = Odoo(open_odoo(FRONT_DESK))
    page = clerk.page
    page.goto(f"/odoo/action-contract.action_customer_contract/{contract}")
    clerk.press("action_terminate_contract")
    dialog = page.locator(".modal")
    dialog.wait_for()
    expect(dialog.locator("[name=paid_ahead]")).to_have_count(0)
    page.locator(".o_date_item_cell.o_today").click()
    Dialog(page).select("terminate_reason_id", "Mudança de endereço")
    expect(dialog.locator("[name=paid_until]").last).to_contain_text(
        re.compile(r"\d\d/\d\d/\d{4}|\d+ de \w+")
    )
    choices = dialog.locator("[name=paid_ahead] .o_radio_item")
    expect(choices).to_have_count(2)
    expect(choices.first.locator("input")).to_be_checked()
    clerk.picture("paid-days")
    dialog.locator("button[name=terminate_contract]").click()
    dialog.last.locator(".btn-primary").click()
    expect(dialog).to_have_count(0)
    expect(clerk.field("contract_status")).to_have_text("Ativo")
    expect(page.locator(".o_form_view .alert-danger")).to_contain_text(
        "será cancelado em"
    )
    clerk.look()
    assert_portuguese(clerk.seen)
