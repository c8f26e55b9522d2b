# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The reasons that a person may give for the end of a contract."""

from odoo import fields, models


class ContractContractTerminate(models.TransientModel):
    _inherit = "contract.contract.terminate"

    terminate_reason_id = fields.Many2one(domain=[("is_automatic", "=", False)])
