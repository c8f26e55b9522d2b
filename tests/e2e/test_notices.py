"""Notices go through a real mail server; what does not arrive blocks nobody."""

import html
import re
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import expect

from dev.day import today

from ..support.language import assert_portuguese
from ..support.mail import MailServer, mail_server
from ..support.people import make_cpf
from ..support.provider import FRONT_DESK, XmlRpc, eventually
from ..support.shop import Shop
from ..support.web import Dialog, Odoo, button

#: the provider's; mail that could not be delivered comes back to bounce@ it
DOMAIN = "provedor.example"


@dataclass
class Post:
    """The provider's notices, and the server that they leave by."""

    shop: Shop
    server: MailServer

    def debtor(self, name: str, days_overdue: int) -> tuple[int, str, int]:
        """Somebody who owes an invoice: the contract, the address, the invoice."""
        contract = self.shop.contract_without_user(name, make_cpf())
        address = f"{name.lower()}@cliente.example"
        env = self.shop.env
        [partner] = env["contract.contract"].read([contract], ["partner_id"])
        env["res.partner"].write([partner["partner_id"][0]], {"email": address})
        return contract, address, self.shop.invoice(contract, days_overdue)

    def notices(self, contract: int, *names: str) -> list[dict]:
        """The notices of a contract's debt, the newest first."""
        domain = [("contract_id", "=", contract), ("kind", "=", "debt")]
        names = ("state", "delivered_on", "failure_reason", *names)
        return self.shop.env["contract.notice"].search_read(domain, list(names))

    def notice(self, contract: int, state: str, *names: str) -> dict:
        """The only notice of a contract's debt, once it is in a state."""

        def reached():
            [notice] = self.notices(contract, *names)
            return notice["state"] == state and notice

        return eventually(reached)

    def alarms(self, contract: int) -> list[str]:
        """What people are told of notices that did not arrive."""
        name = "Aviso não entregue"
        found = self.shop.env["mail.activity"].search_read(
            [
                ("res_model", "=", "contract.contract"),
                ("res_id", "=", contract),
                ("activity_type_id.name", "=", name),
            ],
            ["note"],
        )
        return [activity["note"] for activity in found]

    def come_in(self, message: bytes) -> None:
        """Give a mail to Odoo as its ``odoo-mailgate.py`` does."""
        XmlRpc(self.shop.provider.server, "admin")(
            "mail.thread", "message_process", False, xmlrpc.client.Binary(message)
        )

    def let_pass(self, days: int, contract: int) -> None:
        """Have the notices of a contract be as if they were delivered days ago.

        Nobody can tell Odoo so: a notice is proof.
        """
        provider = self.shop.provider
        with provider.databases.cursor(provider.server.database) as cursor:
            cursor.execute(
                "UPDATE contract_notice SET date = date - %(days)s * INTERVAL '1 day',"
                " delivered_on = delivered_on - %(days)s WHERE contract_id = %(id)s",
                {"days": days, "id": contract},
            )


@pytest.fixture(scope="module")
def post(shop) -> Iterator[Post]:
    with mail_server() as server:
        env = shop.env
        domain = env["mail.alias.domain"].create({"name": DOMAIN})
        env["res.company"].write(
            [shop.company], {"alias_domain_id": domain, "email": f"cobranca@{DOMAIN}"}
        )
        env["ir.mail_server"].create(
            {
                "name": "Loopback",
                "smtp_host": "127.0.0.1",
                "smtp_port": server.port,
                "smtp_encryption": "none",
                # else Odoo writes as notifications@, not to spoof anybody
                "from_filter": DOMAIN,
            }
        )
        # else it is where an administrator was seen last
        env["ir.config_parameter"].set_param("web.base.url", shop.provider.server.url)
        yield Post(shop, server)


def test_it_arrives_with_what_the_regulator_wants(post):
    contract, address, invoice = post.debtor("Marta", 10)
    [bill] = post.shop.env["account.move"].read(
        [invoice], ["name", "invoice_date", "invoice_date_due"]
    )
    post.shop.daily_action()
    letter = post.server.letter_to(address)
    assert letter.recipients == (address,)
    assert letter.sender == f"bounce@{DOMAIN}"
    message = letter.message
    assert f"cobranca@{DOMAIN}" in message["From"]
    assert "Contrato de Marta" in message["Subject"]
    issued, due = (
        date.fromisoformat(bill[name]) for name in ("invoice_date", "invoice_date_due")
    )
    block = today() + timedelta(days=15)
    # Resolução Anatel 765/2023, article 71, I to V
    for words in (
        bill["name"],
        f"{issued:%m/%Y}",
        f"{due:%d/%m/%Y}",
        "100,00",
        f"poderá ser suspenso a partir de {block:%d/%m/%Y}, 15 dias após este aviso",
        "Se ainda estiver em aberto 60 dias após a suspensão, o contrato poderá ser",
        "órgão de proteção ao crédito",
        "restabelecido em até um dia",
        "Ver a fatura e pagar",
    ):
        assert words in plain(letter.part("html")), words
    link = re.search(r'href="([^"]*/my/invoices/[^"]*)"', letter.part("html"))[1]
    # for whoever has the mail, without a password
    with urllib.request.urlopen(html.unescape(link)) as answer:
        assert bill["name"] in answer.read().decode()

    notice = post.notice(contract, "sent", "amount", "invoice_ids", "body", "recipient")
    assert notice["delivered_on"] == today().isoformat()
    assert (notice["amount"], notice["invoice_ids"]) == (100, [invoice])
    assert notice["recipient"] == address
    # what is kept as proof is what has arrived
    assert plain(notice["body"]) in plain(letter.part("html"))
    assert post.alarms(contract) == []


def test_a_refused_recipient_is_a_persons_business(post):
    contract, address, _invoice = post.debtor("Rui", 300)
    post.server.refused.add(address)
    post.shop.daily_action()
    notice = post.notice(contract, "failed")
    assert notice["delivered_on"] is False
    assert notice["failure_reason"]
    [note] = post.alarms(contract)
    assert "O aviso não chegou a Rui" in note
    for _day in range(2):
        post.shop.daily_action()
    assert post.shop.access(contract) == "overdue"
    assert len(post.notices(contract)) == len(post.alarms(contract)) == 1

    # the address is corrected
    post.server.refused.remove(address)
    [failed] = post.notices(contract)
    post.shop.env["contract.notice"].action_send_again([failed["id"]])
    post.server.letter_to(address)
    eventually(lambda: post.notices(contract)[0]["state"] == "sent")
    eventually(lambda: not post.alarms(contract))


def test_a_bounce_takes_the_delivery_back(post):
    bounced, address, _invoice = post.debtor("Beto", 100)
    arrived, *_other = post.debtor("Aline", 100)
    post.shop.daily_action()
    for contract in (bounced, arrived):
        post.notice(contract, "sent")
        post.let_pass(15, contract)
    post.come_in(post.server.letter_to(address).bounce())
    notice = post.notice(bounced, "bounced")
    assert notice["delivered_on"] is False
    assert notice["failure_reason"]
    [note] = post.alarms(bounced)
    assert "O aviso não chegou a Beto" in note
    assert post.alarms(arrived) == []
    # on this day it would have been blocked
    post.shop.daily_action()
    assert post.shop.access(arrived) == "auto_blocked"
    assert post.shop.access(bounced) == "overdue"
    assert len(post.notices(bounced)) == len(post.alarms(bounced)) == 1


def plain(markup: str) -> str:
    """What one reads of a text, in one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


def test_what_the_front_desk_does_about_a_debt(post, open_odoo):
    contract, address, invoice = post.debtor("Iara", 20)
    [bill] = post.shop.env["account.move"].read([invoice], ["name"])
    post.shop.daily_action()
    post.notice(contract, "sent")
    clerk = Odoo(open_odoo(FRONT_DESK))
    page, dialog = clerk.page, clerk.page.locator(".modal")
    form = Dialog(page)
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    header = page.locator(".o_statusbar_buttons")
    why = clerk.field("access_explanation")
    clerk.picture("em-atraso")

    button(header, "Registrar aviso").click()
    form.select("channel", "WhatsApp")
    form.fill("recipient", "(11) 98765-4321")
    form.fill("text", "Iara, a fatura deste mês está em aberto.")
    clerk.picture("registrar-aviso")
    button(dialog, "Registrar").click()
    expect(dialog).to_have_count(0)
    clerk.tab("notices")
    given = page.locator(".o_field_widget[name=notice_ids] .o_data_row")
    expect(given).to_have_count(2)
    expect(given.locator("td[name=channel]")).to_have_text(["WhatsApp", "E-mail"])
    expect(given.locator("td[name=state]")).to_have_text(["Entregue", "Entregue"])
    clerk.picture("avisos-do-contrato")

    button(header, "Promessa de pagamento").click()
    promised = today() + timedelta(days=3)
    form.fill("promised_for", f"{promised:%d/%m/%Y}")
    page.keyboard.press("Escape")
    clerk.picture("promessa")
    button(dialog, "Registrar a promessa").click()
    expect(dialog).to_have_count(0)
    expect(why).to_contain_text("Em confiança até")
    expect(page.locator(".o-mail-Chatter")).to_contain_text(
        f"Prometeu pagar em {promised:%d/%m/%Y}"
    )
    clerk.picture("prometido")

    button(header, "Faturas contestadas").click()
    row = dialog.locator(".o_data_row", has_text=bill["name"])
    form.fill("reason", "Não reconhece a cobrança")
    row.locator("[name=is_disputed] input").click()
    clerk.picture("contestar")
    button(dialog, "Salvar").click()
    expect(dialog).to_have_count(0)
    expect(clerk.field("access_status")).to_have_text("Ativo")
    clerk.picture("contestada")

    clerk.menu("Avisos")
    clerk.picture("avisos")
    page.locator(".o_data_row", has_text="Iara").last.locator("td[name=date]").click()
    expect(clerk.field("state")).to_contain_text("Entregue")
    expect(clerk.field("recipient")).to_have_text(address)
    expect(clerk.field("body")).to_contain_text("órgão de proteção ao crédito")
    clerk.picture("aviso")

    # Odoo asks whether it can make a PDF, which it cannot everywhere
    page.route(
        "**/report/check_wkhtmltopdf",
        lambda route: route.fulfill(json={"jsonrpc": "2.0", "result": "install"}),
    )
    clerk.open(f"/odoo/action-contract.action_customer_contract/{contract}")
    clerk.tab("notices")
    # its icon is part of its name
    page.get_by_role("button", name="Imprimir histórico").click()
    history = page.frame_locator(".o_content iframe").locator("body")
    # a document of its own, that the server renders
    expect(history).to_contain_text("Histórico do contrato", timeout=20_000)
    clerk.picture("historico")
    dispute = history.locator("tr", has_text=f"Fatura {bill['name']} contestada")
    expect(dispute).to_contain_text(re.compile(r"\d\d:\d\d"))
    expect(dispute).to_contain_text(FRONT_DESK)
    for words in (
        "Histórico do contrato Contrato de Iara",
        "Iara, a fatura deste mês está em aberto.",
        "órgão de proteção ao crédito",
        bill["name"],
        f"Prometeu pagar em {promised:%d/%m/%Y}",
        "Não reconhece a cobrança",
    ):
        expect(history).to_contain_text(words)
    assert_portuguese(clerk.seen)
