# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What keeps this server from calling a platform, before the platform is asked."""

from functools import partial

from odoo import models

from odoo.addons.contract_access.transaction import run

from ..client.errors import Unauthorized
from .sva_integration_home import OTHER_DATABASE

#: the failures that are ours, and over when their cause is gone
OURS = frozenset({OTHER_DATABASE, "no_key", "wrong_key"})


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    def _obstacle(self):
        """Why nothing can be sent from here: an `Unauthorized`, or None."""
        try:
            self._credentials()
        except Unauthorized as failure:
            return failure
        return None

    def _is_ready(self, now=False):
        obstacle = self._obstacle()
        if obstacle and self.active and not self._is_paused():
            # before any row is taken: without the key, a waiting password would look
            # like one that nobody can read any more
            run(self.env, partial(self._observe_connection, obstacle))
            return False
        # sudo: why no calls are made, whoever asks
        is_over = not obstacle and self.sudo().error_code in OURS
        return super()._is_ready(now or is_over)

    def _log_reason(self, error):
        # these words are ours, and say which server it is
        return str(error) if error.code in OURS else super()._log_reason(error)
