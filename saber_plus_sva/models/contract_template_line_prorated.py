# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Parts of a period by days, where OCA's ``contract_variable_qty_prorated`` is."""

from odoo import api, models

from odoo.addons.contract_access.remote import check_values

#: what that addon adds: the field of a line, and its record
KIND = "qty_type"
FORMULA = "contract_variable_qty_prorated.contract_variable_qty_prorated"


class ContractTemplateLine(models.Model):
    _inherit = "contract.template.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._prorate()
        return lines

    def write(self, vals):
        check_values(self.env, vals)
        result = super().write(vals)
        if "product_id" in vals:
            self._prorate()
        return result

    @api.model
    def _prorating_formula(self):
        """OCA's formula, or None where its addon is not installed."""
        if KIND not in self._fields:
            return None
        # sudo: who sells need not read formulas
        formula = self.env.ref(FORMULA, raise_if_not_found=False)
        return formula and formula.sudo()

    def _prorate(self):
        """Have lines of SVA invoiced by days, or not, as their product says.

        A line with another formula keeps it.
        """
        formula = self._prorating_formula()
        if not formula:
            return
        wanted = self.filtered("product_id.sva_prorate")
        # sudo: whoever sells the product need not know how
        lines = wanted.filtered(lambda line: line[KIND] == "fixed").sudo()
        lines.write({KIND: "variable", "qty_formula_id": formula.id})
        others = (self - wanted).filtered("product_id.is_sva").sudo()
        others = others.filtered(lambda line: line.qty_formula_id == formula)
        others.write({KIND: "fixed", "qty_formula_id": False})


class ContractLine(models.Model):
    _inherit = "contract.line"

    def _share_to_invoice(self):
        share = super()._share_to_invoice()
        if share == 1:
            return share
        formula = self._prorating_formula()
        # it counts the days itself, where the quantity is not fixed again
        is_counted = formula and self[KIND] == "variable"
        return 1 if is_counted and self.sudo().qty_formula_id == formula else share
