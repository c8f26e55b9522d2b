"""``make screenshots``: the pictures of the manual, taken from a running demo."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, sync_playwright

from .browser import launch, log_in, settle
from .console import main, step
from .demo import Provider, running
from .paths import ROOT

MANUAL = ROOT / "docs" / "pt_BR" / "manual.md"
PICTURES = MANUAL.parent / "imagens"
#: the pictures that the addon's own page shows
PAGE = ROOT / "saber_plus_sva" / "static" / "description"
ON_PAGE = ("usuario", "lote")
#: milliseconds after which a chart has grown to its height
GROWN = 1500
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True)
class Shot:
    """A picture.

    :param name: of the file
    :param path: what is opened: of Odoo, or what finds it out
    :param login: who looks; the password is the same
    :param tab: the page of the form that is opened
    """

    name: str
    path: str | Callable[[Provider], str]
    login: str = "gerente"
    tab: str = ""


def _action(action: str, record: str = "") -> str | Callable[[Provider], str]:
    """The address of an action, or of a demo record's form."""
    path = f"/odoo/action-{action}"
    if not record:
        return path
    return lambda provider: f"{path}/{provider.ref(record).id}"


def _product(provider: Provider) -> str:
    template = provider.ref("product_livros").product_tmpl_id.id
    return f"/odoo/action-saber_plus_sva.product_action_sva/{template}"


def _user(provider: Provider) -> str:
    contract, account = provider.ref("contract_active"), provider.ref("integration")
    [user] = provider.env["sva.user"].search(
        [("contract_id", "=", contract.id), ("integration_id", "=", account.id)]
    )
    return f"/odoo/action-saber_plus_sva.sva_user_action/{user}"


def _bulk(provider: Provider) -> str:
    """A simulation of what the package would be sold to."""
    bulks = provider.env["sva.bulk.operation"]
    product = provider.ref("product_livros").id
    bulk = bulks.create({"missing_line": "add", "product_id": product})
    bulks.action_simulate([bulk])
    return f"/odoo/action-saber_plus_sva.sva_bulk_operation_action/{bulk}"


def _portal(provider: Provider) -> str:
    return f"/my/contracts/{provider.ref('contract_active').id}"


CONTRACTS = "contract.action_customer_contract"
SHOTS = (
    Shot(
        "integracao",
        _action("saber_plus_sva.sva_integration_action", "integration"),
    ),
    Shot("produto", _product, tab="sva"),
    Shot("contrato", _action(CONTRACTS, "contract_active"), "recepcao"),
    Shot("usuario", _user, "recepcao"),
    Shot("usuarios", _action("saber_plus_sva.sva_user_action"), "recepcao"),
    Shot("contrato-bloqueado", _action(CONTRACTS, "contract_auto_blocked"), "recepcao"),
    Shot("inadimplencia", _action("contract_access.contract_dunning_settings_action")),
    Shot("avisos", _action("contract_access.contract_notice_action"), "recepcao"),
    Shot("visao-geral", _action("saber_plus_sva.sva_overview_action")),
    Shot("lote", _bulk),
    Shot("relatorio", _action("saber_plus_sva.sva_usage_action")),
    Shot("divergencias", _action("saber_plus_sva.sva_divergence_action")),
    Shot("portal", _portal, "cliente"),
)


def _main() -> int:
    with running() as provider, sync_playwright() as playwright:
        chromium = launch(playwright)
        pages: dict[str, Page] = {}
        for shot in SHOTS:
            if shot.login not in pages:
                size = PHONE if shot.login == "cliente" else DESK
                context = log_in(chromium, provider.server, shot.login, viewport=size)
                [pages[shot.login]] = context.pages
            with step(f"Taking {shot.name}.png"):
                _take(pages[shot.login], shot, provider)
        chromium.close()
    for name in ON_PAGE:
        (PAGE / f"{name}.png").write_bytes((PICTURES / f"{name}.png").read_bytes())
    return 0


def _take(page: Page, shot: Shot, provider: Provider) -> None:
    page.goto(shot.path if isinstance(shot.path, str) else shot.path(provider))
    page.wait_for_selector(
        ".o_action .o_content, .modal .o_form_view, #wrap.o_portal_wrap"
    )
    settle(page)
    if shot.tab:
        page.click(f".o_notebook .nav-link[name={shot.tab}]")
        settle(page)
    if page.locator(".o_graph_renderer").count():
        page.wait_for_timeout(GROWN)
    # the web client has the height of its window, a page of the portal has its own
    page.screenshot(path=PICTURES / f"{shot.name}.png", full_page=True)


if __name__ == "__main__":
    main(_main)
