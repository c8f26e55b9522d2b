# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is written while nobody is at work is in the company's language."""

from odoo import SUPERUSER_ID, models


class ChatterLanguageMixin(models.AbstractModel):
    """Scheduled actions, and programs that say no language, speak the company's.

    The values of a selection are stored with the message, in the language of whoever
    has written it. For models that have ``mail.thread`` and ``company_id``.
    """

    _name = "chatter.language.mixin"
    _description = "Chatter in One Language"

    def _in_unattended_language(self):
        """These records of one company, in the language in which to write of them."""
        if self.env.uid != SUPERUSER_ID and self.env.context.get("lang"):
            return self
        return self.with_context(lang=self.company_id._unattended_lang())

    def _creation_message(self):
        return super(
            ChatterLanguageMixin, self._in_unattended_language()
        )._creation_message()

    def _mail_track(self, tracked_fields, initial_values):
        # One call is made for all that a transaction has changed, in the context of
        # what was changed first: so the language is found for each record.
        record = self._in_unattended_language()
        if record.env.lang != self.env.lang:
            attributes = ("string", "type", "selection", "currency_field")
            tracked_fields = record.fields_get(tracked_fields, attributes)
        return super(ChatterLanguageMixin, record)._mail_track(
            tracked_fields, initial_values
        )

    def _selection_label(self, name):
        """The label of a selection field's value, in the user's language."""
        return dict(self._fields[name]._description_selection(self.env))[self[name]]
