# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the chatters of thousands say of one step is written in a few statements."""

from odoo import models

#: the key of the context that holds the :class:`_Notes`
NOTES = "contract_access_notes"


class _Notes:
    """The notes of one tracking that are not written yet."""

    def __init__(self):
        #: by author, a record's id, body and tracking values each
        self.of = {}


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def _message_track(self, fields_iter, initial_values_dict):
        notes = _Notes()
        tracking = super(
            ContractContract, self.with_context(**{NOTES: notes})
        )._message_track(fields_iter, initial_values_dict)
        for author_id, entries in notes.of.items():
            self._write_notes(author_id, entries)
        return tracking

    def _message_log(self, *, body="", author_id=None, **options):
        notes = self.env.context.get(NOTES)
        # a program may give a context, too
        if not isinstance(notes, _Notes) or options.keys() - {"tracking_value_ids"}:
            return super()._message_log(body=body, author_id=author_id, **options)
        entry = (self.id, body, options.get("tracking_value_ids") or [])
        notes.of.setdefault(author_id, []).append(entry)
        # nobody looks at what is returned while fields are tracked
        return self.env["mail.message"]

    def _write_notes(self, author_id, entries):
        """Write notes with tracked values, as ``_message_log`` does for one.

        :param entries: a record's id, body and tracking values (commands) each
        """
        records = self.browse([id_ for id_, _body, _values in entries])
        bodies = {id_: body for id_, body, _values in entries}
        messages = records._message_log_batch(bodies, author_id=author_id)
        # sudo: as Odoo writes them
        self.env["mail.tracking.value"].sudo().create(
            [
                {**values, "mail_message_id": message.id}
                for message, (_id, _body, commands) in zip(
                    messages, entries, strict=True
                )
                for _create, _zero, values in commands
            ]
        )
