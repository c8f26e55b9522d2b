# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider's rules for contracts that are overdue."""

from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..rules import DunningRules, Periods

#: the fields of :class:`..rules.Periods`, on the company and on the forms of its rules
PERIOD_FIELDS = {
    "notice": "contract_notice_after_days",
    "block": "contract_block_after_notice_days",
    "cancel": "contract_cancel_after_block_days",
}
#: … of customers that are companies
BUSINESS_PERIOD_FIELDS = {
    key: name.replace("contract_", "contract_business_", 1)
    for key, name in PERIOD_FIELDS.items()
}


def periods_in(record, names):
    """The :class:`..rules.Periods` that a company, or a form of its rules, holds."""
    return Periods(**{key: record[name] for key, name in names.items()})


def dunning_rules_in(record, company):
    """The :class:`..rules.DunningRules` that a company, or a form of them, holds."""
    has_others = record.contract_business_periods
    return DunningRules(
        consumer=periods_in(record, PERIOD_FIELDS),
        business=periods_in(record, BUSINESS_PERIOD_FIELDS) if has_others else None,
        minimum=record.contract_minimum_debt,
        whole_payer=record.contract_debt_scope == "payer",
        days_off=cache(company._days_off)
        if record.contract_spare_days_off
        else frozenset,
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    contract_notice_after_days = fields.Integer(
        string="Notice after (days)",
        help="Days after the oldest open due date until the contract is marked as "
        "overdue and the notice goes out. 0 switches dunning off.",
    )
    contract_block_after_notice_days = fields.Integer(
        string="Block after notice (days)",
        help="Days after a notice was delivered until the access is blocked. 0 "
        "switches this off.",
    )
    contract_cancel_after_block_days = fields.Integer(
        string="Cancel after block (days)",
        help="Days after the block began until the contract is terminated. 0 switches "
        "this off.",
    )
    contract_business_periods = fields.Boolean(
        string="Other periods for companies",
        help="Customers that are companies have periods of their own.",
    )
    contract_business_notice_after_days = fields.Integer(
        string="Companies: notice after (days)"
    )
    contract_business_block_after_notice_days = fields.Integer(
        string="Companies: block after notice (days)"
    )
    contract_business_cancel_after_block_days = fields.Integer(
        string="Companies: cancel after block (days)"
    )
    contract_minimum_debt = fields.Monetary(
        string="Minimum debt",
        default=5.0,
        help="Less than this leads to no notice, no block and no termination. What the "
        "payer has open in his favour is taken off first.",
    )
    contract_debt_scope = fields.Selection(
        selection=[
            ("contract", "The contract's invoices"),
            ("payer", "All that the payer owes"),
        ],
        string="Counted debt",
        default="contract",
        help="What leads to notices, blocks and terminations: the invoices of a "
        "contract, and those that name it; or all the payer's receivables, opening "
        "balances too, on each of his contracts.",
    )
    contract_spare_days_off = fields.Boolean(
        string="Not before days off",
        default=True,
        help="Dunning takes nothing away on a day that is no working day of the "
        "company's calendar, or on the eve of one.",
    )
    contract_bill_blocked = fields.Boolean(
        string="Invoice while blocked",
        help="Else a period that lies wholly in a block is never invoiced.",
    )
    contract_notice_retention = fields.Integer(
        string="Keep notices (years)",
        default=5,
        help="How long notices are kept as proof; nobody can delete them before.",
    )
    contract_trust_days = fields.Integer(
        string="Days of trust",
        default=3,
        help="Days without an automatic block after a release by hand.",
    )
    contract_promise_days = fields.Integer(
        string="Days until a promise",
        default=10,
        help="How far ahead a customer may promise to pay.",
    )
    contract_release_by = fields.Selection(
        selection=[("user", "Front desk and managers"), ("manager", "Managers only")],
        string="Who may release",
        default="user",
        required=True,
    )
    contract_release_limit = fields.Integer(
        string="Releases in 30 days",
        default=1,
        help="How often the front desk may release the same contract within 30 days; "
        "managers always may. 0 is no limit.",
    )
    contract_notify_blocked = fields.Boolean(string="When blocked", default=True)
    contract_notify_released = fields.Boolean(string="When released", default=True)

    _check_trust_days = models.Constraint(
        "CHECK (contract_trust_days >= 0 AND contract_release_limit >= 0)",
        "Days of trust and releases cannot be negative.",
    )
    _check_notices = models.Constraint(
        "CHECK (contract_minimum_debt >= 0 AND contract_notice_retention >= 1)",
        "The minimum debt cannot be negative, and notices are kept for a year at "
        "least.",
    )

    def init(self):
        """Let the database know the default of what it demands.

        Where this addon is updated, others make companies before it is loaded.
        """
        field = self._fields["contract_release_by"]
        self.env.cr.execute(
            SQL(
                "ALTER TABLE res_company ALTER COLUMN %s SET DEFAULT %s",
                SQL.identifier(field.name),
                field.default(self),
            )
        )
        return super().init()

    @api.constrains(*PERIOD_FIELDS.values(), *BUSINESS_PERIOD_FIELDS.values())
    def _check_dunning_periods(self):
        for company in self:
            for names in (PERIOD_FIELDS, BUSINESS_PERIOD_FIELDS):
                if not periods_in(company, names).rest_on_each_other():
                    raise ValidationError(
                        self.env._(
                            "Each step of dunning rests on the one before: no block "
                            "without a notice, no termination without a block. Days "
                            "cannot be negative."
                        )
                    )

    def _dunning_rules(self):
        """What this company wants of dunning.

        :return: :class:`..rules.DunningRules`
        """
        self.ensure_one()
        return dunning_rules_in(self, self)

    def _dunning_rules_by_company(self):
        """What each of these companies wants of dunning, see :meth:`_dunning_rules`."""
        return {company: company._dunning_rules() for company in self}

    def _days_off(self):
        """The days from today on that are no working days, for half a year.

        By the company's calendar and the days off in it that hold for everybody.
        """
        self.ensure_one()
        # sudo: the company's calendar, whoever asks
        calendar = self.sudo().resource_calendar_id
        zone = ZoneInfo(self._time_zone())
        today = datetime.combine(self._today(), time.min, zone)
        unusual = calendar._get_unusual_days(today, today + timedelta(183), self)
        return frozenset(
            fields.Date.to_date(day) for day, is_off in unusual.items() if is_off
        )

    def _unattended_lang(self):
        """The language of what is written while nobody is at work.

        :return: a language's code, or None where there is no telling
        """
        # sudo: whoever works for several companies may not read this one's address
        if lang := self.sudo().partner_id.lang:
            return lang
        nobody = self.env["res.users"]
        manager = self.env["activity.occasion.mixin"]._responsible_among(nobody, self)
        return manager.lang or None

    def _today(self):
        """Today where the company is, whoever is asking from wherever.

        A company without a time zone is where most of Brazil's providers are.
        """
        return fields.Date.context_today(self.with_context(tz=self._time_zone()))

    def _domain_by_day(self, condition):
        """What is looked for in each of these companies, by its own day.

        :param condition: called with a company's today
        :return: a domain for a model that has ``company_id``
        """
        return Domain.OR(
            Domain("company_id", "in", companies.ids) & condition(today)
            for today, companies in self.grouped(lambda one: one._today()).items()
        )

    def _time_zone(self):
        self.ensure_one()
        # sudo: whoever works for several companies may not read this one's address
        return self.sudo().partner_id.tz or "America/Sao_Paulo"
