# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What other programs are told of SVA users that were deleted."""

from odoo import models

from .sva_user_remote import REFUSALS


class SvaUserRemoval(models.Model):
    _inherit = "sva.user.removal"

    def _event(self):
        is_failed = self.sync_state == "failed"
        return (
            "failed" if is_failed else "deleted",
            self.former_user_id,
            {
                "contract_id": None,
                "state": "deleted",
                "platform_state": self.platform_state,
                "sync_state": self.sync_state,
                "code": REFUSALS.get(self.error_code, "platform_refused")
                if is_failed
                else None,
            },
        )
