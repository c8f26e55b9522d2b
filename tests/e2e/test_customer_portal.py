"""What a customer sees of the own access on a telephone, and the password."""

from playwright.sync_api import expect

from ..support.language import assert_portuguese
from ..support.people import make_cpf
from ..support.provider import LANGUAGE, eventually
from ..support.web import PHONE, Odoo

HOUSE = "customers"

TEXT = "Instale o aplicativo e entre com o seu CPF."


def as_customer(shop, contract: int) -> str:
    """The contract's customer gets a login of the portal.

    :return: it; the password is the same
    """
    env = shop.env
    customer, name = shop.read("contract.contract", contract, "partner_id")
    login = f"e2e_cliente_{contract}"
    user = env["res.users"].create(
        {
            "name": name,
            "login": login,
            "password": login,
            "partner_id": customer,
            "lang": LANGUAGE,
            "tz": "America/Sao_Paulo",
            "group_ids": [(6, 0, [env.ref("base.group_portal").id])],
        }
    )
    # Odoo would make them on the first visit, in two requests at once
    env["res.users.settings"].create({"user_id": user})
    env["contract.contract"].message_subscribe([contract], [customer])
    return login


def go(page, path: str) -> None:
    page.goto(path)
    page.locator("#wrap.o_portal_wrap").wait_for()


def enter(page, password: str, repeated: str) -> None:
    page.locator("summary").wait_for()
    if not page.locator("details[open]").count():
        page.locator("summary", has_text="Definir senha").click()
    page.get_by_label("Nova senha").fill(password)
    page.get_by_label("Repita a senha").fill(repeated)
    page.get_by_role("button", name="Salvar a senha").click()


def test_the_access_in_the_portal(shop, provider, open_odoo, cpf):
    contract = shop.contract("Pietra Sampaio", cpf)
    login = as_customer(shop, contract)
    [package] = shop.env["sva.package"].search([("code", "=", "SABER-LIVROS")])
    shop.env["sva.package"].write(
        [package],
        {
            "portal_text": f"<p>{TEXT}</p>",
            "web_url": "https://saber.example",
            "android_url": "https://saber.example/android",
        },
    )
    customer = Odoo(open_odoo(login, **PHONE))
    page = customer.page
    path = f"/my/contracts/{contract}"
    go(page, path)
    access = page.locator("#sva")
    expect(access).to_contain_text("Ativo")
    expect(access).to_contain_text("Você já pode usar.")
    expect(access).to_contain_text(cpf)
    expect(access).to_contain_text(TEXT)
    expect(access.get_by_role("link", name="Abrir o site")).to_have_attribute(
        "href", "https://saber.example"
    )
    access.scroll_into_view_if_needed()
    customer.picture("portal-access")
    # nothing is wider than the telephone
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    enter(page, "segredo1", "segredo2")
    problem = access.get_by_text("As duas senhas não são iguais.")
    expect(problem).to_be_in_viewport()
    customer.picture("portal-not-the-same")
    enter(page, "123", "123")
    expect(access).to_contain_text("A senha deve ter pelo menos 6 caracteres")
    enter(page, "segredo-novo", "segredo-novo")
    expect(access.get_by_text("A nova senha foi recebida.")).to_be_in_viewport()
    customer.picture("portal-password-set")
    assert "segredo-novo" not in page.content()
    user = provider.platform.user(cpf)
    eventually(lambda: provider.platform.has_password(user["id"], "segredo-novo"))

    for number in range(4):
        go(page, path)
        enter(page, f"segredo-{number}", f"segredo-{number}")
    go(page, path)
    enter(page, "segredo-demais", "segredo-demais")
    expect(access).to_contain_text("Tente de novo em uma hora.")

    shop.env["contract.contract"].action_block([contract])
    go(page, path)
    expect(access).to_contain_text("Bloqueado")
    expect(access).to_contain_text("Fale conosco.")
    expect(page.locator("summary")).to_have_count(0)
    access.scroll_into_view_if_needed()
    customer.picture("portal-blocked")
    shop.env["contract.contract"].action_withdraw([contract])
    go(page, path)
    expect(access).to_contain_text("Seu contrato foi encerrado")
    customer.picture("portal-ended")
    assert_portuguese(customer.seen)


def test_nobody_elses_access(shop, open_odoo, cpf):
    login = as_customer(shop, shop.contract_without_user("Curiosa", make_cpf()))
    contract = shop.contract("Outra Pessoa", cpf)
    [follower] = shop.env["res.users"].search_read(
        [("login", "=", login)], ["partner_id"]
    )
    shop.env["contract.contract"].message_subscribe(
        [contract], [follower["partner_id"][0]]
    )
    page = open_odoo(login, **PHONE)
    path = f"/my/contracts/{contract}"
    go(page, path)
    expect(page.locator("#sva")).to_have_count(0)
    assert cpf not in page.content()
    [user] = shop.env["sva.user"].search([("contract_id", "=", contract)])
    token = page.locator("input[name=csrf_token]").first
    form = {"password": "segredo1", "repeated": "segredo1"}
    if token.count():
        form["csrf_token"] = token.get_attribute("value")
    else:
        form["csrf_token"] = page.evaluate("odoo.csrf_token")
    answer = page.request.post(f"{path}/sva/{user}/password", form=form)
    assert answer.url.endswith("/my")
    assert not shop.read("sva.user", user, "has_pending_password")
