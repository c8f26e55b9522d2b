# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One activity for as long as something is wrong."""

from odoo import fields, models


class SvaActivityMixin(models.AbstractModel):
    """For models with activities: one that is opened once, and closed by itself.

    It is remembered by its id: summaries are in the language of whoever they are for.
    """

    _name = "sva.activity.mixin"
    _description = "SVA Activity"

    sva_activity_id = fields.Many2one(
        comodel_name="mail.activity",
        string="Open SVA Activity",
        readonly=True,
        copy=False,
        ondelete="set null",
        index="btree_not_null",
    )

    def _sva_open_activity(self, user, summary, note):
        """Have somebody look at this record, unless somebody has been told already.

        :param user: who
        :param summary: what is the matter, in that user's language
        :param note: what there is to know
        """
        self.ensure_one()
        # sudo: whoever finds out need not be allowed to write here
        record = self.sudo()
        if not record.sva_activity_id.active:
            record.sva_activity_id = record.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=summary,
                note=note,
                user_id=user.id,
            )

    def _sva_close_activity(self):
        """It is over, whoever the activity was for."""
        # sudo: see above
        self.sudo().sva_activity_id.unlink()
