# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""OCA's addons speak the language that we translate them to."""

from collections import defaultdict

from odoo import models
from odoo.tools import file_open
from odoo.tools.misc import ReadonlyDict
from odoo.tools.translate import code_translations, translation_file_reader

#: what OCA's addons lack in this language is in the file of that name in i18n_extra
LANGUAGE = "pt_BR"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def _register_hook(self):
        """Let OCA's addons find the messages of their code that we translate for them.

        Of ``i18n_extra`` Odoo loads what is kept in the database: labels and views. A
        message in code is looked up in the files of the module that says it and nowhere
        else, so ours are put beside those. What OCA translates wins.
        """
        super()._register_hook()
        lacking = defaultdict(dict)
        with file_open(f"contract_access/i18n_extra/{LANGUAGE}.po", "rb") as file:
            for row in translation_file_reader(file):
                if row["type"] == "code":
                    lacking[row["module"]][row["src"]] = row["value"]
        for module, messages in lacking.items():
            theirs = code_translations.get_python_translations(module, LANGUAGE)
            code_translations.python_translations[module, LANGUAGE] = ReadonlyDict(
                {**messages, **theirs}
            )
