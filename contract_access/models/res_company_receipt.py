# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider's numbers for the receipts of cancellation, and whether they are sent."""

from odoo import api, fields, models

RECEIPT_CODE = "contract.termination.receipt"


class ResCompany(models.Model):
    _inherit = "res.company"

    contract_notify_terminated = fields.Boolean(string="When terminated", default=True)

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._create_receipt_sequences()
        return companies

    @api.model
    def _create_all_receipt_sequences(self):
        """Called on installation: for the companies that there are already."""
        companies = self.with_context(active_test=False).search([(1, "=", 1)])
        companies._create_receipt_sequences()

    def _create_receipt_sequences(self):
        # sudo: whoever makes a company need not administer sequences
        sequences = self.env["ir.sequence"].sudo()
        numbered = sequences.search([("code", "=", RECEIPT_CODE)]).company_id
        sequences.create(
            [
                {
                    "name": "Contract: receipts of cancellation",
                    "code": RECEIPT_CODE,
                    "company_id": company.id,
                    "prefix": "%(year)s/",
                    "padding": 6,
                }
                for company in self - numbered
            ]
        )

    def _next_receipt_number(self):
        """A number that no other receipt of the company has."""
        self.ensure_one()
        self._create_receipt_sequences()  # somebody may have deleted it
        # sudo: sequences are for administrators
        return (
            self.env["ir.sequence"]
            .sudo()
            .with_company(self)
            .next_by_code(RECEIPT_CODE, self._today())
        )
