"""A suspension at the customer's request, and the ways out: in the browser."""

from datetime import date, timedelta

from playwright.sync_api import expect

from dev.day import today

from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK
from ..support.web import Dialog, Odoo, button, said

HOUSE = "customers"

DAYS = 40


def open_contract(clerk: Odoo, contract: int) -> None:
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")


def fill_date(where: Odoo, name: str, day: date) -> None:
    where.page.keyboard.press("Tab")  # out of the first date, whose calendar is open
    where.field(name).locator("input, button").click()
    where.fill(name, said(day))
    where.page.keyboard.press("Tab")


def test_a_suspension(shop, provider, open_odoo, cpf):
    contract = shop.contract("Teresa", cpf)
    clerk = Odoo(open_odoo(FRONT_DESK))
    page, dialog = clerk.page, Dialog(clerk.page)
    open_contract(clerk, contract)
    header = page.locator(".o_statusbar_buttons")
    clerk.picture("contract")
    button(header, "Suspender").click()
    modal = page.locator(".modal")
    expect(dialog.field("days")).to_have_text("30")
    clerk.picture("request")
    first_day = today()
    fill_date(dialog, "date_end", first_day + timedelta(days=200))
    expect(dialog.field("problem")).to_contain_text("de 30 a 120 dias")
    expect(button(modal, "Suspender")).to_have_count(0)
    clerk.picture("request-too-long")
    last = first_day + timedelta(days=DAYS - 1)
    fill_date(dialog, "date_end", last)
    expect(dialog.field("days")).to_have_text(str(DAYS))
    button(modal, "Suspender").click()
    expect(modal).to_have_count(0)
    why = clerk.field("access_explanation")
    expect(why).to_have_text(f"Suspenso a pedido, de {said(first_day)} a {said(last)}.")
    provider.platform.wait_for(cpf, "blocked")
    clerk.picture("suspended")
    clerk.tab("sva")
    clerk.picture("suspended-sva")
    user = shop.env["sva.user"].search([("contract_id", "=", contract)])[0]
    clerk.open(f"/odoo/sva-users/{user}")
    expect(clerk.field("state_explanation")).to_contain_text("Suspenso a pedido")
    clerk.look()

    clerk.menu("Contratos")
    page.locator(".o_searchview_dropdown_toggler").click()
    page.locator(".o_filter_menu .o_menu_item", has_text="Suspenso").click()
    row = page.locator(".o_data_row", has_text="Contrato de Teresa")
    expect(row).to_have_count(1)
    clerk.picture("list")

    open_contract(clerk, contract)
    page.locator("button.oe_stat_button", has_text="Suspensões").click()
    expect(page.locator("td[name=state]")).to_have_text("Em andamento")
    clerk.picture("suspensions")

    open_contract(clerk, contract)
    button(header, "Encerrar a suspensão").click()
    clerk.picture("end")
    modal.locator(".btn-primary").click()
    expect(why).to_have_count(0)
    provider.platform.wait_for(cpf, "active")
    clerk.picture("ended")
    assert not clerk.troubles()
    assert_portuguese(clerk.seen)


def test_a_withdrawal_within_the_seven_days(shop, provider, open_odoo, cpf):
    contract = shop.contract("Ulisses", cpf)
    lines = shop.read("contract.contract", contract, "contract_line_ids")
    first_day = today()
    shop.env["contract.line"].write(lines, {"date_start": first_day.isoformat()})
    shop.invoice(contract, 0)
    clerk = Odoo(open_odoo(FRONT_DESK))
    page, dialog = clerk.page, Dialog(clerk.page)
    open_contract(clerk, contract)
    header = page.locator(".o_statusbar_buttons")
    button(header, "Registrar desistência").click()
    expect(dialog.field("withdrawal_notice")).to_contain_text(
        f"pode desistir até {said(first_day + timedelta(days=7))}"
    )
    expect(dialog.field("credit_invoices").locator("input")).to_be_checked()
    dialog.fill("reason", "Mudou de ideia")
    clerk.picture("withdraw")
    button(page.locator(".modal"), "Registrar desistência").click()
    expect(clerk.field("contract_status")).to_have_text("Desistiu")
    number = clerk.field("termination_receipt_number")
    expect(number).to_be_visible()
    clerk.picture("withdrawn")
    [record] = shop.env["contract.contract"].read(
        [contract], ["termination_receipt_number"]
    )
    expect(number).to_have_text(record["termination_receipt_number"])
    credit = shop.env["account.move"].search_read(
        [("partner_id.name", "=", "Ulisses"), ("move_type", "=", "out_refund")],
        ["state", "amount_total"],
    )
    assert [(row["state"], row["amount_total"]) for row in credit] == [("draft", 100)]
    provider.platform.wait_for(cpf, "disabled")
    assert not clerk.troubles()

    assert_portuguese(clerk.seen)

    report = "/report/html/contract_access.termination_receipt"
    text = page.request.get(f"{report}/{contract}").text()
    for words in ("Comprovante de cancelamento", record["termination_receipt_number"]):
        assert words in text
