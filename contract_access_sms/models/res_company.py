# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    contract_notice_sms = fields.Selection(
        selection=[
            ("never", "Never"),
            ("no_email", "Where there is no e-mail address"),
            ("always", "Always, beside the e-mail"),
        ],
        string="Notices by SMS",
        # not required: where another addon is loaded before this one, as while it is
        # updated, companies are created without it
        default="never",
    )
