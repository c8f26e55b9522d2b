"""What managers look at once a month: the charts, and the supplier's bill."""

from playwright.sync_api import expect

from dev.day import today

from ..support.language import assert_portuguese
from ..support.provider import MANAGER
from ..support.web import Odoo, said

HOUSE = "town"

REPORTS = ("movements", "users-by-month", "failures", "revenue", "churn", "margin")


def test_each_chart_opens(town, open_odoo):
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    for name in REPORTS:
        manager.open(f"/odoo/sva-{name}")
        expect(page.locator(".o_graph_view, .o_pivot_view").first).to_be_visible()
        manager.picture(name)
        for kind in ("pivot", "list"):
            switch = page.locator(f".o_switch_view.o_{kind}")
            if switch.count():
                switch.click()
                manager.look(name)
    assert not manager.troubles()
    manager.open("/odoo/action-contract.action_customer_contract")
    for kind in ("calendar", "graph", "pivot", "kanban"):
        page.locator(f".o_switch_view.o_{kind}").click()
        page.locator(f".o_{kind}_view").first.wait_for()
        manager.picture(f"contracts-{kind}")
    page.locator(".o_switch_view.o_list").click()
    for name in (
        "SVA vendido sem usuário",
        "Próxima etapa da régua de cobrança em até 7 dias",
        "Bloqueado, mas sem atraso",
        "Suspensão termina em até 7 dias",
    ):
        manager.open("/odoo/action-contract.action_customer_contract")
        page.locator(".o_searchview_dropdown_toggler").click()
        page.locator(".o_filter_menu .o_menu_item", has_text=name).click()
        manager.look(name)
    assert not manager.troubles()
    assert_portuguese(manager.seen)


def test_a_bill_is_compared(town, open_odoo):
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.open("/odoo/sva-bills")
    manager.new()
    manager.field("month").locator("input, button").first.click()
    manager.fill("month", said(today()))
    page.keyboard.press("Tab")
    page.locator(".o_form_button_save").click()
    active = page.locator("button[name=action_view_lines] .o_stat_value")
    expect(active).not_to_have_text("0")
    rows = f"CPF;Dias;Valor\n{town.resident.cpf};1;9,90\n52998224725;30;9,90\n"
    page.locator("input[type=file]").first.set_input_files(
        {"name": "fatura.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    )
    page.locator(".o_form_button_save").click()
    manager.picture("bill")
    page.get_by_role("button", name="Comparar", exact=True).click()
    differing = page.locator("button[name=action_view_differences]")
    expect(differing).to_be_visible()
    manager.picture("bill-compared")
    differing.click()
    stranger = page.locator(".o_data_row", has_text="529.982.247-25")
    expect(stranger).to_contain_text("Faturado, mas não ativo")
    manager.picture("bill-differences")
    assert not page.locator(".o_data_row", has_text=town.resident.dotted).count()
    assert not manager.troubles()
    assert_portuguese(manager.seen)
