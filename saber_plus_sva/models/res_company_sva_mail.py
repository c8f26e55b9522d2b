# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which e-mails a provider's customers get about their SVA users."""

from odoo import fields, models

MAIL_FIELDS = (
    "sva_mail_welcome",
    "sva_mail_password",
    "sva_mail_blocked",
    "sva_mail_released",
    "sva_mail_cancelled",
)


class ResCompany(models.Model):
    _inherit = "res.company"

    sva_mail_welcome = fields.Boolean(
        string="SVA: welcome",
        default=True,
        help="When the platform has the new user: login and package.",
    )
    sva_mail_password = fields.Boolean(
        string="SVA: password changed",
        default=True,
        help="When the platform has a new password. The password is not in the mail.",
    )
    # the contract's own notices say as much, unless they are switched off
    sva_mail_blocked = fields.Boolean(
        string="SVA: blocked", help="When the platform has blocked the user."
    )
    sva_mail_released = fields.Boolean(
        string="SVA: released", help="When the platform lets the user in again."
    )
    sva_mail_cancelled = fields.Boolean(
        string="SVA: cancelled", help="When the platform has disabled the user."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    sva_mail_welcome = fields.Boolean(
        related="company_id.sva_mail_welcome", readonly=False
    )
    sva_mail_password = fields.Boolean(
        related="company_id.sva_mail_password", readonly=False
    )
    sva_mail_blocked = fields.Boolean(
        related="company_id.sva_mail_blocked", readonly=False
    )
    sva_mail_released = fields.Boolean(
        related="company_id.sva_mail_released", readonly=False
    )
    sva_mail_cancelled = fields.Boolean(
        related="company_id.sva_mail_cancelled", readonly=False
    )

    def action_edit_sva_mails(self):
        """Open the templates of the e-mails about SVA users.

        Whoever may not edit templates in this database, reads them.
        """
        templates = [
            self.env.ref(xml_id, raise_if_not_found=False)
            for xml_id in self.env["sva.user"]._mail_templates().values()
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("E-mails about SVA Users"),
            "res_model": "mail.template",
            "view_mode": "list,form",
            "domain": [("id", "in", [row.id for row in templates if row])],
        }
