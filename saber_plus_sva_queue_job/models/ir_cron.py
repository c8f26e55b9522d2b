# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Scheduled actions that are run by a job of the queue."""

import time

from odoo import api, models

#: the key of the context that holds when the job must be over, on the monotonic clock
JOB_END = "sva_job_end"


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _commit_progress(self, processed=0, *, remaining=None, deactivate=False):
        """In a job, too, say how many seconds are left."""
        left = super()._commit_progress(
            processed, remaining=remaining, deactivate=deactivate
        )
        end = self.env.context.get(JOB_END)
        return left if end is None else max(min(left, end - time.monotonic()), 0)
