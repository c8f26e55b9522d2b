# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One person and package of a supplier's bill."""

from odoo import api, fields, models


class SvaBillLine(models.Model):
    _name = "sva.bill.line"
    _description = "SVA Supplier's Bill Line"
    _inherit = ["sva.number.mixin", "write.guard.mixin"]
    _order = "bill_id desc, cpf_cnpj, id"
    _rec_name = "cpf_cnpj"

    bill_id = fields.Many2one(
        comodel_name="sva.bill",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="bill_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(related="bill_id.month", store=True)
    cpf_cnpj = fields.Char(
        string="CPF", search="_search_cpf_cnpj", required=True, readonly=True
    )
    sva_user_id = fields.Many2one(
        comodel_name="sva.user", string="SVA User", readonly=True, ondelete="set null"
    )
    package_id = fields.Many2one(
        comodel_name="sva.package", readonly=True, ondelete="set null"
    )
    product_id = fields.Many2one(
        comodel_name="product.product", readonly=True, ondelete="set null"
    )
    active_days = fields.Integer(
        readonly=True, help="Days of the month on which the platform had it active."
    )
    cost = fields.Monetary(readonly=True, help="By the cost of the product.")
    revenue = fields.Monetary(
        readonly=True, help="What was invoiced in the month, without taxes."
    )
    margin = fields.Monetary(
        compute="_compute_margin", store=True, help="Revenue less cost."
    )
    is_billed = fields.Boolean(string="Billed by the Platform", readonly=True)
    has_billed_days = fields.Boolean(readonly=True)
    billed_days = fields.Integer(readonly=True)
    other_days = fields.Integer(
        string="Days of Other Packages",
        readonly=True,
        help="Where the platform's bill names no package, the billed days are those of "
        "all packages.",
    )
    billed_amount = fields.Monetary(readonly=True)
    billed_package = fields.Char(
        string="Package on the Bill",
        readonly=True,
        help="Its code on the platform's bill, where we know of no such user.",
    )
    difference = fields.Selection(
        selection=[
            ("not_billed", "Active, but not billed"),
            ("not_active", "Billed, but not active"),
            ("days", "Other days"),
        ],
        compute="_compute_difference",
        store=True,
        index="btree_not_null",
    )

    @api.depends("revenue", "cost")
    def _compute_margin(self):
        for line in self:
            line.margin = line.revenue - line.cost

    @api.depends(
        "active_days",
        "is_billed",
        "has_billed_days",
        "billed_days",
        "other_days",
        "bill_id.is_compared",
    )
    def _compute_difference(self):
        for line in self:
            difference = False
            if line.is_billed and not line.active_days:
                difference = "not_active"
            elif line.bill_id.is_compared and not line.is_billed:
                difference = "not_billed"
            elif line.has_billed_days and (
                line.billed_days != line.active_days + line.other_days
            ):
                difference = "days"
            line.difference = difference
