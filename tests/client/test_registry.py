"""A platform is its adapter and its entry in the registry."""

from tests.conftest import ROOT

ADDONS = ("contract_access", "saber_plus_sva", "saber_plus_sva_queue_job")
#: what is about platforms, and what says to people which there are
ABOUT = ("client", "tests", "i18n", "readme", "static/description", "README.rst")
#: what can be read
KINDS = {".py", ".xml", ".js", ".csv", ".sql", ".scss", ".html", ".rst", ".md"}


def test_nothing_else_names_scim() -> None:
    named = [
        path.relative_to(ROOT)
        for addon in ADDONS
        for path in (ROOT / addon).rglob("*")
        if path.suffix in KINDS
        and not str(path.relative_to(ROOT / addon)).startswith(ABOUT)
        and "scim" in path.read_text().lower()
    ]
    assert not named
