"""A manager has another program told of changes, and sees whether it listens."""

import base64
import hashlib
import hmac
import re

import pytest
from playwright.sync_api import expect

from ..support.language import assert_portuguese
from ..support.provider import MANAGER, XmlRpc, eventually
from ..support.receiver import Receiver
from ..support.web import PHONE, Odoo

HOUSE = "customers"

# what is tried again later is found by Odoo within a minute
pytestmark = pytest.mark.timeout(600)


class Crm(Receiver):
    """A receiver that has the secret which it was given."""

    secret = ""

    def __init__(self):
        super().__init__(self._is_signed)

    def _is_signed(self, headers, body: bytes) -> bool:
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        head = f"{headers['webhook-id']}.{headers['webhook-timestamp']}."
        digest = hmac.new(key, head.encode() + body, hashlib.sha256).digest()
        signature = "v1," + base64.b64encode(digest).decode()
        return headers["webhook-signature"] == signature


@pytest.fixture
def crm():
    crm = Crm()
    yield crm
    crm.close()


def test_a_manager_makes_a_webhook(provider, open_odoo, crm):
    manager = Odoo(open_odoo(MANAGER))
    page = manager.page
    manager.menu("Configuração", "Webhooks")
    manager.picture("webhooks")
    manager.new()
    manager.fill("name", "Nosso CRM")
    manager.fill("url", "http://crm.example.com/sva")
    page.locator(".o_form_button_save").first.click()
    said = page.locator(".o_notification, .modal").last
    expect(said).to_contain_text("O endereço deve começar com https://")
    if page.locator(".modal .btn-primary").count():
        page.locator(".modal .btn-primary").click()
    manager.fill("url", crm.url)
    manager.save()
    expect(page.locator(".alert-info")).to_contain_text("Nada é enviado antes")
    manager.picture("new webhook")
    page.locator("button[name=button_new_secret]:visible").click()
    shown = page.locator(".o_notification").last
    expect(shown).to_contain_text("whsec_")
    crm.secret = re.search(r"whsec_\S+=", shown.inner_text())[0]
    shown.locator(".o_notification_close").click()
    expect(page.locator(".o_notification", has_text="whsec_")).to_have_count(0)
    expect(page.locator(".alert-info")).to_be_hidden()
    assert crm.secret not in page.content()

    # nobody is there yet
    manager.press("action_send_test")
    expect(page.locator(".alert-danger")).to_contain_text(
        "Não é possível alcançar o destinatário.", timeout=30_000
    )
    manager.picture("webhook that is not taken")
    manager.press("action_view_pending")
    manager.picture("posts")
    page.go_back()
    page.locator(".o_form_view").wait_for()
    manager.settle()

    crm.open()
    eventually(lambda: crm.heard("sva_user.test") == [0], patience=150)
    assert not crm.forged
    expect(page.locator(".alert-danger")).to_be_hidden(timeout=30_000)
    manager.picture("webhook that is taken")
    page.set_viewport_size(PHONE)
    manager.picture("webhook on a telephone")
    manager.open("/odoo/sva-webhooks")
    manager.picture("webhooks on a telephone")
    manager.open("/odoo/sva-posts")
    manager.picture("posts on a telephone")
    assert not manager.troubles()
    assert_portuguese(manager.seen)
    call = XmlRpc(provider.server, MANAGER)
    call("sva.webhook", "unlink", call("sva.webhook", "search", []))
