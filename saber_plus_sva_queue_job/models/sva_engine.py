# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Batches of one account in several jobs at once."""

from odoo import api, models

from odoo.addons.queue_job.job import STARTED

from .sva_wakeup import ENGINE


class SvaEngine(models.AbstractModel):
    _inherit = "sva.engine"

    @api.model
    def _slots_wanted(self, integration):
        hands = len(self.env["sva.wakeup"]._jobs(ENGINE, (STARTED,))) or 1
        # rounded up: a slot too many is a call more at once, never one too many
        share = -(-integration.max_concurrency // hands)
        return min(super()._slots_wanted(integration), share)
