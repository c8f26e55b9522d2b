# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The dialogs that a contract opens."""

from odoo import models

from ..remote import on_one_record


class ContractContract(models.Model):
    _inherit = "contract.contract"

    @on_one_record
    def action_open_disputes(self):
        """Choose which of the contract's open invoices the customer disputes.

        :return: a window action
        """
        dispute = self.env["contract.dispute"].create({"contract_id": self.id})
        return self._dialog(dispute, self.env._("Disputed Invoices"))

    @on_one_record
    def action_preview_dunning(self):
        """Open what dunning would do with this contract, and why.

        :return: a window action
        """
        self.check_access("read")
        previews = self.env["contract.dunning.preview"]
        previews.check_access("read")
        preview = previews._make_for(self)
        return self._dialog(preview, self.env._("What dunning would do"))

    @staticmethod
    def _dialog(record, name):
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
            "target": "new",
        }
