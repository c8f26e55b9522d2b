# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Scheduled actions know how much time their worker has left."""

from odoo import models

from .. import worker


class IrCron(models.Model):
    _inherit = "ir.cron"

    @classmethod
    def _process_job(cls, cron_cr, job):
        with worker.scheduled_action(cron_cr.dbname, job["id"]):
            return super()._process_job(cron_cr, job)
