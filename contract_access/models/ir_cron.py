# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Daily actions run at an hour of the provider's clock, not of the server's."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL


class IrCron(models.Model):
    _inherit = "ir.cron"

    @api.model
    def _actions_by_the_clock(self):
        """The xml ids of the daily actions whose hour people choose."""
        return ("contract_access.cron_contract_lifecycle",)

    @api.model
    def _actions_zone(self):
        """The time zone of their hours: where the first company is."""
        return self.env.ref("base.main_company")._time_zone()

    def _local_hour(self, moment=None):
        """When a daily action runs, in hours after midnight.

        :param moment: a naive datetime in UTC; without it, the next run
        """
        self.ensure_one()
        utc = (moment or self.nextcall).replace(tzinfo=UTC)
        local = utc.astimezone(ZoneInfo(self._actions_zone()))
        return local.hour + local.minute / 60 + local.second / 3600

    def _next_at(self, hour):
        """The next moment at which it is that hour where the provider is.

        :param hour: hours after midnight
        :return: a naive datetime in UTC
        """
        zone = ZoneInfo(self._actions_zone())
        now = fields.Datetime.now().replace(tzinfo=UTC).astimezone(zone)
        seconds = round(hour * 3600)
        clock = (datetime.min + timedelta(seconds=seconds)).time()
        moment = datetime.combine(now.date(), clock, zone)
        if moment <= now:
            moment = datetime.combine(now.date() + timedelta(days=1), clock, zone)
        return moment.astimezone(UTC).replace(tzinfo=None)

    @api.model
    def _reschedule_later(self, job):
        result = super()._reschedule_later(job)
        by_the_clock = {
            self.env["ir.model.data"]._xmlid_to_res_id(xml_id)
            for xml_id in self._actions_by_the_clock()
        }
        is_daily = (job["interval_type"], job["interval_number"]) == ("days", 1)
        # one that was only triggered is not due yet
        is_over = job["nextcall"] <= fields.Datetime.now()
        if is_daily and is_over and job["id"] in by_the_clock:
            # the same hour on the day on which the clocks are changed, too
            hour = self.browse(job["id"])._local_hour(job["nextcall"])
            self.env.cr.execute(
                SQL(
                    "UPDATE ir_cron SET nextcall = %s WHERE id = %s",
                    self._next_at(hour),
                    job["id"],
                )
            )
        return result
