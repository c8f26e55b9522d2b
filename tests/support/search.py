"""The search box above a list, with its suggestions and its menu."""

from collections.abc import Iterator

from playwright.sync_api import Locator

from .web import Odoo


class Search:
    """What people do with the search box of the screen that is open.

    :param odoo: the web client, on a screen with a search box
    """

    def __init__(self, odoo: Odoo):
        self.odoo = odoo
        self.page = odoo.page
        self.entry = self.page.locator(".o_searchview_input")
        self._menu = self.page.locator(".o_search_bar_menu")
        self._suggestions = self.page.locator(
            # the last one leads to the editor of domains
            ".o_searchview_autocomplete .o-dropdown-item:not(:has(.text-action))"
        )

    def show(self) -> None:
        """Unfold the box, which a telephone keeps folded."""
        toggler = self.page.locator(
            ".o_control_panel_navigation button:has(.fa-search)"
        )
        if not self.entry.is_visible():
            toggler.first.click()
            self.entry.wait_for()

    def clear(self) -> None:
        """Take all facets away, those too that the screen begins with."""
        facets = self.page.locator(".o_searchview_facet .o_facet_remove")
        while facets.count():
            facets.last.click()
            self.odoo.settle()

    def type(self, text: str) -> None:
        self.entry.fill(text)
        self.odoo.settle()

    def enter(self, text: str) -> None:
        """Type, and press Enter, which takes the first suggestion."""
        self.type(text)
        self.entry.press("Enter")
        self.odoo.settle()

    def choices(self, text: str) -> Iterator[str]:
        """Choose each of the suggestions, one after the other.

        :return: what was chosen, after the screen has followed
        """
        self.type(text)
        for number in range(self._suggestions.count()):
            self.show()
            self.clear()
            self.type(text)
            item = self._suggestions.nth(number)
            name = " ".join(item.inner_text().split())
            if item.locator(".o_expand").count():
                item.locator(".o_expand").click()
                self.odoo.settle()
                # the records that the field finds stand below it
                child = self._suggestions.nth(number + 1)
                if "o_indent" in (child.get_attribute("class") or ""):
                    name += " > " + " ".join(child.inner_text().split())
                    item = child
            item.click()
            self.odoo.settle()
            yield name

    def rows(self) -> Locator:
        """What is listed, as rows or as cards."""
        return self.page.locator(".o_data_row, .o_kanban_record:not(.o_kanban_ghost)")

    def open_menu(self) -> None:
        """Unfold the filters, group-bys and favourites."""
        self.show()
        if not self._menu.is_visible():
            self.page.locator(".o_searchview_dropdown_toggler").click()
            self._menu.wait_for()
