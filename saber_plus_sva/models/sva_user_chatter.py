# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is done to many contracts at once leaves one line in each."""

from odoo import models

from .sva_engine import AT_ONCE


class SvaUser(models.Model):
    _inherit = "sva.user"

    def _track_finalize(self):
        # The status follows the contract, whose chatter says what has happened: of
        # thousands, the same once more would double the work.
        tracked = self.env.cr.precommit.data.get(f"mail.tracking.{self._name}", {})
        if len(tracked) > AT_ONCE:
            for before in filter(None, tracked.values()):
                before.pop("state", None)
        return super()._track_finalize()
