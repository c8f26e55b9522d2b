# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When the daily actions run, by the provider's clock."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import float_compare


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    contract_lifecycle_hour = fields.Float(
        string="Overdue contracts are processed at",
        help="Notices, blocks and terminations of the day, and what starts or ends on "
        "it.",
    )
    contract_actions_zone = fields.Char(string="Time Zone", readonly=True)

    @api.model
    def _contract_hours(self):
        """The xml ids of the daily actions, by the fields that set their hours."""
        return {"contract_lifecycle_hour": "contract_access.cron_contract_lifecycle"}

    @api.model
    def _contract_daily_actions(self):
        """The daily actions that there are, by the fields that set their hours."""
        found = {
            field: self.env.ref(xml_id, raise_if_not_found=False)
            for field, xml_id in self._contract_hours().items()
        }
        return {field: cron for field, cron in found.items() if cron}

    @api.model
    def get_values(self):
        return {
            **super().get_values(),
            "contract_actions_zone": self.env["ir.cron"]._actions_zone(),
            **{
                field: cron._local_hour()
                for field, cron in self._contract_daily_actions().items()
            },
        }

    def set_values(self):
        result = super().set_values()
        for field, cron in self._contract_daily_actions().items():
            # to the minute: that is what the form shows
            if float_compare(self[field], cron._local_hour(), precision_digits=2):
                cron.nextcall = cron._next_at(self[field])
        return result

    @api.constrains(lambda self: self._contract_hours())
    def _check_hours(self):
        for settings in self:
            if any(not 0 <= settings[field] < 24 for field in self._contract_hours()):
                raise ValidationError(
                    self.env._("A daily action runs at an hour from 0:00 to 23:59.")
                )
