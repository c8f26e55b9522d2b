# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the chatter says of a new record is in one language."""

from odoo import models


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    def _creation_message(self):
        # a program that names no language is given “Contract criado” otherwise: the
        # sentence in the user's language, the name of the model in English
        return super(MailThread, self._fallback_lang())._creation_message()
