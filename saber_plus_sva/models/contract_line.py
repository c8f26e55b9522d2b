# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's lines hand their type of service on, and may activate SVA."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import check_ids
from odoo.addons.contract_access.transaction import touch

from .sva_billing_mismatch import REASONS


class ContractLine(models.Model):
    _inherit = "contract.line"

    sva_mismatch = fields.Selection(
        selection=REASONS,
        string="Bill and Access",
        compute="_compute_sva_mismatch",
        help="What is billed without access, and what may be used without a bill.",
    )

    @api.depends_context("uid")
    def _compute_sva_mismatch(self):
        found = self.env["sva.billing.mismatch"]
        if self.env.user._is_internal():
            found = found._of_few([("contract_line_id", "in", self.ids)])
        reasons = {row.contract_line_id.id: row.reason for row in found}
        for line in self:
            line.sva_mismatch = reasons.get(line._origin.id, False)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        # flows that make the contract first and its lines after it; what is sold on is
        # not sold anew: a user that was deleted does not come back by a renewal
        sva = lines.filtered(
            lambda line: (
                line.service_type == "sva"
                and line.predecessor_contract_line_id.service_type != "sva"
            )
        )
        sva.contract_id.filtered("sva_auto_activate")._sva_auto_activate(sva)
        return lines

    def unlink(self):
        check_ids(self)
        touch(self.contract_id)
        return super().unlink()

    def _inherited_sva_rivals(self):
        # what continues a line stands beside whom that one stood beside
        former = self.predecessor_contract_line_id
        rivals = former._sva_rivals() if former else {}
        inherited = {}
        for line in self:
            if others := rivals.get(line.predecessor_contract_line_id):
                inherited[line] = others | others.successor_contract_line_id
        return inherited
