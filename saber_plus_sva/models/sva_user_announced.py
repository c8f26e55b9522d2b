# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What other programs are told of SVA users."""

from odoo import models


class SvaUser(models.Model):
    _inherit = "sva.user"

    def _outcome_values(self, outcome, sealed):
        values = super()._outcome_values(outcome, sealed)
        if outcome.password_delivered:
            # a change that has left nothing to compare
            values["announced"] = False
        return values

    def _event(self):
        is_failed = self.sync_state == "failed"
        code, _message = self._sync_problem() if is_failed else (None, "")
        return (
            "failed" if is_failed else "settled",
            self.id,
            {
                "contract_id": self.contract_id.id,
                "state": self.state,
                "platform_state": self.platform_state,
                "sync_state": self.sync_state,
                "code": code,
            },
        )
