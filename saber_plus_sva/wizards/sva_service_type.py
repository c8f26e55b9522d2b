# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The type of service of an invoice line, where the product's is not right."""

from odoo import api, fields, models

from odoo.addons.contract_access.remote import on_one_record

from ..models.contract_template_line import SERVICE_TYPES


class SvaServiceType(models.TransientModel):
    """Asks for the right type of service, and for the reason."""

    _name = "sva.service.type"
    _description = "Correct Service Type"
    _inherit = "write.guard.mixin"

    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        required=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.context.get("active_id"),
    )
    line_id = fields.Many2one(
        comodel_name="account.move.line",
        string="Invoice Line",
        required=True,
        ondelete="cascade",
        domain="[('move_id', '=', move_id), ('display_type', '=', 'product')]",
    )
    current_type = fields.Selection(
        related="line_id.service_type", string="Current Type"
    )
    service_type = fields.Selection(
        selection=SERVICE_TYPES, string="Correct Type", required=True
    )
    reason = fields.Char(required=True)

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"line_id", "service_type", "reason"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"move_id"}

    @on_one_record
    def action_correct(self):
        """Correct the line's type of service, posted or not; the invoice says why."""
        line = self.line_id
        former, wanted = self.current_type, self.service_type
        labels = dict(self._fields["service_type"]._description_selection(self.env))
        line.write(
            {"service_type_correction": wanted, "service_type_reason": self.reason}
        )
        line.move_id.message_post(
            body=self.env._(
                "The type of service of “%(line)s” is %(wanted)s, not %(former)s: "
                "%(reason)s",
                line=line.product_id.display_name or line.name,
                wanted=labels[wanted],
                former=labels.get(former, "–"),
                reason=self.reason,
            )
        )
        return {"type": "ir.actions.act_window_close"}
