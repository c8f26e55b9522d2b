# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which e-mails customers get, for managers who do not administer the system."""

from odoo import api, fields, models

from ..models.res_company_sva_mail import MAIL_FIELDS


class SvaMailSettings(models.TransientModel):
    """One company's switches; administrators find them on Odoo's settings page, too."""

    _name = "sva.mail.settings"
    _description = "SVA E-mails to Customers"
    _inherit = "company.settings.mixin"

    sva_mail_welcome = fields.Boolean(
        string="Welcome", help="When the platform has the new user: login and package."
    )
    sva_mail_password = fields.Boolean(
        string="Password changed",
        help="When the platform has a new password. The password is not in the mail.",
    )
    sva_mail_blocked = fields.Boolean(
        string="Blocked", help="When the platform has blocked the user."
    )
    sva_mail_released = fields.Boolean(
        string="Released", help="When the platform lets the user in again."
    )
    sva_mail_cancelled = fields.Boolean(
        string="Cancelled", help="When the platform has disabled the user."
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {*MAIL_FIELDS}

    @api.model
    def _rules_in_force(self, company):
        return {name: company[name] for name in MAIL_FIELDS}

    def _put_in_force(self):
        self.company_id.write({name: self[name] for name in MAIL_FIELDS})

    def action_edit_sva_mails(self):
        """Open the templates of the e-mails; see the settings' method."""
        return self.env["res.config.settings"].action_edit_sva_mails()
