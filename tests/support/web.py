"""The web client, as people use it."""

import itertools
import os
import re
from datetime import date
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from dev.browser import settle

#: where to leave pictures of what is on the screen, for whoever wants to look at it
PICTURES = os.environ.get("PICTURES")
_pictures = itertools.count(1)

#: the screen of a telephone
PHONE = {"width": 390, "height": 844}

#: what a click on a link of the web client does, which stays in the page; what is shown
#: before is marked, to be told from what comes
_FOLLOW = """(path) => {
    if (!document.querySelector(".o_action_manager > .o_action")) return false;
    for (const node of document.querySelectorAll(".o_action, .modal .o_form_view"))
        node.classList.add("before");
    const link = document.createElement("a");
    link.href = path;
    document.body.append(link);
    link.click();
    link.remove();
    return true;
}"""

_TEXTS = """() => {
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const { data, parentElement } = walker.currentNode;
        if (data.trim() && parentElement.checkVisibility()) found.push(data);
    }
    for (const node of document.querySelectorAll("body *")) {
        if (!node.checkVisibility()) continue;
        for (const name of ["placeholder", "title", "data-tooltip"])
            if (node.getAttribute(name)) found.push(node.getAttribute(name));
        const tooltip = node.getAttribute("data-tooltip-info");
        if (tooltip) {
            const { field } = JSON.parse(tooltip);
            if (field?.help) found.push(field.help);
        }
        if (node.matches("select"))
            for (const option of node.options) found.push(option.textContent);
        // a choice is shown as what an input holds
        if (node.matches("input.o_select_menu_toggler")) found.push(node.value);
    }
    return found;
}"""


def complaints_of(page: Page) -> list[str]:
    """What the page's console has to complain of, growing while the page is there."""
    complaints: list[str] = []

    def complain(line) -> None:
        # not of pictures that Odoo's own package lacks, nor of the icon that Chromium
        # asks for where a page names none, as a report does not
        url = line.location["url"]
        is_picture = "/web/static/" in url or url.endswith("/favicon.ico")
        if line.type == "error" and not is_picture:
            complaints.append(f"{line.text} {url}")

    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", complain)
    return complaints


def said(day: date) -> str:
    """A date, as it is read and typed."""
    return day.strftime("%d/%m/%Y")


def button(where: Page | Locator, label: str) -> Locator:
    return where.get_by_role("button", name=label, exact=True)


class Odoo:
    """The web client, as far as these tests use it."""

    def __init__(self, page: Page):
        self.page = page
        self.complaints = complaints_of(page)
        #: each text that was on the screen, and where it was first
        self.seen: dict[str, str] = {}

    # going places

    def menu(self, *names: str) -> None:
        """Walk through the menus of the SVA app."""
        self.open("/odoo/sva-users")
        first, *others = names
        bar = self.page.locator(".o_main_navbar")
        bar.get_by_text(first, exact=True).click()
        for name in others:
            self.page.locator(".o-dropdown--menu").get_by_text(name, exact=True).click()
        self.look()

    def open(self, path: str) -> None:
        """Go to an address of the web client, and wait until it is drawn."""
        if not self.page.evaluate(_FOLLOW, path):
            self.page.goto(path)
        # some settings are a dialog over nothing
        shown = ".o_action_manager > .o_action:not(.before), "
        shown += ".modal .o_form_view:not(.before)"
        self.page.locator(shown).first.wait_for()
        self.settle()

    # waiting and looking

    def settle(self) -> None:
        """Wait until the client has all it asked for, and has drawn it."""
        settle(self.page)

    def look(self, where: str = "") -> None:
        """Remember every text on the screen, for the check of the language."""
        self.settle()
        for text in self.page.evaluate(_TEXTS):
            self.seen.setdefault(" ".join(text.split()), where)

    def picture(self, name: str) -> None:
        """Look, and leave a picture where one is wanted."""
        self.look(name)
        if PICTURES:
            path = Path(PICTURES) / f"{next(_pictures):02}-{name}.png"
            self.page.screenshot(path=path)

    def troubles(self) -> list[str]:
        """What went wrong since the last time this was asked.

        The page begins anew after an error.
        """
        errors = self.page.locator(".o_error_dialog .modal-body").all_inner_texts()
        found = [*self.complaints, *(" ".join(text.split()) for text in errors)]
        if found:
            self.page.reload()
            self.page.locator(".o_action_manager > .o_action").first.wait_for()
            self.settle()
        self.complaints.clear()
        return found

    # forms

    def new(self) -> None:
        button(self.page, "Novo").first.click()
        self.look()

    def field(self, name: str) -> Locator:
        return self.page.locator(f".o_field_widget[name={name}]").first

    def fill(self, name: str, text: str) -> None:
        self.field(name).locator("input, textarea").first.fill(text)

    def offered(self, name: str, text: str = "") -> list[str]:
        """The records that a many2one field offers for what is typed into it."""
        entry = self.field(name).locator("input").first
        entry.click()
        if self._is_small:
            self.page.locator(".modal .o_kanban_view, .modal .o_list_view").wait_for()
        else:
            entry.fill(text)
            self.page.wait_for_timeout(300)  # the client waits 250 ms for more letters
        self.settle()
        texts = self._options.all_inner_texts()
        return [" ".join(text.split()) for text in texts]

    def choose(self, name: str, text: str, typed: str = "") -> None:
        """Pick a record in a many2one field, after typing its name or something else.

        On a telephone the records are in a dialog, and nothing is typed.
        """
        entry = self.field(name).locator("input").first
        if not self._is_small:
            entry.fill(typed or text)
        elif not self._options.count():
            entry.click()
        # a card's lines stand side by side in its text
        words = re.compile(r"\s*".join(map(re.escape, text.split())), re.IGNORECASE)
        self._options.filter(has_text=words).first.click()

    def choose_nothing(self) -> None:
        """Leave the records that a many2one field offers as they are."""
        if self._is_small:
            self.page.locator(".modal-header .oi-arrow-left").last.click()
        else:
            self.page.keyboard.press("Escape")

    @property
    def _is_small(self) -> bool:
        return self.page.viewport_size["width"] < 768

    @property
    def _options(self) -> Locator:
        if self._is_small:
            return self.page.locator(
                ".modal .o_data_row, .modal .o_kanban_record:not(.o_kanban_ghost)"
            )
        return self.page.locator(
            ".o-autocomplete--dropdown-item:not([class*=o_m2o_])"  # "create", "more"
        )

    def select(self, name: str, label: str) -> None:
        """Pick a value in a selection field, whichever form it has.

        An answer under way would draw the form anew and close the choices; so none is
        before, and what was picked is shown after.
        """
        self.settle()
        widget = self.field(name)
        if widget.locator("select").count():
            choices = widget.locator("select")
            choices.select_option(label=label)
            expect(choices.locator("option:checked")).to_have_text(label)
        else:
            entry = widget.locator("input")
            entry.click()
            self.page.locator(".o_select_menu_item").get_by_text(
                label, exact=True
            ).click()
            expect(entry).to_have_value(label)
        self.settle()

    def add_line(self, name: str) -> None:
        """Begin a line in a list of the form."""
        lines = self.field(name).locator(".o_field_x2many_list_row_add a")
        lines.first.click()

    def tab(self, name: str) -> None:
        self.page.locator(f".o_notebook a[name={name}]").click()
        self.look()

    def save(self) -> None:
        self.page.locator(".o_form_button_save").first.click()
        expect(
            self.page.locator(".o_form_status_indicator_buttons.invisible")
        ).to_have_count(1)
        self.look()

    def discard(self) -> None:
        self.page.locator(
            ".o_form_button_cancel:visible, .o_list_button_discard:visible"
        ).first.click()
        self.settle()

    def press(self, name: str) -> None:
        self.page.locator(f"button[name={name}]:visible").first.click()
        self.look()

    def delete(self) -> None:
        """The menu of actions, and then Excluir; the question waits for an answer."""
        self.page.locator(".o_cp_action_menus button:has(.fa-cog)").first.click()
        self.page.locator(".o-dropdown--menu .o_menu_item").get_by_text(
            "Excluir"
        ).click()


class Dialog(Odoo):
    """The same fields, in the dialog on top."""

    def field(self, name: str) -> Locator:
        return self.page.locator(f".modal .o_field_widget[name={name}]").first


class Row(Odoo):
    """The same fields, in the row of a list that is being edited."""

    def field(self, name: str) -> Locator:
        return self.page.locator(f".o_selected_row .o_field_widget[name={name}]").first
