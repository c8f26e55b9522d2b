# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's lines hand their type of service on, and may activate SVA."""

from odoo import api, fields, models


class ContractLine(models.Model):
    _inherit = "contract.line"

    cut_by_termination = fields.Boolean(copy=False, readonly=True)
    date_end_before_termination = fields.Date(copy=False, readonly=True)
    auto_renew_before_termination = fields.Boolean(copy=False, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        # flows that make the contract first and its lines after it
        sva = lines.filtered(lambda line: line.service_type == "sva")
        sva.contract_id.filtered("sva_auto_activate")._sva_auto_activate()
        return lines

    def _remember_before_termination(self):
        """Keep what a termination is about to overwrite, to be able to undo it."""
        for line in self.filtered(lambda line: not line.cut_by_termination):
            line.write(
                {
                    "cut_by_termination": True,
                    "date_end_before_termination": line.date_end,
                    "auto_renew_before_termination": line.is_auto_renew,
                }
            )

    def _restore_from_termination(self):
        """Undo what a termination has cut; OCA leaves the lines as they are."""
        for line in self.filtered("cut_by_termination"):
            if line.is_canceled:
                line.uncancel(line.recurring_next_date or line.date_start)
            line.write(
                {
                    "date_end": line.date_end_before_termination,
                    "is_auto_renew": line.auto_renew_before_termination,
                    "cut_by_termination": False,
                    "date_end_before_termination": False,
                    "auto_renew_before_termination": False,
                }
            )

    def _prepare_invoice_line(self):
        return {**super()._prepare_invoice_line(), "service_type": self.service_type}
