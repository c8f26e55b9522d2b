"""Which texts are English, by what Odoo's and OCA's translators have made of them."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import polib

import odoo.addons

#: ours, what we add to OCA's too
TRANSLATIONS = sorted(Path().glob("*/i18n*/pt_BR.po"))
#: what is on the screen in every language, a name a line
NAMES = Path(__file__).with_name("names.txt")
#: addons whose texts are seen beside ours
ADDONS = (
    "account",
    "analytic",
    "base",
    "contract",
    "contract_line_successor",
    "contract_termination",
    "mail",
    "phone_validation",
    "portal",
    "product",
    "web",
)
#: a word is English if it is so many times as frequent there as in Portuguese
RATIO = 5

# the platform's ids are of random digits, of which “dec” is the end of a year
_NO_WORDS = re.compile(
    r"<[^>]*>|%\(\w+\)[sd]|%[sd]|\{[^}]*\}|\S+@\S+|https?://\S+|\busr_[0-9a-f]+"
)
# also the parts of validation_failed and createUser
_WORD = re.compile(r"[A-ZÀ-Ý]?[a-zà-ÿ]+|[A-ZÀ-Ý]{2,}")


def words(text: str) -> set[str]:
    """The words of a text, small."""
    return {word.lower() for word in _WORD.findall(_NO_WORDS.sub(" ", text))}


def english(texts: Iterable[str]) -> set[str]:
    """Those of the texts that are English, wholly or in part."""
    return {text for text in texts if text in _terms() or _english_words_of(text)}


def assert_portuguese(seen: dict[str, str]) -> None:
    """That no text is English.

    :param seen: the texts, and where each of them was seen
    """
    found = sorted(f"{seen[text]}: {text}" for text in english(seen))
    assert not found, "\n" + "\n".join(found)


def _english_words_of(text: str) -> set[str]:
    return words(_names().sub(" ", text)) & _vocabulary()


@cache
def _names() -> re.Pattern[str]:
    lines = [line.partition("  #")[0] for line in NAMES.read_text().splitlines()]
    names = [
        # what begins with a mark may stand right behind a word
        (r"(?<!\w)" if line[0].isalnum() else "") + re.escape(line)
        for line in lines
        if line and not line.startswith("# ")
    ]
    return re.compile(rf"({'|'.join(names)})(?!\w)")


@cache
def _vocabulary() -> frozenset[str]:
    """The words that are English and not Portuguese."""
    english: Counter[str] = Counter()
    portuguese: Counter[str] = Counter()
    for entry in _entries():
        if entry.msgid != entry.msgstr:  # else nobody has translated it
            english.update(words(entry.msgid))
            portuguese.update(words(entry.msgstr))
    return frozenset(
        word
        for word, count in english.items()
        if len(word) > 1 and count > RATIO * portuguese[word]
    )


@cache
def _terms() -> frozenset[str]:
    """Our own terms in English, whose words may look Portuguese."""
    entries = [entry for path in TRANSLATIONS for entry in polib.pofile(str(path))]
    # the same word may be a term of ours and another's translation
    return frozenset(
        {" ".join(entry.msgid.split()) for entry in entries if entry.msgstr}
        - {" ".join(entry.msgstr.split()) for entry in entries}
    )


def _entries() -> Iterable[polib.POEntry]:
    paths = [
        Path(folder) / name / "i18n" / "pt_BR.po"
        for name in ADDONS
        for folder in odoo.addons.__path__
    ]
    for path in [*TRANSLATIONS, *paths]:
        if path.exists():
            yield from polib.pofile(str(path))
