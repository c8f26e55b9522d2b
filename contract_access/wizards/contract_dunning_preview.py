# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whom dunning would touch, before it is switched on."""

from odoo import api, fields, models

from ..rules import TRANSITIONS


class ContractDunningPreview(models.TransientModel):
    """One contract that dunning would go on with, and when.

    As far as it can be told today: if nothing is paid, and each notice arrives.
    """

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
    overdue_days = fields.Integer(string="Days Overdue", aggregator="max")
    access_status = fields.Selection(related="contract_id.access_status", string="Now")
    notice_on = fields.Date(string="Notice")
    block_on = fields.Date(string="Blocking")
    terminate_on = fields.Date(string="Termination")
    access_status_after = fields.Selection(
        selection=lambda self: self._statuses(), string="After the next run"
    )
    note = fields.Char(
        compute="_compute_note", help="What has to be done before anything is blocked."
    )

    @api.model
    def _statuses(self):
        field = self.env["contract.contract"]._fields["access_status"]
        return field._description_selection(self.env)

    @api.depends("notice_on", "block_on", "terminate_on")
    def _compute_note(self):
        for preview in self:
            waits = not (preview.notice_on or preview.block_on or preview.terminate_on)
            preview.note = waits and self.env._("The notice has not arrived")

    @api.model
    def _make(self, company, rules, settings=None, contracts=None):
        """List the overdue contracts by the rules that a company thinks of.

        :param rules: :class:`..rules.DunningRules`
        :param settings: the ``contract.dunning.settings`` that ask
        :param contracts: of these; without it, of all
        :return: one record for each contract
        """
        # sudo: reads invoices, which the result tells nothing of but the days
        dunning = self.env["contract.dunning"].sudo()
        debts = dunning._candidates({company: rules}, contracts)
        moves = dunning._moves(debts, {company: rules})
        # sudo: what is computed here is not for people to write
        previews = self.sudo().create(
            [
                self._prepare(contract, debts[contract.id], rules, moves)
                | {"settings_id": settings and settings.id}
                for contract in self.env["contract.contract"].sudo().browse(debts)
                if debts[contract.id] or contract.id in moves
            ]
        )
        return previews.sudo(self.env.su)

    @api.model
    def _prepare(self, contract, debt, rules, moves):
        steps = contract._dunning_steps(debt, rules)
        values = {
            "contract_id": contract.id,
            "overdue_days": debt.days,
            "notice_on": steps.notice,
            "block_on": steps.block,
            "terminate_on": steps.terminate,
        }
        move = TRANSITIONS.get(moves.get(contract.id, (None,))[0])
        if move:
            values["access_status_after"] = move.target[1]
        return values
