"""The manual in Portuguese says what is on the screen, and has its pictures."""

import re

import polib
import pytest

from dev.paths import ROOT
from dev.screenshots import MANUAL, ON_PAGE, PAGE, PICTURES, SHOTS

#: names of Odoo's and OCA's, in their own translation
OF_OTHERS = {"Cancelar contrato", "Meus contratos", "Novo"}
# set in italics, and in a menu's path one after the other
_LABEL = re.compile(r"(?<!\*)\*([^*]+)\*(?!\*)")


def test_what_it_names_is_on_the_screen():
    shown = {*OF_OTHERS}
    for path in ROOT.glob("*/i18n*/pt_BR.po"):
        shown |= {entry.msgstr or entry.msgid for entry in polib.pofile(str(path))}
    labels = _LABEL.findall(MANUAL.read_text())
    assert labels
    named = {name for one in labels for name in " ".join(one.split()).split(" > ")}
    assert not named - shown


@pytest.mark.parametrize("page", [MANUAL, PAGE / "index.html"], ids=["manual", "page"])
def test_its_pictures_are_those_that_are_taken(page):
    text = page.read_text()
    named = {*re.findall(r"\]\((\S+\.png)\)", text)}
    named |= {*re.findall(r'src="(\S+\.png)"', text)}
    taken = {
        MANUAL: {f"{PICTURES.name}/{shot.name}.png" for shot in SHOTS},
        PAGE / "index.html": {f"{name}.png" for name in ON_PAGE},
    }
    assert named == taken[page]
    for name in named:
        assert (page.parent / name).stat().st_size > 10_000
