# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Odoo's and OCA's addons speak the language that we translate them to."""

from collections import defaultdict

from odoo import models
from odoo.tools import file_open
from odoo.tools.misc import ReadonlyDict
from odoo.tools.translate import (
    JAVASCRIPT_TRANSLATION_COMMENT,
    code_translations,
    translation_file_reader,
)

#: what others' addons lack in this language is in the file of that name in i18n_extra
LANGUAGE = "pt_BR"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def _register_hook(self):
        """Let others' addons find the messages of their code that we translate.

        Of ``i18n_extra`` Odoo loads what is kept in the database: labels and views. A
        message in code is looked up in the files of the module that says it and nowhere
        else, so ours are put beside those. What their own translators say wins.
        """
        super()._register_hook()
        python, web = defaultdict(dict), defaultdict(dict)
        with file_open(f"contract_access/i18n_extra/{LANGUAGE}.po", "rb") as file:
            for row in translation_file_reader(file):
                if row["type"] == "code":
                    in_browser = JAVASCRIPT_TRANSLATION_COMMENT in row["comments"]
                    lacking = web if in_browser else python
                    lacking[row["module"]][row["src"]] = row["value"]
        for module, messages in python.items():
            theirs = code_translations.get_python_translations(module, LANGUAGE)
            code_translations.python_translations[module, LANGUAGE] = ReadonlyDict(
                {**messages, **theirs}
            )
        for module, messages in web.items():
            theirs = code_translations.get_web_translations(module, LANGUAGE)
            # of two for one message, the web client takes the last
            ours = (
                ReadonlyDict({"id": source, "string": value})
                for source, value in messages.items()
            )
            code_translations.web_translations[module, LANGUAGE] = ReadonlyDict(
                {"messages": (*ours, *theirs["messages"])}
            )
