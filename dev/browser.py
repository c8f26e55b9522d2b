"""Chromium, as those use it who work in Odoo."""

import os

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from .odoo import Server

#: run in each page before its own scripts; counts what the web client waits for
IN_FLIGHT = """
window.inFlight = 0;
const { send } = XMLHttpRequest.prototype;
XMLHttpRequest.prototype.send = function (...parts) {
    window.inFlight += 1;
    this.addEventListener("loadend", () => { window.inFlight -= 1; });
    return send.apply(this, parts);
};
const { fetch } = window;
window.fetch = (...parts) => {
    window.inFlight += 1;
    return fetch(...parts).finally(() => { window.inFlight -= 1; });
};
"""

#: the client draws in the frame after an answer, and may ask more for it
SETTLE = """async () => {
    let calm = 0;
    while (calm < 3) {
        await new Promise((resolve) => setTimeout(resolve, 20));
        await new Promise((resolve) => requestAnimationFrame(resolve));
        calm = window.inFlight ? 0 : calm + 1;
    }
}"""

#: the client saves what is being typed when its page is left
FORGET = """() => {
    for (const name of ["beforeunload", "pagehide", "visibilitychange"])
        window.addEventListener(
            name, (event) => event.stopImmediatePropagation(), { capture: true }
        );
}"""


def launch(playwright: Playwright) -> Browser:
    """A browser; ``CHROMIUM`` in the environment says which."""
    return playwright.chromium.launch(
        executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
        args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    )


def log_in(browser: Browser, server: Server, login: str, **options) -> BrowserContext:
    """The browser of one who is logged in, with an empty page.

    :param server: Odoo
    :param login: and password
    :param options: of the browser's context
    """
    context = browser.new_context(
        base_url=server.url,
        locale="pt-BR",
        timezone_id="America/Sao_Paulo",
        reduced_motion="reduce",
        **options,
    )
    context.set_default_timeout(15_000)
    context.add_init_script(IN_FLIGHT)
    who = {"db": server.database, "login": login, "password": login}
    context.request.post("/web/session/authenticate", data={"params": who})
    page = context.new_page()
    page.goto("/odoo")
    # the first one waits for the server to be warm
    home = ".o_main_navbar, #wrap.o_portal_wrap"
    page.wait_for_selector(home, timeout=90_000)
    leave(page)
    return context


def leave(page: Page) -> None:
    """Empty a page for somebody else; what was typed and not saved is lost."""
    page.evaluate(FORGET)
    page.unroute_all()
    page.goto("about:blank")


def settle(page: Page) -> None:
    """Wait until the page has all it asked for, and has drawn it."""
    page.evaluate(SETTLE)
