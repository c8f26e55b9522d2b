"""SVA for many contracts at once, in the browser."""

from playwright.sync_api import expect

from ..support.language import assert_portuguese
from ..support.people import make_cpf
from ..support.provider import MANAGER, eventually
from ..support.web import Odoo, button

#: more than are worked on at once
COUNT = 110
#: what is wrong with some customers, and what is said of it
BAD = (
    ({"phone": False}, 3, "Dados que faltam: telefone celular"),
    ({"vat": False}, 3, "Dados que faltam: CPF"),
    ({"vat": "11222333000181"}, 2, "CNPJ"),
)
BLOCKED = 2


def sell(shop, name: str) -> list[int]:
    """Contracts that sell SVA, all of them with a tag."""
    tag = shop.env["contract.tag"].create({"name": name})
    customers = [
        {"name": f"Lote {n:03}", "vat": make_cpf(), "phone": "(11) 98765-4321"}
        for n in range(COUNT)
    ]
    place = 0
    for values, count, _words in BAD:
        for customer in customers[place : place + count]:
            customer.update(values)
        place += count
    contracts = shop.sell(customers, tag_ids=[(6, 0, [tag])])
    shop.env["contract.contract"].action_block(contracts[-BLOCKED:])
    return contracts


def count(manager: Odoo, name: str) -> str:
    return manager.page.locator(f"button[name={name}] .o_stat_value")


def test_many_contracts(shop, provider, open_odoo):
    contracts = sell(shop, "Campanha")
    bad = sum(number for _values, number, _words in BAD) + BLOCKED
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.menu("Operações em lote")
    manager.picture("bulk-none")
    manager.new()
    manager.choose("tag_ids", "Campanha")
    manager.picture("bulk-new")
    button(page, "Simular").click()
    expect(button(page, "Executar")).to_be_visible(timeout=60_000)
    expect(count(manager, "action_view_lines")).to_have_text(str(COUNT))
    expect(count(manager, "action_view_ready")).to_have_text(str(COUNT - bad))
    expect(count(manager, "action_view_problems")).to_have_text(str(bad))
    manager.picture("bulk-simulated")
    users = shop.env["sva.user"]
    assert not users.search([("contract_id", "in", contracts)])

    manager.press("action_view_problems")
    rows = page.locator(".o_data_row")
    expect(rows).to_have_count(bad)
    for _values, number, words in BAD:
        expect(rows.filter(has_text=words)).to_have_count(number)
    expect(rows.filter(has_text="Ativo / Bloqueio manual")).to_have_count(BLOCKED)
    manager.picture("bulk-left-out")
    page.go_back()
    manager.settle()

    button(page, "Executar").click()
    manager.picture("bulk-question")
    page.locator(".modal .btn-primary").click()
    done = page.locator(".o_arrow_button_current", has_text="Concluída")
    expect(done).to_be_visible(timeout=90_000)
    expect(count(manager, "action_view_done")).to_have_text(str(COUNT - bad))
    manager.picture("bulk-done")
    found = users.search([("contract_id", "in", contracts)])
    assert len(found) == COUNT - bad
    eventually(
        lambda: not users.search([("id", "in", found), ("sync_state", "!=", "synced")]),
        60,
    )
    manager.press("action_view_done")
    manager.picture("bulk-results")
    page.go_back()
    manager.settle()

    # repeated, it has no effect
    button(page, "Simular novamente").click()
    expect(page.locator(".o_arrow_button_current", has_text="Simulada")).to_be_visible(
        timeout=60_000
    )
    expect(button(page, "Executar")).to_have_count(0)
    assert users.search_count([("contract_id", "in", contracts)]) == COUNT - bad

    # the same contracts chosen by hand
    action = shop.env["contract.contract"].action_sva_bulk(contracts, "activate")
    manager.open(f"/odoo/sva-bulk-operations/{action['res_id']}")
    button(page, "Simular").click()
    expect(count(manager, "action_view_nothing")).to_have_text(
        str(COUNT - bad), timeout=60_000
    )
    manager.picture("bulk-by-hand")
    assert not manager.troubles()
    assert_portuguese(manager.seen)


def test_contracts_are_blocked_from_their_list(shop, open_odoo, cpf):
    contract = shop.contract("Dora", cpf)
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.menu("Contratos")
    row = page.locator(".o_data_row", has_text="Contrato de Dora")
    row.locator("input[type=checkbox]").check()
    page.locator(".o_cp_action_menus button:has(.fa-cog)").first.click()
    manager.picture("bulk-menu")
    page.locator(".o-dropdown--menu .o_menu_item", has_text="Bloquear em lote").click()
    manager.fill("reason", "Fraude")
    button(page, "Simular").click()
    button(page, "Executar").click(timeout=60_000)
    page.locator(".modal .btn-primary").click()
    done = page.locator(".o_arrow_button_current", has_text="Concluída")
    expect(done).to_be_visible(timeout=60_000)
    assert shop.access(contract) == "manually_blocked"
    assert not manager.troubles()
    assert_portuguese(manager.seen)
