# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Why a contract ends, in the language of whoever reads it."""

from odoo import api, fields, models
from odoo.exceptions import UserError


class ContractTerminateReason(models.Model):
    _name = "contract.terminate.reason"
    _inherit = ["contract.terminate.reason", "write.guard.mixin"]

    name = fields.Char(translate=True)
    is_automatic = fields.Boolean(
        string="Automatic",
        readonly=True,
        copy=False,
        help="Set by dunning, or by customers in the portal; not offered to users.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_automatic(self):
        if any(reason.is_automatic for reason in self):
            raise UserError(
                self.env._("A reason that is set automatically cannot be deleted.")
            )
