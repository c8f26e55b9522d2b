# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is overdue of an SVA user's contract."""

from odoo import fields, models

from odoo.addons.contract_access.remote import on_records


class SvaUser(models.Model):
    _inherit = "sva.user"

    company_currency_id = fields.Many2one(related="contract_id.company_currency_id")
    overdue_amount = fields.Monetary(
        related="contract_id.overdue_amount", currency_field="company_currency_id"
    )
    overdue_invoice_count = fields.Integer(related="contract_id.overdue_invoice_count")

    @on_records
    def action_show_overdue_invoices(self):
        """Open the overdue invoices of the contract.

        :return: a window action
        """
        return self.contract_id.action_show_overdue_invoices()
