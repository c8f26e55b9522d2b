# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Work that is killed again and again is an incident, as a platform that is away is."""

from odoo import models

from .sva_engine import MODELS
from .sva_engine_recovery import TOLERATED
from .sva_integration import INCIDENT


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    def _has_killed_work(self):
        """Whether there is work that was killed again and again, and never done."""
        killed = [("integration_id", "=", self.id), ("kill_count", ">", TOLERATED)]
        return any(self.env[name].search_count(killed, limit=1) for name in MODELS)

    def _tell_of_kills(self):
        self._afterwards(
            lambda: self._open_occasion(
                INCIDENT, lambda integration: integration._explain("killed", None)
            )
        )

    def _kills_are_over(self):
        """Called where work was done that had been killed again and again."""
        if not self._is_paused() and not self._has_killed_work():
            self._close_occasion(INCIDENT)

    def _connection_is_back(self):
        if not self._has_killed_work():
            return super()._connection_is_back()
        return None
