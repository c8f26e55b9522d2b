# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A company's rules for overdue contracts, to be looked at before they are in force."""

from odoo import api, fields, models

from ..rules import REGULATORS_MINIMUM, Periods
from .res_company import (
    BUSINESS_PERIOD_FIELDS,
    PERIOD_FIELDS,
    dunning_rules_in,
    periods_in,
)

#: named alike here and on the company
RULE_FIELDS = (
    *PERIOD_FIELDS.values(),
    "contract_business_periods",
    *BUSINESS_PERIOD_FIELDS.values(),
    "contract_debt_scope",
    "contract_minimum_debt",
    "contract_spare_days_off",
    "contract_bill_blocked",
    "contract_trust_days",
    "contract_promise_days",
    "contract_release_by",
    "contract_release_limit",
    "contract_notify_blocked",
    "contract_notify_released",
    "contract_notice_retention",
    "contract_notify_terminated",
    "contract_suspension_min_days",
    "contract_suspension_max_days",
    "contract_suspension_months",
    "contract_portal_suspension",
    "contract_portal_cancellation",
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
    contract_notice_after_days = fields.Integer(string="Notice after")
    contract_block_after_notice_days = fields.Integer(string="Block after")
    contract_cancel_after_block_days = fields.Integer(string="Cancel after")
    contract_business_periods = fields.Boolean(string="Other periods for companies")
    contract_business_notice_after_days = fields.Integer(string="Companies: notice")
    contract_business_block_after_notice_days = fields.Integer(
        string="Companies: block"
    )
    contract_business_cancel_after_block_days = fields.Integer(
        string="Companies: cancel"
    )
    contract_below_minimum = fields.Char(compute="_compute_contract_below_minimum")
    contract_minimum_debt = fields.Float(
        string="Minimum debt",
        digits=(16, 2),
        help="Less than this leads to no notice, no block and no termination. What the "
        "payer has open in his favour is taken off first.",
    )
    contract_debt_scope = fields.Selection(
        selection=lambda self: self._options("contract_debt_scope"),
        string="Counted debt",
        help="What leads to notices, blocks and terminations: the invoices of a "
        "contract, and those that name it; or all the payer's receivables, opening "
        "balances too, on each of his contracts.",
    )
    contract_spare_days_off = fields.Boolean(
        string="Not before days off",
        help="Nothing is taken away on a day that is no working day of the company's "
        "calendar, or on the eve of one.",
    )
    contract_bill_blocked = fields.Boolean(
        string="Invoice while blocked",
        help="Else a period that lies wholly in a block is never invoiced.",
    )
    contract_notice_retention = fields.Integer(
        string="Keep notices (years)",
        help="How long notices are kept as proof; nobody can delete them before.",
    )
    contract_trust_days = fields.Integer(
        string="Days of trust",
        help="Days without an automatic block after a release by hand.",
    )
    contract_promise_days = fields.Integer(
        string="Days until a promise",
        help="How far ahead a customer may promise to pay.",
    )
    contract_release_by = fields.Selection(
        selection=lambda self: self._options("contract_release_by"),
        string="Who may release",
    )
    contract_release_limit = fields.Integer(
        string="Releases in 30 days",
        help="How often the front desk may release the same contract within 30 days; "
        "managers always may. 0 is no limit.",
    )
    contract_notify_blocked = fields.Boolean(string="When blocked")
    contract_notify_released = fields.Boolean(string="When released")
    contract_notify_terminated = fields.Boolean(string="When terminated")
    contract_suspension_min_days = fields.Integer(string="At least (days)")
    contract_suspension_max_days = fields.Integer(
        string="At most (days)", help="0 is no limit."
    )
    contract_suspension_months = fields.Integer(
        string="Once in (months)", help="0 is no limit."
    )
    contract_portal_suspension = fields.Boolean(
        string="Suspend for a time",
        help="Within the same limits as at the front desk.",
    )
    contract_portal_cancellation = fields.Boolean(
        string="Cancel",
        help="The contract ends today, or with the days that were invoiced in advance. "
        "The receipt is there at once.",
    )

    @api.depends(*PERIOD_FIELDS.values())
    def _compute_contract_below_minimum(self):
        for rules in self:
            chosen = rules._dunning_periods()
            too_short = [
                sentence
                for key, sentence in self._regulators_rules().items()
                if 0 < getattr(chosen, key) < getattr(REGULATORS_MINIMUM, key)
            ]
            rules.contract_below_minimum = " ".join(too_short)

    @api.model
    def _regulators_rules(self):
        """What is to be said of a period that is shorter than the regulator's."""
        return {
            "block": self.env._(
                "Customers may be blocked 15 days after the notice at the earliest "
                "(Anatel, Resolução 765/2023, art. 70)."
            ),
            "cancel": self.env._(
                "A contract may be terminated 60 days after the block at the earliest "
                "(Anatel, Resolução 765/2023, art. 78)."
            ),
        }

    @api.model
    def _rule_fields(self):
        """The names of the rules; another addon adds its own."""
        return RULE_FIELDS

    @api.model
    def _options(self, name):
        field = self.env["res.company"]._fields[name]
        return field._description_selection(self.env)

    @api.onchange("contract_dunning")
    def _onchange_contract_dunning(self):
        chosen = self._dunning_rules()
        if self.contract_dunning and not chosen:
            self._propose(REGULATORS_MINIMUM)
        elif not self.contract_dunning and chosen:
            self._propose(Periods())
            self.contract_business_periods = False

    @api.model
    def _rules_in_force(self, company):
        """The values of a company's rules."""
        return {
            "contract_dunning": bool(company._dunning_rules()),
            **{name: company[name] for name in self._rule_fields()},
        }

    def _put_in_force(self):
        """Have the company follow these rules."""
        self.company_id.write({name: self[name] for name in self._rule_fields()})

    def action_edit_notices(self):
        """Open the e-mail templates of the notices.

        Whoever may not edit templates in this database, reads them.
        """
        notices = self.env["contract.notice"]
        templates = [
            notices._template(xml_id) for xml_id in notices._templates().values()
        ]
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices"),
            "res_model": "mail.template",
            "view_mode": "list,form",
            "domain": [("id", "in", [row.id for row in templates if row])],
        }

    def _dunning_periods(self):
        return periods_in(self, PERIOD_FIELDS)

    def _dunning_rules(self):
        return dunning_rules_in(self, self.company_id)

    def _propose(self, periods):
        for key, name in PERIOD_FIELDS.items():
            self[name] = getattr(periods, key)
