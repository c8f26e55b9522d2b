"""The first screen of the app, and a customer's registration that changes."""

import re

from playwright.sync_api import expect

from ..support.cases import FULL
from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK, MANAGER
from ..support.web import Odoo

HOUSE = "town"


def number(page, name: str) -> int:
    """What stands on a button of the overview."""
    text = page.locator(f".o_kanban_record a[name={name}]").first.inner_text()
    return int(re.search(r"[0-9]+", text)[0])


def listed(page) -> int:
    """How many records a list or a search has found."""
    if page.locator(".o_view_nocontent").count():
        return 0
    return page.locator(".o_data_row").count()


def test_each_number_opens_its_list(town, open_odoo):
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.menu("Visão geral")
    manager.picture("overview")
    names = [
        f"action_view_{name}"
        for name in (
            "users",
            "active_users",
            "blocked_users",
            "disabled_users",
            "pending_users",
            "failed_users",
            "changed_registrations",
            "failed_removals",
            "divergences",
        )
    ]
    numbers = {name: number(page, name) for name in names}
    assert numbers["action_view_users"] > 5
    assert numbers["action_view_failed_users"] == 1
    assert numbers["action_view_failed_removals"] == 1
    assert numbers["action_view_divergences"] == 1
    # the addon's own tests compare all of them
    for name, count in [*numbers.items()][:: 1 if FULL else 4]:
        page.locator(f".o_kanban_record a[name={name}]").first.click()
        page.locator(".o_list_view").wait_for()
        if count:  # an empty list shows examples, which are Odoo's
            manager.look(name)
        manager.settle()  # drawn with what it has found
        assert listed(page) == count, name
        manager.open("/odoo/sva-overview")
    page.locator(".o_kanban_record a[name=action_view_reconciliations]").click()
    page.locator(".o_list_view").wait_for()
    manager.look()
    assert not manager.troubles()
    assert_portuguese(manager.seen)


def test_a_registration_that_changes(town, provider, open_odoo, cpf):
    contract = town.contract("Berenice", cpf)
    clerk = Odoo(open_odoo(FRONT_DESK))
    page = clerk.page
    customer, _name = town.read("contract.contract", contract, "partner_id")
    town.env["res.partner"].write([customer], {"phone": "(21) 99876-5432"})
    [user] = town.env["sva.user"].search([("contract_id", "=", contract)])
    clerk.open(f"/odoo/sva-users/{user}")
    expect(clerk.field("registration_changes")).to_have_text("(21) 99876-5432")
    clerk.picture("registration-user")
    clerk.menu("Usuários")
    page.locator(".o_searchview_dropdown_toggler").click()
    page.locator(".o_filter_menu .o_menu_item", has_text="Cadastro alterado").click()
    expect(page.locator(".o_data_row")).to_have_count(1)
    clerk.picture("registration-list")
    clerk.open(f"/odoo/res.partner/{customer}")
    clerk.picture("registration-customer")
    page.get_by_role("button", name="Atualizar o usuário SVA").click()
    expect(page.locator("button[name=action_take_sva_registration]")).to_have_count(0)
    provider.platform.wait_for(cpf, "active")
    assert town.read("sva.user", user, "phone") == "+5521998765432"
    assert not clerk.troubles()
    assert_portuguese(clerk.seen)
