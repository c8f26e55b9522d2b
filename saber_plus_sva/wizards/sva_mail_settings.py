# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which e-mails customers get, for managers who do not administer the system."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import check_names, on_one_record

from ..models.res_company_sva_mail import MAIL_FIELDS


class SvaMailSettings(models.TransientModel):
    """One company's switches; administrators find them on Odoo's settings page, too."""

    _name = "sva.mail.settings"
    _description = "SVA E-mails to Customers"
    _inherit = "write.guard.mixin"

    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
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
    def _open_to_create(self):
        return super()._open_to_create() | {"company_id"}

    @api.model
    def default_get(self, fields):
        check_names(self.env, "fields", fields)
        company = self.env.company
        return {
            **{name: company[name] for name in MAIL_FIELDS if name in fields},
            **super().default_get(fields),
        }

    @on_one_record
    def action_save(self):
        """Have the company's customers get these e-mails.

        :return: a window action
        """
        self.check_access("write")
        # sudo: companies are for administrators; these few fields are for managers of
        # SVA, who alone may have this record, of a company of their own
        self.sudo().company_id.write({name: self[name] for name in MAIL_FIELDS})
        return {"type": "ir.actions.act_window_close"}

    def action_edit_sva_mails(self):
        """Open the templates of the e-mails; see the settings' method."""
        return self.env["res.config.settings"].action_edit_sva_mails()
