# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When a contract rests because its customer has asked for it, and since when not."""

from odoo import api, fields, models
from odoo.tools import format_date

from ..suspension import DAY

#: what stands in the way of another one
OPEN_STATES = ("planned", "running")


class ContractSuspension(models.Model):
    """A suspension at the customer's request; written by the contract's buttons only.

    A customer who owes nothing may ask for it, free of charge (Anatel, Regulamento
    Geral dos Direitos do Consumidor, Resolução 765/2023).
    """

    _name = "contract.suspension"
    _description = "Contract Suspension"
    _inherit = "write.guard.mixin"
    _order = "date_start desc, id desc"
    _rec_name = "contract_id"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="contract_id.company_id", store=True)
    date_start = fields.Date(string="First Day", required=True, readonly=True)
    date_end = fields.Date(string="Last Day", required=True, readonly=True)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Requested through",
        required=True,
        readonly=True,
        help="Who has taken the customer's request.",
    )
    ended_on = fields.Date(
        readonly=True,
        help="The day on which it was ended early, or cancelled before it began. The "
        "service runs again from this day on.",
    )
    ended_by_id = fields.Many2one(
        comodel_name="res.users", string="Ended by", readonly=True
    )
    state = fields.Selection(
        selection=[
            ("planned", "Planned"),
            ("running", "Running"),
            ("over", "Over"),
            ("ended", "Ended early"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
    )

    _check_days = models.Constraint(
        "CHECK (date_start <= date_end)",
        "A suspension cannot end before it begins.",
    )

    @api.depends("date_start", "date_end", "ended_on", "company_id")
    def _compute_state(self):
        for suspension in self:
            suspension.state = suspension._state_on(suspension._today())

    def _state_on(self, day):
        """Where the suspension stands on a day."""
        self.ensure_one()
        if self.ended_on:
            return "cancelled" if self.ended_on <= self.date_start else "ended"
        if day < self.date_start:
            return "planned"
        return "running" if day <= self.date_end else "over"

    def _today(self):
        return (self.company_id or self.env.company)._today()

    def _length(self):
        """How long it lasts as it was asked for."""
        return self.date_end - self.date_start + DAY

    def _end(self):
        """The service runs again today; one that is to come does not come."""
        for suspension in self:
            today = suspension._today()
            # sudo: lines are billed, which the front desk has no rights for; the
            # suspension is written here only
            suspension = suspension.sudo()
            lines = suspension.contract_id.contract_line_ids
            if today <= suspension.date_start:
                lines._undo_suspension(suspension)
            else:
                lines._resume(suspension, today)
            suspension.write({"ended_on": today, "ended_by_id": self.env.uid})

    def _explain(self):
        """From when to when the contract rests, in the user's language."""
        self.ensure_one()
        days = {
            "start": format_date(self.env, self.date_start),
            "end": format_date(self.env, self.date_end),
        }
        if self.state == "planned":
            return self.env._(
                "A suspension was asked for, from %(start)s to %(end)s.",
                **days,
            )
        return self.env._("Suspended on request, from %(start)s to %(end)s.", **days)
