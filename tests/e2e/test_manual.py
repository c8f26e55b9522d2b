"""The manual's steps 1 to 4 in the browser, in Portuguese, on both sides."""

import re

import pytest
from playwright.sync_api import expect
from stdnum.br import cpf as cpf_rules

from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK, MANAGER, TOKEN, eventually
from ..support.shop import contract_values
from ..support.web import Dialog, Odoo


@pytest.fixture
def customer(provider, cpf):
    """A customer with a contract for internet only, as there were before SVA."""
    env = provider.login("admin").env
    partner = env["res.partner"].create(
        {"name": "Maria da Silva", "vat": cpf, "phone": "(11) 98765-4321"}
    )
    fiber = env["product.product"].create({"name": "Fibra", "type": "service"})
    line = {
        "product_id": fiber,
        "name": "Fibra",
        "date_start": "2026-01-01",
        "recurring_next_date": "2099-01-01",
    }
    env["contract.contract"].create(contract_values("Maria", partner, line))
    return cpf


def test_the_manual(provider, open_odoo, browser, customer):
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page

    # Passo 1: Cadastro da Integração
    manager.menu("Configuração", "Integrações SVA")
    manager.new()
    manager.fill("name", "Saber+ do provedor")
    manager.fill("base_url", provider.platform.url)
    manager.fill("token", TOKEN)
    manager.save()
    manager.press("button_test_connection")
    expect(page.locator(".o_notification")).to_contain_text("Conectado à conta")
    expect(manager.field("connection_state")).to_contain_text("Conectada")
    expect(manager.field("token").locator("input")).to_have_value("")

    # Passo 2: Cadastro do Produto SVA
    manager.menu("Configuração", "Produtos")
    manager.new()
    manager.fill("name", "Saber+ Livros")
    manager.tab("sva")
    manager.choose("sva_integration_id", "Saber+ do provedor")
    manager.press("button_fetch_sva_packages")
    expect(page.locator(".o_notification").last).to_contain_text("Pacotes")
    manager.tab("sva")
    manager.choose("sva_package_id", "Saber+ Livros Digitais")
    manager.save()

    # Passo 3: Produto no Contrato
    clerk = Odoo(open_odoo(FRONT_DESK))
    page = clerk.page
    clerk.menu("Contratos")
    page.get_by_text("Contrato de Maria").first.click()
    clerk.tab("sva")
    expect(page.locator(".o_notebook")).to_contain_text(
        "Adicione primeiro um produto SVA"
    )
    clerk.tab("recurring_invoice_line")
    page.locator(
        ".o_field_widget[name=contract_line_ids] .o_field_x2many_list_row_add a"
    ).first.click()
    dialog = page.locator(".modal")
    dialog.wait_for()
    clerk.look()
    inside = Dialog(page)
    inside.select("service_type", "SVA")
    inside.choose("product_id", "Saber+ Livros")
    dialog.locator(".o_form_button_save").first.click()
    dialog.wait_for(state="detached")
    clerk.save()

    # Passo 4: Ativação do Usuário SVA
    clerk.tab("sva")
    clerk.press("action_new_sva_user")
    dialog.wait_for()
    clerk.look()
    inside = Dialog(page)
    expect(inside.field("cpf_cnpj")).to_have_text(cpf_rules.format(customer))
    expect(inside.field("phone").locator("input")).to_have_value("(11) 98765-4321")
    dialog.locator(".o_form_button_save").click()
    dialog.wait_for(state="detached")

    # both sides, the form by itself
    row = page.locator(".o_field_widget[name=sva_user_ids] .o_data_row")
    expect(row.locator("td[name=state]")).to_have_text("Ativo")
    expect(row.locator("td[name=platform_state]")).to_have_text("Ativo")
    expect(row.locator("td[name=sync_state]")).to_have_text("Sincronizado")
    assert provider.platform.user(customer)["status"] == "active"
    clerk.look()
    sandbox = browser.new_page()
    sandbox.goto(provider.platform.root)
    expect(sandbox.locator("body")).to_contain_text("Maria da Silva")
    expect(sandbox.locator("body")).to_contain_text(re.compile("ativo", re.I))
    sandbox.close()

    # Desativar and Ativar, with the form following
    row.locator("button[name=action_deactivate]").click()
    page.locator(".modal .btn-primary").click()
    expect(row.locator("td[name=platform_state]")).to_have_text("Desativado")
    assert provider.platform.user(customer)["status"] == "disabled"
    row.locator("button[name=action_activate]").click()
    expect(row.locator("td[name=platform_state]")).to_have_text("Ativo")

    # telephone and password can be edited
    row.locator("td[name=name]").click()
    dialog.wait_for()
    inside.fill("phone", "(11) 91234-5678")
    clerk.look()
    dialog.locator(".o_form_button_save").first.click()
    dialog.wait_for(state="detached")
    clerk.page.locator(".o_form_button_save:visible").first.click()
    eventually(lambda: provider.platform.user(customer)["phone"] == "+5511912345678")

    # the rest of the app, for the language
    manager.menu("Usuários")
    manager.page.get_by_text("Maria da Silva").first.click()
    manager.look()
    manager.menu("Pacotes")
    manager.menu("Relatórios", "Chamadas")
    assert_portuguese(manager.seen | clerk.seen)
    assert provider.server.warnings() == []
