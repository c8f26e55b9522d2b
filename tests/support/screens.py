"""The screens of the SVA app, as its menus lead to them."""

from collections.abc import Iterator
from dataclasses import dataclass

from .provider import Provider

APP = "saber_plus_sva.menu_sva"


@dataclass(frozen=True)
class Screen:
    """What a menu opens.

    :param menu: the menu's names, as in "Configuração / Produtos"
    :param action: the id of its action
    :param views: the kinds of views, the first one is shown
    """

    menu: str
    action: int
    model: str
    views: tuple[str, ...]

    @property
    def path(self) -> str:
        return f"/odoo/action-{self.action}"

    @property
    def is_list(self) -> bool:
        """Whether there are rows or cards, and a search box above them."""
        return bool({"list", "kanban"} & set(self.views))


def screens(provider: Provider, login: str) -> list[Screen]:
    """What the menus of the app open for a user, in their order."""
    menus = provider.login(login).env["ir.ui.menu"].load_menus(False)
    app = next(menu for menu in menus.values() if menu.get("xmlid") == APP)
    admin = provider.login("admin").env  # only administrators read actions
    return [_screen(admin, menu, names) for menu, names in _below(menus, app)]


def _below(menus: dict, menu: dict, above: tuple[str, ...] = ()) -> Iterator:
    for number in menu["children"]:
        child = menus[str(number)]
        names = (*above, child["name"])
        if child["action_id"]:
            yield child, " / ".join(names)
        yield from _below(menus, child, names)


def _screen(env, menu: dict, names: str) -> Screen:
    [action] = env[menu["action_model"]].read(
        [menu["action_id"]], ["res_model", "views"]
    )
    kinds = tuple(kind for _view, kind in action["views"])
    return Screen(names, action["id"], action["res_model"], kinds)
