# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The sales plan, whose fields are the contract's too."""

from odoo import fields, models


class ContractTemplate(models.Model):
    _name = "contract.template"
    _inherit = ["contract.template", "write.guard.mixin"]

    # sudo: an operator may not read the journal that it is computed from
    pricelist_id_domain = fields.Binary(compute_sudo=True)
