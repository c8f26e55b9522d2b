# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When the scheduled actions have last come to their end."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.base.models.ir_cron import CompletionStatus

#: what the promise rests on
WATCHED = (
    "saber_plus_sva.cron_sync_users",
    "saber_plus_sva.cron_reconcile",
    "saber_plus_sva.cron_reconcile_go_on",
    "saber_plus_sva.cron_fetch_packages",
    "saber_plus_sva.cron_watch",
    "contract_access.cron_contract_lifecycle",
)
#: one that is late by less is not looked at
PATIENCE = timedelta(hours=1)


class IrCron(models.Model):
    _inherit = "ir.cron"

    last_success = fields.Datetime(
        readonly=True,
        copy=False,
        help="When it has last come to its end. Odoo's own date counts failures, too.",
    )

    @api.model
    def _update_failure_count(self, job, status):
        result = super()._update_failure_count(job, status)
        if status == CompletionStatus.FULLY_DONE:
            self.env.cr.execute(
                SQL(
                    "UPDATE ir_cron SET last_success = %s WHERE id = %s",
                    fields.Datetime.now(),
                    job["id"],
                )
            )
        return result

    @api.model
    def _actions_by_the_clock(self):
        return (
            *super()._actions_by_the_clock(),
            "saber_plus_sva.cron_reconcile",
            "saber_plus_sva.cron_fetch_packages",
        )

    @api.model
    def _sva_watched(self):
        """The scheduled actions of the addons, by their xml ids.

        :return: a dict of records; an empty one where somebody has deleted it
        """
        # sudo: whether they run is no secret
        crons = self.sudo().with_context(active_test=False)
        found = {
            xml_id: self.env["ir.model.data"]._xmlid_to_res_id(xml_id)
            for xml_id in WATCHED
        }
        return {xml_id: crons.browse(found[xml_id] or ()) for xml_id in WATCHED}

    def _sva_problem(self):
        """What keeps a scheduled action from its work, by its code; None if nothing.

        What is to run more often than each hour may be late by an hour, anything else
        may miss a turn.
        """
        if not self or not self.active:
            return "action_off"
        turn = fields.Datetime.add(
            fields.Datetime.now(), **{self.interval_type: 2 * self.interval_number}
        )
        patience = max(turn - fields.Datetime.now(), PATIENCE)
        since = self.last_success or self.create_date
        return "action_late" if since < fields.Datetime.now() - patience else None
