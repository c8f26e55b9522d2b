# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The same for many contracts, chosen in their list."""

from odoo import models

from odoo.addons.contract_access.remote import on_records


class ContractContract(models.Model):
    _inherit = "contract.contract"

    @on_records
    def action_sva_bulk(self, operation="activate"):
        """Open a new bulk operation on these contracts. Nothing is done yet.

        :param operation: ``activate``, ``block``, ``release``, ``deactivate`` or
            ``sync``
        :return: a window action
        :raises UserError: they are of several companies, more than the list hands over,
            or there is no such operation
        """
        return self.env["sva.bulk.operation"]._begin(self, operation)._open()
