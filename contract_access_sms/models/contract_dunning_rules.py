# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import api, fields, models


class ContractDunningRules(models.AbstractModel):
    _inherit = "contract.dunning.rules"

    contract_notice_sms = fields.Selection(
        selection=lambda self: self._options("contract_notice_sms"),
        string="By SMS",
        help="Each SMS is paid for. A notice counts as delivered when the telephone "
        "has received it.",
    )

    @api.model
    def _rule_fields(self):
        return (*super()._rule_fields(), "contract_notice_sms")

    def action_edit_texts(self):
        """Open the texts of the notices that are sent by SMS."""
        notices = self.env["contract.notice"]
        templates = [
            notices._template(xml_id) for xml_id in notices._sms_templates().values()
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Texts by SMS"),
            "res_model": "sms.template",
            "view_mode": "list,form",
            "domain": [("id", "in", [row.id for row in templates if row])],
        }
