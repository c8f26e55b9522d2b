# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The daily action tells customers what is left to be told of their SVA users."""

import logging

from odoo import api, models

from odoo.addons.contract_access.transaction import guarded

_logger = logging.getLogger(__name__)


class ContractDunning(models.AbstractModel):
    _inherit = "contract.dunning"

    @api.model
    def _cron_contract_lifecycle(self):
        all_moved = super()._cron_contract_lifecycle()
        if all_moved:
            with guarded(self.env, _logger, "Customers could not be looked at"):
                self.env["sva.user"]._tell_left_behind()
        return all_moved
