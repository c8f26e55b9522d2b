# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules for overdue contracts on the settings page, to be looked at before use."""

from odoo import api, models


# pylint: disable=no-wizard-in-models; it is Odoo's settings, with one more parent
class ResConfigSettings(models.TransientModel):
    _name = "res.config.settings"
    _inherit = ["res.config.settings", "contract.dunning.rules"]

    @api.model
    def get_values(self):
        return {**super().get_values(), **self._rules_in_force(self.env.company)}

    def set_values(self):
        result = super().set_values()
        self._put_in_force()
        return result
