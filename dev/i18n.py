"""``make i18n``: write the templates, and merge them into the translations."""

from pathlib import Path

import polib

from .console import main, run, say, step
from .database import reach
from .odoo import Odoo
from .paths import ROOT, STATE
from .testing import ADDONS


def _main() -> int:
    with (
        reach() as databases,
        databases.fresh("i18n") as name,
        step("Exporting the terms"),
    ):
        for addon in ADDONS:
            export(databases.odoo, name, addon)
    for addon in ADDONS:
        for path in sorted(template(addon).parent.glob("*.po")):
            untranslated = merge(path, template(addon))
            say(f"{addon}, {path.name}: {untranslated} terms are not translated")
    return 0


def template(addon: str) -> Path:
    """The path of an addon's translation template."""
    return ROOT / addon / "i18n" / f"{addon}.pot"


def export(odoo: Odoo, database: str, addon: str) -> None:
    """Write an addon's template from a database that has it installed."""
    target = template(addon)
    config = odoo.config(database)
    run(
        odoo.command("i18n export", config, "--output", target, addon),
        what="Exporting the terms",
        env=odoo.pg,
        log=STATE / "i18n.log",
    )
    exported = polib.pofile(str(target))
    # they change with every export, and say nothing
    for name in ("POT-Creation-Date", "PO-Revision-Date"):
        exported.metadata.pop(name, None)
    exported.save()


def merge(path: Path, source: Path) -> int:
    """Bring a translation's terms up to date; return how many lack a translation."""
    translation = polib.pofile(str(path))
    exported = polib.pofile(str(source))
    translation.merge(exported)
    for entry in translation.obsolete_entries():
        translation.remove(entry)
    order = {entry.msgid: place for place, entry in enumerate(exported)}
    translation.sort(key=lambda entry: order[entry.msgid])
    translation.save()
    return len(translation.untranslated_entries() + translation.fuzzy_entries())


if __name__ == "__main__":
    main(_main)
