"""The contract's life decides the access: in the browser, and under contention."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import odoorpc
import pytest
from playwright.sync_api import expect
from stdnum.br import cpf as cpf_rules

from .conftest import FRONT_DESK, TOKEN, eventually
from .test_manual import Dialog, Odoo, english

LIVING = {"active", "overdue", "auto_blocked", "manually_blocked"}


class Shop:
    """A provider that sells, invoices and duns, worked on by its administrator."""

    def __init__(self, provider):
        self.provider = provider
        odoo = provider.login("admin")
        self.env = odoo.env
        company = self.env.user.company_id.id
        self.env["res.company"].write(
            [company],
            {
                "contract_overdue_after_days": 1,
                "contract_block_after_days": 15,
                "contract_cancel_after_days": 75,
            },
        )
        self.integration = integration = self.env["sva.integration"].create(
            {"name": "Saber+", "base_url": provider.platform.url, "token": TOKEN}
        )
        self.env["sva.integration"].action_fetch_packages([integration])
        [package] = self.env["sva.package"].search(
            [("code", "=", "SABER-LIVROS"), ("integration_id", "=", integration)]
        )
        product = self.env["product.template"].create(
            {
                "name": "Saber+ Livros",
                "type": "service",
                "sva_integration_id": integration,
                "sva_package_id": package,
            }
        )
        self.product = (
            self.env["product.template"].browse(product).product_variant_id.id
        )

    def contract(self, name: str, cpf: str) -> int:
        """A contract with an SVA user that is active on the platform."""
        contract = self.contract_without_user(name, cpf)
        self.env["sva.user"].create({"contract_id": contract})
        self.provider.platform.wait_for(cpf, "active")
        return contract

    def sync_state(self, user: int) -> str:
        return self.env["sva.user"].read([user], ["sync_state"])[0]["sync_state"]

    def contract_without_user(self, name: str, cpf: str) -> int:
        """A contract that sells SVA, of a customer of its own."""
        customer = self.env["res.partner"].create(
            {"name": name, "vat": cpf, "phone": "(11) 98765-4321"}
        )
        line = {
            "product_id": self.product,
            "name": "Saber+ Livros",
            "date_start": "2026-01-01",
            "recurring_next_date": "2099-01-01",
            "price_unit": 100,
        }
        return self.env["contract.contract"].create(
            {
                "name": f"Contrato de {name}",
                "partner_id": customer,
                "line_recurrence": True,
                "contract_line_ids": [(0, 0, line)],
            }
        )

    def invoice(self, contract: int, days_overdue: int) -> int:
        """A posted invoice of a contract, due some days ago."""
        record = self.env["contract.contract"].browse(contract)
        due = (date.today() - timedelta(days=days_overdue)).isoformat()
        line = {
            "product_id": self.product,
            "contract_line_id": record.contract_line_ids.ids[0],
            "price_unit": 100,
            "tax_ids": [],
        }
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": record.partner_id.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "invoice_line_ids": [(0, 0, line)],
            }
        )
        self.env["account.move"].action_post([invoice])
        return invoice

    def daily_action(self) -> None:
        self.env.ref("saber_plus_sva.cron_contract_lifecycle").method_direct_trigger()

    def access(self, contract: int) -> str:
        names = ["access_status"]
        [values] = self.env["contract.contract"].read([contract], names)
        return values["access_status"]


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
    assert english(clerk.seen | payment.seen) == set()


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
