# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Telling a person that something needs attention, once, until it is over."""

from markupsafe import escape

from odoo import api, fields, models

MANAGER = "contract_access.group_contract_manager"


class ActivityOccasionMixin(models.AbstractModel):
    """Opens an activity by itself, and closes it when it is over.

    What an activity is about is told by its type: there is one for each occasion, in
    ``data/mail_activity_type.xml``. A summary would not do, because it is in the
    language of the person it goes to, and anybody may reword it; nor would one
    activity per record, because a contract has several occasions. Activities that
    people have planned are left alone.

    For models that have ``mail.activity.mixin``.
    """

    _name = "activity.occasion.mixin"
    _description = "Activity for an Occasion"

    #: the group whose people are told where nobody is responsible
    _managers = MANAGER

    def _open_occasion(self, occasion, note, responsible=None):
        """Have somebody look at each of these records; once for the same occasion.

        An activity that is open already stays with whoever has it, and gets the note.

        :param occasion: the xml id of a type of activity
        :param note: what has happened, or a function that says it of a record, in the
            language of the record's context: that of the person it goes to
        :param responsible: a function that says who looks at a record; without it,
            whoever is responsible for it
        """
        if self.env.context.get("mail_activity_automation_skip"):
            return
        # sudo: somebody is told, whatever those who are at work may see or write
        records = self.sudo()
        open_already = {
            activity.res_id: activity
            for activity in records.activity_search([occasion])
        }
        kind = self.env.ref(occasion).sudo()
        new = []
        for record in records:
            activity = open_already.get(record.id)
            if activity:
                person = activity.user_id
            else:
                person = responsible(record) if responsible else record._responsible()
            record = record.with_context(lang=person.lang)
            # what a platform or an error says is text, not markup
            text = escape((note(record) if callable(note) else note) or "")
            if activity:
                activity.note = text
                continue
            new.append(
                {
                    "activity_type_id": kind.id,
                    "summary": kind.with_context(lang=person.lang).summary,
                    "note": text,
                    "automated": True,
                    "date_deadline": fields.Date.context_today(record),
                    "res_model_id": self.env["ir.model"]._get_id(self._name),
                    "res_id": record.id,
                    "user_id": person.id,
                }
            )
        # of many at once a person is told by the list of activities, not by as many
        # mails
        self.env["mail.activity"].sudo().with_context(
            mail_activity_quick_update=len(new) > 1
        ).create(new)

    def _close_occasion(self, occasion):
        """What these records needed attention for is over.

        :param occasion: the xml id of a type of activity
        """
        # sudo: it is over, whoever it was assigned to
        self.sudo().activity_unlink([occasion])

    def _responsible(self):
        """The person who looks at this record where something is the matter.

        :return: one user, see :meth:`_responsible_among`
        """
        raise NotImplementedError

    @api.model
    def _responsible_among(self, candidates, company):
        """The first of these users who works here, else a manager of the company."""
        # sudo: whom something is told is no secret
        group = self.env["ir.model.data"]._xmlid_to_res_id(self._managers)
        managers = self.env["res.groups"].sudo().browse(group).all_user_ids
        people = candidates | managers.filtered(
            lambda user: company in user.company_ids
        )
        working = people.filtered(lambda user: user.active and user._is_internal())
        return working[:1] or self.env.user
