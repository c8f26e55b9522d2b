# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A company's rules for overdue contracts, to be looked at before they are in force."""

from odoo import api, fields, models

from ..rules import Periods

#: after notice, 15 days until suspension and 60 more until the contract may end
#: (Anatel, Resolução 632/2014, articles 90 to 93)
PROPOSED = Periods(overdue=1, block=15, cancel=75)
PERIOD_FIELDS = {
    "overdue": "contract_overdue_after_days",
    "block": "contract_block_after_days",
    "cancel": "contract_cancel_after_days",
}
#: named alike here and on the company
RULE_FIELDS = (
    *PERIOD_FIELDS.values(),
    "contract_trust_days",
    "contract_release_by",
    "contract_release_limit",
    "contract_notify_overdue",
    "contract_notify_blocked",
    "contract_notify_released",
)


class ContractDunningRules(models.AbstractModel):
    """What a form holds before it is saved.

    Not related to the company's fields: those are written as soon as the form's record
    is, and a preview must come before anything is switched on. Who inherits has
    ``company_id``.
    """

    _name = "contract.dunning.rules"
    _description = "Contract Dunning Rules"

    contract_dunning = fields.Boolean(string="Dunning")
    contract_overdue_after_days = fields.Integer(string="Overdue after")
    contract_block_after_days = fields.Integer(string="Block after")
    contract_cancel_after_days = fields.Integer(string="Cancel after")
    contract_trust_days = fields.Integer(
        string="Days of trust",
        help="Days without an automatic block after a release by hand.",
    )
    contract_release_by = fields.Selection(
        selection=lambda self: self._release_by(), string="Who may release"
    )
    contract_release_limit = fields.Integer(
        string="Releases in 30 days",
        help="How often the front desk may release the same contract within 30 days; "
        "managers always may. 0 is no limit.",
    )
    contract_notify_overdue = fields.Boolean(string="When overdue")
    contract_notify_blocked = fields.Boolean(string="When blocked")
    contract_notify_released = fields.Boolean(string="When released")

    @api.model
    def _release_by(self):
        companies = self.env["res.company"]
        return companies._fields["contract_release_by"]._description_selection(self.env)

    @api.onchange("contract_dunning")
    def _onchange_contract_dunning(self):
        chosen = self._dunning_periods()
        if self.contract_dunning and not chosen:
            self._propose(PROPOSED)
        elif not self.contract_dunning and chosen:
            self._propose(Periods())

    @api.model
    def _rules_in_force(self, company):
        """The values of a company's rules."""
        return {
            "contract_dunning": bool(company._dunning_periods()),
            **{name: company[name] for name in RULE_FIELDS},
        }

    def _put_in_force(self):
        """Have the company follow these rules."""
        self.company_id.write({name: self[name] for name in RULE_FIELDS})

    def action_edit_notices(self):
        """Open the e-mail templates of the notices.

        Whoever may not edit templates in this database, reads them.
        """
        templates = self.env["mail.template"]
        for occasion in ("overdue", "blocked", "released"):
            templates += self.env.ref(f"contract_access.mail_template_{occasion}")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices"),
            "res_model": "mail.template",
            "view_mode": "list,form",
            "domain": [("id", "in", templates.ids)],
        }

    def _dunning_periods(self):
        return Periods(**{key: self[name] for key, name in PERIOD_FIELDS.items()})

    def _propose(self, periods):
        for key, name in PERIOD_FIELDS.items():
            self[name] = getattr(periods, key)
