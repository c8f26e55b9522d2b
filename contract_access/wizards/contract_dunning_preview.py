# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whom dunning would touch, before it is switched on."""

from odoo import api, fields, models

from ..rules import TRANSITIONS


class ContractDunningPreview(models.TransientModel):
    """One contract that the next run would move."""

    _name = "contract.dunning.preview"
    _description = "Contract Dunning Preview"
    _inherit = "write.guard.mixin"
    _order = "overdue_days desc, id"

    settings_id = fields.Many2one(
        comodel_name="contract.dunning.settings", ondelete="cascade", index=True
    )
    contract_id = fields.Many2one(
        comodel_name="contract.contract", required=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    overdue_days = fields.Integer(string="Days Overdue", aggregator="max")
    access_status = fields.Selection(related="contract_id.access_status", string="Now")
    contract_status_after = fields.Selection(
        selection=lambda self: self._status("contract_status"),
    )
    access_status_after = fields.Selection(
        selection=lambda self: self._status("access_status"), string="Access After"
    )

    @api.model
    def _status(self, name):
        contracts = self.env["contract.contract"]
        return contracts._fields[name]._description_selection(self.env)

    @api.model
    def _make(self, company, periods, settings=None):
        """List the contracts that would move by the periods that a company thinks of.

        :param periods: :class:`..rules.Periods`
        :param settings: the ``contract.dunning.settings`` that ask
        :return: one record for each contract
        """
        # sudo: reads invoices, which the result tells nothing of but the days
        moves = self.env["contract.dunning"].sudo()._moves({company: periods})
        # sudo: what is computed here is not for people to write
        previews = self.sudo().create(
            [
                {
                    "settings_id": settings and settings.id,
                    "contract_id": contract_id,
                    "overdue_days": days,
                    "contract_status_after": TRANSITIONS[name].target[0],
                    "access_status_after": TRANSITIONS[name].target[1],
                }
                for contract_id, (name, days) in moves.items()
            ]
        )
        return previews.sudo(self.env.su)

    @api.model
    def _open(self, company, periods):
        """Open that list, see :meth:`_make`."""
        preview = self._make(company, periods)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(
                "contract_access.contract_dunning_preview_action"
            ),
            "domain": [("id", "in", preview.ids)],
        }
