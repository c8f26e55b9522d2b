"""``make i18n``: write the translation template, and merge it into the translations."""

import polib

from .console import main, run, say, step
from .database import Databases
from .env import Environment
from .odoo import Odoo
from .paths import ROOT, STATE
from .postgres import postgres

FOLDER = ROOT / "saber_plus_sva" / "i18n"
TEMPLATE = FOLDER / "saber_plus_sva.pot"


def _main() -> int:
    environment = Environment.current()
    with postgres(environment.cache) as pg:
        odoo = Odoo(environment, pg)
        databases = Databases(odoo)
        name = databases.copy("i18n")
        databases.install(name)
        with step("Exporting the terms"):
            export(odoo, name)
        databases.drop(name)
    for path in sorted(FOLDER.glob("*.po")):
        untranslated = merge(path)
        say(f"{path.name}: {untranslated} terms are not translated")
    return 0


def export(odoo: Odoo, database: str, target=TEMPLATE) -> None:
    """Write the template of a database that has the addon installed."""
    config = odoo.config(database)
    run(
        odoo.command("i18n export", config, "--output", target, "saber_plus_sva"),
        what="Exporting the terms",
        env=odoo.pg,
        log=STATE / "i18n.log",
    )
    template = polib.pofile(str(target))
    # they change with every export, and say nothing
    for name in ("POT-Creation-Date", "PO-Revision-Date"):
        template.metadata.pop(name, None)
    template.save()


def merge(path) -> int:
    """Bring a translation's terms up to date; return how many lack a translation."""
    translation = polib.pofile(str(path))
    template = polib.pofile(str(TEMPLATE))
    translation.merge(template)
    for entry in translation.obsolete_entries():
        translation.remove(entry)
    order = {entry.msgid: place for place, entry in enumerate(template)}
    translation.sort(key=lambda entry: order[entry.msgid])
    translation.save()
    return len(translation.untranslated_entries() + translation.fuzzy_entries())


if __name__ == "__main__":
    main(_main)
