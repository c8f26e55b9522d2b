"""A customer suspends the own contract on a telephone, and cancels it."""

from datetime import timedelta

from playwright.sync_api import expect

from dev.day import today

from ..support.language import assert_portuguese
from ..support.web import PHONE, Odoo, said
from .test_customer_portal import as_customer, go

HOUSE = "customers"

DAYS = 40


def as_wide_as_the_telephone(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_suspension_and_the_end(shop, provider, open_odoo, cpf):
    contract = shop.contract("Quitéria Ramos", cpf)
    login = as_customer(shop, contract)
    customer = Odoo(open_odoo(login, **PHONE))
    page = customer.page
    path = f"/my/contracts/{contract}"
    go(page, path)
    # the company has not said that customers may
    expect(page.get_by_role("link", name="Suspender por um tempo")).to_have_count(0)
    offers = ("contract_portal_suspension", "contract_portal_cancellation")
    company = shop.env["res.company"].browse(shop.company)
    company.write(dict.fromkeys(offers, True))
    go(page, path)
    page.locator("#leaving").scroll_into_view_if_needed()
    customer.picture("leaving")

    page.get_by_role("link", name="Suspender por um tempo").click()
    last = page.get_by_label("Último dia sem serviço")
    last.fill((today() + timedelta(days=3)).isoformat())
    customer.picture("suspension")
    assert as_wide_as_the_telephone(page)
    page.get_by_role("button", name="Continuar").click()
    expect(page.get_by_role("alert")).to_contain_text("de 30 a 120 dias")
    customer.picture("suspension-too-short")
    last.fill((today() + timedelta(days=DAYS - 1)).isoformat())
    page.get_by_role("button", name="Continuar").click()
    expect(page.locator("#wrap")).to_contain_text(f"{DAYS} dias")
    customer.picture("suspension-confirm")
    assert as_wide_as_the_telephone(page)
    page.get_by_role("button", name="Suspender o contrato").click()
    expect(page.locator("#sva")).to_contain_text("Suspenso")
    provider.platform.wait_for(cpf, "blocked")
    page.locator("#leaving").scroll_into_view_if_needed()
    customer.picture("suspended")

    page.get_by_role("link", name="Alterar a suspensão").click()
    customer.picture("suspension-end")
    page.get_by_role("button", name="Encerrar a suspensão hoje").click()
    provider.platform.wait_for(cpf, "active")

    page.get_by_role("link", name="Cancelar o contrato").click()
    expect(page.locator("#wrap")).to_contain_text(said(today()))
    customer.picture("cancellation")
    assert as_wide_as_the_telephone(page)
    cancel = page.get_by_role("button", name="Cancelar o contrato")
    # a click while the page is being loaded would be made again, after the tick
    expect(page.locator("body.o_lazy_js_waiting")).to_have_count(0)
    cancel.click()  # the browser asks for the tick first
    assert page.url.endswith("/cancellation")
    page.get_by_label("Sim, quero cancelar").check()
    page.get_by_label("Por que você está saindo?").fill("Vou mudar de cidade.")
    cancel.click()
    done = page.locator("#leaving")
    expect(done).to_contain_text("O contrato está cancelado.")
    [record] = shop.env["contract.contract"].read(
        [contract], ["termination_receipt_number", "terminate_comment"]
    )
    expect(done).to_contain_text(record["termination_receipt_number"])
    assert record["terminate_comment"] == "Vou mudar de cidade."
    done.scroll_into_view_if_needed()
    customer.picture("cancelled")
    provider.platform.wait_for(cpf, "disabled")
    receipt = page.request.get(f"{path}/receipt")
    assert receipt.ok
    assert not done.get_by_role("link", name="Cancelar o contrato").count()
    assert_portuguese(customer.seen)
    company.write(dict.fromkeys(offers, False))
