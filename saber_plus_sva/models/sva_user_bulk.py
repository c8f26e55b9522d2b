# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The same for many SVA users, chosen in their list."""

from odoo import models
from odoo.exceptions import UserError

from odoo.addons.contract_access.remote import on_records


class SvaUser(models.Model):
    _inherit = "sva.user"

    @on_records
    def action_sva_bulk(self, operation):
        """Open a new bulk operation on these users. Nothing is done yet.

        :param operation: ``deactivate`` or ``sync``; what else a contract takes is done
            to the users' contracts
        :return: a window action
        :raises UserError: they are of several integrations, more than the list hands
            over, or there is no such operation
        """
        # a contract may have one on each platform
        if len(self.integration_id) > 1:
            raise UserError(self.env._("Choose users of one SVA integration."))
        bulk = self.env["sva.bulk.operation"]._begin(
            self.contract_id, operation, integration_id=self.integration_id.id
        )
        return bulk._open()
