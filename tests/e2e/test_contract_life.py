"""The contract's life decides the access: in the browser, and under contention."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from dev.day import today

from ..support.language import assert_portuguese
from ..support.provider import ACCOUNTANT, FRONT_DESK, MANAGER
from ..support.web import Dialog, Odoo, button

HOUSE = "shop"


def test_overdue_paid_and_cancelled(shop, provider, open_odoo, cpf):
    contract = shop.contract("Maria", cpf)
    invoice = shop.invoice(contract, 20)
    shop.record_notice(contract, 15)
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
    why = clerk.field("access_explanation")
    expect(why).to_have_text(
        re.compile(
            "em atraso há 20 dias, com .*100,00 em aberto. Um pagamento o libera"
        )
    )
    header = page.locator(".o_statusbar_buttons")
    expect(button(header, "Liberar")).to_be_visible()
    expect(button(header, "Bloquear")).to_have_count(0)
    expect(header.locator("button").first).to_have_text("Liberar")
    expect(page.locator(".o_arrow_button")).to_have_count(0)
    changed = page.locator(".o-mail-Message-trackingNew", has_text="Bloqueio auto")
    expect(changed).to_be_visible()
    clerk.look()

    payment = Odoo(open_odoo(ACCOUNTANT))
    payment.page.goto(f"/odoo/action-account.action_move_out_invoice_type/{invoice}")
    payment.press("action_register_payment")
    payment.page.locator(".modal button[name=action_create_payments]").click()
    both_sides("Ativo", "active")

    button(header, "Bloquear").click()
    dialog = page.locator(".modal")
    confirm = button(dialog, "Bloquear")
    clerk.look()
    confirm.click()
    expect(dialog.locator(".o_field_invalid[name=reason]")).to_be_visible()
    # Odoo says it, in English
    page.locator(".o_notification_close").click()
    expect(page.locator(".o_notification")).to_have_count(0)
    dialog.locator("[name=reason] input").fill("Suspeita de fraude")
    confirm.click()
    both_sides("Bloqueado", "blocked")
    expect(why).to_contain_text("Bloqueado manualmente: Suspeita de fraude.")
    message = page.locator(".o-mail-Message", has_text="Suspeita de fraude")
    expect(message).to_be_visible()
    clerk.press("action_release")
    both_sides("Ativo", "active")
    expect(clerk.field("no_block_until")).to_have_count(0)

    clerk.press("action_terminate_contract")
    dialog.wait_for()
    # the calendar is open, the date being the first field
    page.locator(".o_date_item_cell.o_today").click()
    automatic = "Cancelamento automático por inadimplência"
    expect(dialog).not_to_contain_text(automatic)
    Dialog(page).select("terminate_reason_id", "Mudança de endereço")
    dialog.locator("button[name=terminate_contract]").click()
    expect(dialog).to_have_count(2)  # are you sure?
    dialog.last.locator(".btn-primary").click()
    expect(dialog).to_have_count(0)
    both_sides("Desativado", "disabled")

    # it could only refuse
    expect(row.locator("button[name=action_activate]")).to_have_count(0)
    clerk.look()
    assert_portuguese(clerk.seen | payment.seen)


def test_a_termination_that_is_to_come(shop, open_odoo, cpf):
    contract = shop.contract_without_user("Rita", cpf)
    reason = shop.env["contract.terminate.reason"].create({"name": "Vai se mudar"})
    wizards = shop.env["contract.contract.terminate"]
    page = open_odoo(FRONT_DESK)
    notice = page.locator(".o_form_view .alert-danger")
    for day, tense in (
        (today() + timedelta(days=30), "será cancelado em"),
        (today() - timedelta(days=1), "foi cancelado em"),
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


def test_only_living_contracts_are_in_progress(shop, open_odoo, cpf):
    contract = shop.contract("Laura", cpf)
    clerk = Odoo(open_odoo(FRONT_DESK))
    clerk.menu("Contratos")
    row = clerk.page.locator(".o_data_row", has_text="Contrato de Laura")
    expect(clerk.page.locator(".o_facet_value")).to_have_text("Em progresso")
    row.locator("td[name=name]").click()
    header = clerk.page.locator(".o_statusbar_buttons")
    button(header, "Registrar desistência").click()
    dialog = clerk.page.locator(".modal")
    dialog.locator("[name=reason] input").fill("Não quer mais")
    button(dialog, "Registrar desistência").click()
    expect(clerk.field("contract_status")).to_have_text("Desistiu")
    expect(clerk.field("access_explanation")).to_have_text(
        "O cliente desistiu: Não quer mais."
    )
    clerk.look()
    user = shop.env["sva.user"].search([("contract_id", "=", contract)])[0]
    clerk.page.goto(f"/odoo/sva-users/{user}")
    expect(clerk.field("state_explanation")).to_contain_text("O cliente desistiu")
    # it could only refuse
    expect(clerk.page.locator("button[name=action_activate]")).to_have_count(0)
    clerk.look()
    clerk.menu("Contratos")
    expect(clerk.page.locator(".o_facet_value")).to_have_text("Em progresso")
    expect(row).to_have_count(0)
    assert_portuguese(clerk.seen)


def test_the_manager_sets_rules_plans_and_reasons(shop, open_odoo, cpf):
    contract = shop.contract("Paulo", cpf)
    shop.invoice(contract, 20)
    manager = Odoo(open_odoo(MANAGER))
    page, dialog = manager.page, manager.page.locator(".modal")

    names = ["contract_block_after_notice_days", "contract_trust_days"]

    def company():
        [values] = shop.env["res.company"].read([shop.company], names)
        return [values[name] for name in names]

    def day(ahead):
        return (today() + timedelta(days=ahead)).strftime("%d/%m/%Y")

    before = company()
    manager.menu("Configuração", "Contratos em atraso")
    manager.fill("contract_block_after_notice_days", "30")
    manager.fill("contract_trust_days", "5")
    button(dialog, "Pré-visualizar").click()
    row = dialog.locator(".o_data_row", has_text="Paulo")
    expect(row.locator("td[name=notice_on]")).to_have_text(day(0))
    expect(row.locator("td[name=block_on]")).to_have_text(day(30))
    manager.fill("contract_block_after_notice_days", "10")
    button(dialog, "Pré-visualizar").click()
    expect(dialog).to_contain_text("art. 70")
    expect(row.locator("td[name=block_on]")).to_have_text(day(10))
    expect(row.locator("td[name=terminate_on]")).to_have_text(day(70))
    assert company() == before
    manager.look()
    manager.fill("contract_block_after_notice_days", "18")
    button(dialog, "Salvar").click()
    expect(dialog).to_have_count(0)
    assert company() == [18, 5]
    shop.env["res.company"].write([shop.company], dict(zip(names, before, strict=True)))

    manager.menu("Configuração", "Motivos de cancelamento")
    expect(page.locator(".o_data_row", has_text="Falecimento")).to_be_visible()
    manager.new()
    manager.fill("name", "Obra na rua")
    manager.save()

    manager.menu("Configuração", "Planos")
    manager.new()
    page.locator("[name=name] input, [name=name] textarea").first.fill("Fibra + SVA")
    manager.save()
    assert_portuguese(manager.seen)


def test_the_log_is_clean(provider, shop):
    # a refusal is logged by Odoo as such, and a transaction that was tried again is not
    complaints = [
        line
        for line in provider.server.warnings()
        if not re.search(r"odoo\.http|rpc|odoo\.sql_db: bad query", line)
    ]
    assert complaints == []
