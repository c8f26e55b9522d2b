"""The contract's life decides the access: in the browser, and under contention."""

import re
from concurrent.futures import ThreadPoolExecutor

import odoorpc
import pytest
from playwright.sync_api import expect
from stdnum.br import cpf as cpf_rules

from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK, eventually
from ..support.shop import Shop
from ..support.web import Dialog, Odoo

LIVING = {"active", "overdue", "auto_blocked", "manually_blocked"}


@pytest.fixture(scope="module")
def shop(provider):
    return Shop(provider)


def test_overdue_paid_and_cancelled(shop, provider, open_odoo, cpf):
    contract = shop.contract("Maria", cpf)
    invoice = shop.invoice(contract, 20)
    shop.env["contract.terminate.reason"].create(
        {"name": "Mudou-se", "terminate_comment_required": False}
    )
    clerk = Odoo(open_odoo(FRONT_DESK))
    page = clerk.page
    page.goto(f"/odoo/action-contract.action_customer_contract/{contract}")
    clerk.tab("sva")
    row = page.locator(".o_field_widget[name=sva_user_ids] .o_data_row")

    def both_sides(label, status):
        expect(row.locator("td[name=state]")).to_have_text(label)
        expect(row.locator("td[name=platform_state]")).to_have_text(label)
        assert provider.platform.user(cpf)["status"] == status

    both_sides("Ativo", "active")

    shop.daily_action()
    both_sides("Bloqueado", "blocked")
    expect(clerk.field("access_status")).to_have_text("Bloqueio automático")
    clerk.look()

    payment = Odoo(open_odoo(FRONT_DESK))
    payment.page.goto(f"/odoo/action-account.action_move_out_invoice_type/{invoice}")
    payment.press("action_register_payment")
    payment.page.locator(".modal button[name=action_create_payments]").click()
    # the time that Playwright waits for an expectation is 5 s
    both_sides("Ativo", "active")

    clerk.press("action_block")
    page.locator(".modal .btn-primary").click()
    both_sides("Bloqueado", "blocked")
    clerk.press("action_release")
    both_sides("Ativo", "active")

    clerk.press("action_terminate_contract")
    dialog = page.locator(".modal")
    dialog.wait_for()
    # the calendar is open, the date being the first field
    page.locator(".o_date_item_cell.o_today").click()
    Dialog(page).select("terminate_reason_id", "Mudou-se")
    dialog.locator("button[name=terminate_contract]").click()
    expect(dialog).to_have_count(2)  # are you sure?
    dialog.last.locator(".btn-primary").click()
    expect(dialog).to_have_count(0)
    both_sides("Desativado", "disabled")

    row.locator("button[name=action_activate]").click()
    expect(dialog).to_contain_text("não pode ser ativado")
    clerk.look()
    assert_portuguese(clerk.seen | payment.seen)


def test_a_termination_that_is_to_come(shop, open_odoo, cpf):
    contract = shop.contract_without_user("Rita", cpf)
    reason = shop.env["contract.terminate.reason"].create({"name": "Vai se mudar"})
    wizards = shop.env["contract.contract.terminate"]
    page = open_odoo(FRONT_DESK)
    notice = page.locator(".o_form_view .alert-danger")
    for day, tense in (
        (date.today() + timedelta(days=30), "será cancelado em"),
        (date.today() - timedelta(days=1), "foi cancelado pelo motivo"),
    ):
        wizard = wizards.create(
            {
                "contract_id": contract,
                "terminate_reason_id": reason,
                "terminate_date": day.isoformat(),
            }
        )
        wizards.terminate_contract([wizard])
        page.goto(f"/odoo/action-contract.action_customer_contract/{contract}")
        expect(notice).to_have_text(re.compile(f"Este contrato {tense}.*Vai se mudar"))
        expect(notice).to_have_text(re.compile("^(?!.*contrato.*contrato)", re.DOTALL))


def test_two_operators_at_once(shop, provider, cpf):
    contract = shop.contract("José", cpf)
    refused = []

    def press(action):
        env = provider.login("admin").env
        for _turn in range(15):
            try:
                getattr(env["contract.contract"], action)([contract])
            except odoorpc.error.RPCError as error:
                refused.append(str(error))

    with ThreadPoolExecutor() as pool:
        list(pool.map(press, ["action_block", "action_release"]))
    # only what a person can understand: that it was blocked, or released, already
    assert all("contrato" in text or "contract" in text for text in refused)
    assert not [text for text in refused if "serialize" in text or "concurrent" in text]
    access = shop.access(contract)
    assert access in {"active", "manually_blocked"}
    status = "active" if access == "active" else "blocked"
    provider.platform.wait_for(cpf, status)


def test_payments_during_the_dunning_run(shop, provider):
    contracts = {}
    for number in range(12):
        base = f"{300_000_000 + number}"
        cpf = base + cpf_rules._calc_check_digits(base)
        contract = shop.contract(f"Cliente {number}", cpf)
        contracts[contract] = (cpf, shop.invoice(contract, 20))

    def pay():
        env = provider.login("admin").env
        for _cpf, invoice in contracts.values():
            context = {"active_model": "account.move", "active_ids": [invoice]}
            wizards = env["account.payment.register"].with_context(**context)
            wizard = wizards.create({})
            wizards.action_create_payments([wizard])

    def dun():
        for _run in range(4):
            Shop.daily_action(_Another(provider))

    with ThreadPoolExecutor() as pool:
        for work in [pool.submit(pay), pool.submit(dun)]:
            work.result()
    for contract, (cpf, _invoice) in contracts.items():
        assert shop.access(contract) == "active"
        eventually(lambda cpf=cpf: provider.platform.user(cpf)["status"] == "active")


class _Another:
    """A second session, for a second thread."""

    def __init__(self, provider):
        self.env = provider.login("admin").env


def test_the_log_is_clean(provider, shop):
    # a refusal is logged by Odoo as such, and a transaction that was tried again is not
    complaints = [
        line
        for line in provider.server.warnings()
        if not re.search(r"odoo\.http|rpc|odoo\.sql_db: bad query", line)
    ]
    assert complaints == []
