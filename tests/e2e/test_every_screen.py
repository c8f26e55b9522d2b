"""Each screen of the app, read from its menus, worked on as people work on it."""

import pytest

from ..support.cases import FULL, chosen, one_of
from ..support.language import assert_portuguese
from ..support.provider import FRONT_DESK, MANAGER
from ..support.screens import Screen, screens
from ..support.search import Search
from ..support.shop import Person, Town
from ..support.web import PHONE, Odoo

HOUSE = "town"
RUBBISH = ["%_'\"\\<>ç🙂", "x" * 2_000, "   ", ""]
#: what is used on the way, too
ON_THE_PHONE = (
    "sva.user",
    "contract.contract",
    "sva.divergence",
    "sva.user.removal",
    "sva.api.call",
    "sva.integration",
)

EVERYBODY = [
    pytest.param(FRONT_DESK, {}, id="front desk"),
    pytest.param(MANAGER, {}, id="manager"),
    pytest.param(FRONT_DESK, PHONE, id="front desk's phone"),
    pytest.param(MANAGER, PHONE, id="manager's phone"),
]
#: both people and both sizes on every run, each with each with ``FULL=1``
somebody = pytest.mark.parametrize(
    ("login", "size"), EVERYBODY if FULL else EVERYBODY[1:3]
)
#: has something of all that search boxes have; what the others ask of the server, the
#: addon's own tests ask of it
USUAL = "sva.user"


class Walk:
    """A walk through screens, which notes what is wrong and goes on.

    :param page: the web client of somebody
    """

    def __init__(self, page):
        self.odoo = Odoo(page)
        self.problems: list[str] = []
        self._where = ""

    def open_path(self, where: str, path: str) -> None:
        self._where = where
        self.odoo.open(path)

    def open(self, screen: Screen) -> Search:
        """Open a screen without the facets that it begins with."""
        self.open_path(screen.menu, screen.path)
        search = Search(self.odoo)
        search.show()
        search.clear()
        self.check("opening")
        return search

    def check(self, what: str) -> bool:
        """Note what went wrong just now; return whether nothing did."""
        troubles = self.odoo.troubles()
        if troubles:
            self.note(f"{what}: {troubles[0].splitlines()[0]}")
        return not troubles

    def note(self, problem: str) -> None:
        self.problems.append(f"{self._where}: {problem}")

    def end(self) -> None:
        assert not self.problems, "\n" + "\n".join(self.problems)


def screens_at(size: dict, provider, login: str, enough: str = "") -> list[Screen]:
    """The screens with rows or cards.

    :param enough: the model whose screen will do, but for ``FULL=1``
    """
    found = [
        screen
        for screen in screens(provider, login)
        if screen.is_list
        if not size or screen.model in ON_THE_PHONE
        if FULL or not enough or screen.model == enough
    ]
    assert found
    return found


@somebody
def test_searching(provider, town, open_odoo, login, size):
    walk = Walk(open_odoo(login, **size))
    for screen in screens_at(size, provider, login, USUAL):
        search = walk.open(screen)
        person = listed(search, town)
        # the addon's own tests try each spelling; here, each box finds by each kind
        fields = town.env[screen.model].fields_get([], ["type"])
        texts = spellings(person, {*fields})
        for _kind, text in chosen(texts, lambda case: case[0]):
            search.enter(text)
            if walk.check(f"typing {text}"):
                found = search.rows().all_inner_texts()
                if len(found) != 1 or person.name not in found[0]:
                    walk.note(f"{text} finds {len(found)} instead of {person.name}")
            search.show()
            search.clear()
        for text in one_of(RUBBISH):
            search.enter(text)
            walk.check(f"typing {text[:20]}")
            search.show()
            search.clear()
        for text in one_of([person.cpf if person else "a", RUBBISH[0]]):
            for choice in search.choices(text):
                walk.check(f"choosing {choice[:60]}")
    walk.end()


def listed(search: Search, town: Town) -> Person | None:
    """Whoever of the town is on the list."""
    texts = "".join(search.rows().all_inner_texts())
    people = [town.resident, town.stranger, town.former]
    return next((person for person in people if person.name in texts), None)


def spellings(person: Person | None, fields: set[str]) -> list[tuple[str, str]]:
    """What is typed for a person, in a model with these fields; with its kind."""
    if not person:
        return []
    texts = {"name": [person.name, person.name.lower().split()[0]]}
    if fields & {"cpf_cnpj", "vat", "partner_id"}:
        cpf, dotted = person.cpf, person.dotted
        texts["CPF"] = [cpf, dotted, cpf[3:], dotted[4:]]
    if fields & {"phone", "partner_id"}:
        texts["phone"] = person.phones
    return [(kind, text) for kind in texts for text in texts[kind]]


@somebody
def test_new_is_filled_in_by_its_drop_downs(provider, town, open_odoo, login, size):
    walk = Walk(open_odoo(login, **size))
    for screen in screens_at(size, provider, login, USUAL if size else ""):
        walk.open(screen)
        new = walk.odoo.page.locator(".o_list_button_add, .o-kanban-button-new")
        if not new.count():
            continue
        new.first.click()
        walk.odoo.settle()
        if not walk.check("Novo"):
            continue
        tabs = walk.odoo.page.locator(".o_notebook_headers .nav-link")
        fill_in(walk)
        for number in range(tabs.count()):
            tabs.nth(number).click()
            walk.check(f"Novo, {tabs.nth(number).inner_text()}")
            fill_in(walk)
        walk.odoo.discard()
        walk.check("Descartar")
    walk.end()


def fill_in(walk: Walk) -> None:
    """Choose something in each drop-down that is on the screen and still empty."""
    odoo = walk.odoo
    empty = odoo.page.locator(
        ".o_form_view .o_inner_group .o_field_many2one:has(input:visible)"
    )
    names = empty.evaluate_all("fields => fields.map((f) => f.getAttribute('name'))")
    for name in dict.fromkeys(names):
        entry = odoo.field(name).locator("input")
        if not entry.is_visible() or entry.input_value():
            continue
        offered = odoo.offered(name)
        if offered:
            # as people do: some letters, and then the one that is meant
            odoo.choose(name, offered[0], offered[0][:6])
        else:
            odoo.choose_nothing()
            classes = odoo.field(name).get_attribute("class") or ""
            if "o_required_modifier" in classes:
                walk.note(f"Novo: nothing to choose for {name}")
        odoo.settle()
        if not walk.check(f"Novo, choosing {name}"):
            return


@somebody
def test_nothing_is_cut_off(provider, town, open_odoo, login, size):
    """All columns and buttons of the screens are on the screen, on a usual one."""
    walk = Walk(open_odoo(login, **(size or {"width": 1400, "height": 900})))
    for screen in screens_at(size, provider, login):
        if not screen.model.startswith("product."):
            walk.open(screen)
            note_what_is_cut_off(walk, f"{login}-{screen.model}")
    walk.open_path("contract", f"/odoo/contract.contract/{town.sold}")
    if not size:  # OCA has no cards for its lines
        note_what_is_cut_off(walk, f"{login}-lines")
    walk.odoo.tab("sva")
    note_what_is_cut_off(walk, f"{login}-contract")
    walk.end()
    assert_portuguese(walk.odoo.seen)


def note_what_is_cut_off(walk: Walk, picture: str) -> None:
    page = walk.odoo.page
    walk.odoo.picture(f"{picture}-{page.viewport_size['width']}")
    for cut in cut_off(page):
        walk.note(f"cut off: {cut}")


def cut_off(page) -> list[str]:
    """What does not fit: titles, numbers and status of rows, and buttons."""
    return page.evaluate(
        """() => {
            const cut = [];
            const all = (selector) => document.querySelectorAll(selector);
            for (const text of all(
                "th[data-name] .text-truncate, .o_data_row .badge," +
                ".o_data_row td[name=cpf_cnpj], .o_data_row td[name=phone]"))
                if (text.scrollWidth > text.clientWidth) cut.push(text.textContent);
            for (const node of all(
                ".o_data_row .badge, .o_data_row button, .o_kanban_record button"))
                if (node.getBoundingClientRect().right > window.innerWidth + 1)
                    cut.push(node.getAttribute("name") || node.textContent);
            for (const title of all("th[data-name]")) {
                const list = title.closest(".o_list_renderer").getBoundingClientRect();
                if (title.getBoundingClientRect().right > list.right + 1)
                    cut.push(title.dataset.name);
            }
            return [...new Set(cut)];
        }"""
    )
