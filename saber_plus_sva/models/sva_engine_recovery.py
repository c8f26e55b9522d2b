# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a process that was killed has left behind."""

import logging
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.contract_access.transaction import run

from ..client.errors import Unavailable
from ..engine.backoff import wait_before_retry
from .sva_engine import BATCH_SECONDS, MODELS

_logger = logging.getLogger(__name__)

#: the first time may have been an update of the server; from then on it is told
TOLERATED = 1


class SvaEngine(models.AbstractModel):
    """A claim whose lease is over was never settled: the process is gone."""

    _inherit = "sva.engine"

    @api.model
    def _recover(self, integration):
        """Free what killed processes had claimed, and tell of it. Commits."""
        if not any(self._abandoned(integration).values()):
            return
        counts, is_repeated = run(self.env, partial(self._free, integration))
        for token, count in counts.items():
            _logger.warning(
                "%s: a batch of %d rows was killed (%s)",
                integration._log_name(),
                count,
                token,
            )
        if is_repeated:
            integration._tell_of_kills()

    @api.model
    def _abandoned(self, integration):
        """Rows by model whose lease is over without having been settled."""
        over = (
            Domain("integration_id", "=", integration.id)
            & Domain("lease_token", "!=", False)
            & Domain("lease_until", "<=", fields.Datetime.now())
        )
        return {name: self.env[name].search(over) for name in MODELS}

    @api.model
    def _free(self, integration):
        """Free them; what was killed again and again is left alone for a while.

        :return: how many rows there were of each claim, and whether any of them had
            been in one before
        """
        self._begin_own_work()
        now = fields.Datetime.now()
        counts = {}
        is_repeated = False
        for rows in self._abandoned(integration).values():
            for row in rows.try_lock_for_update():
                counts[row.lease_token] = counts.get(row.lease_token, 0) + 1
                values = {
                    "lease_token": False,
                    "lease_until": False,
                    "kill_count": row.kill_count + 1,
                }
                if row.kill_count >= TOLERATED:
                    is_repeated = True
                    wait = timedelta(seconds=wait_before_retry(row.kill_count))
                    values["next_sync_date"] = now + wait
                    values |= row._failure_values(Unavailable("killed"))
                row.write(values)
        longest = integration._longest_work(BATCH_SECONDS)
        self.env["sva.api.call"]._give_up(integration, now - timedelta(seconds=longest))
        return counts, is_repeated
