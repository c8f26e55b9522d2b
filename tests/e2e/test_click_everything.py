"""Odoo's own test that clicks everything, over the menus of the app."""

import pytest

from ..support.cases import FULL
from ..support.provider import ADMINISTRATOR, FRONT_DESK, MANAGER

# on every run, the addon's own tests ask the server for all that it clicks, and
# test_every_screen opens each screen
pytestmark = pytest.mark.skipif(not FULL, reason="FULL=1 clicks everything")
HOUSE = "town"
CLICK = """() => odoo.loader.modules.get("@web/webclient/clickbot/clickbot_loader")
    .startClickEverywhere("saber_plus_sva.menu_sva")"""
SUCCESS = "clickbot test succeeded"
#: milliseconds
PATIENCE = 840_000


@pytest.mark.timeout(900)
@pytest.mark.parametrize("login", [MANAGER, ADMINISTRATOR, FRONT_DESK])
def test_all_menus_views_and_filters(town, open_odoo, login):
    page = open_odoo(login)
    page.goto("/odoo")
    page.wait_for_function("() => window.odoo?.isReady")
    with page.expect_console_message(
        lambda said: said.type == "error" or SUCCESS in said.text, timeout=PATIENCE
    ) as last:
        page.evaluate(CLICK)
    assert SUCCESS in last.value.text
