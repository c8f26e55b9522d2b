# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The customer asks to have the contract suspended for a time, as on a long journey."""

from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..exceptions import RefusedError
from ..rules import ACTIVE
from ..transaction import touch
from .contract_suspension import OPEN_STATES

FRONT_DESK = "contract_access.group_contract_user"
#: how far ahead a suspension may be, lest what a slip of the pen says delays the lines
FARTHEST = relativedelta(years=2)


class ContractContract(models.Model):
    _inherit = "contract.contract"

    suspension_ids = fields.One2many(
        comodel_name="contract.suspension",
        inverse_name="contract_id",
        string="Suspensions",
        readonly=True,
        groups=FRONT_DESK,
    )
    suspension_id = fields.Many2one(
        comodel_name="contract.suspension",
        string="Current Suspension",
        compute="_compute_suspension_id",
        groups=FRONT_DESK,
        help="The suspension that runs, or else the one that is to come.",
    )
    suspension_state = fields.Selection(
        selection=lambda self: (
            self.env["contract.suspension"]
            ._fields["state"]
            ._description_selection(self.env)
        ),
        string="Suspension",
        compute="_compute_suspension_id",
        groups=FRONT_DESK,
    )
    is_suspended = fields.Boolean(
        compute="_compute_suspension_id",
        search="_search_is_suspended",
        string="Suspended",
        help="Whether the contract rests today at the customer's request. What it "
        "sells is not delivered meanwhile.",
    )

    @api.depends(
        "contract_status",
        "company_id",
        "suspension_ids.date_start",
        "suspension_ids.date_end",
        "suspension_ids.ended_on",
    )
    def _compute_suspension_id(self):
        # sudo: that a contract rests is no secret of the front desk's
        for contract in self.sudo():
            suspension = contract.suspension_ids.filtered(
                lambda row: row.state in OPEN_STATES
            )[:1]
            if contract.contract_status != "active":
                suspension = suspension.browse()
            contract.suspension_id = suspension
            contract.suspension_state = suspension.state
            contract.is_suspended = suspension.state == "running"

    @api.model
    def _search_is_suspended(self, operator, value):
        if operator != "in":
            return NotImplemented
        # sudo: likewise; and each company has its own day, whoever is asking
        companies = self.env["res.company"].sudo().search([(1, "=", 1)])
        rests = companies._domain_by_day(
            lambda today: (
                Domain("date_start", "<=", today) & Domain("date_end", ">=", today)
            )
        )
        running = (
            self.env["contract.suspension"]
            .sudo()
            ._search(
                rests
                & Domain("ended_on", "=", False)
                & Domain("contract_id.contract_status", "=", "active")
            )
            .select("contract_id")
        )
        return [("id", "in" if True in value else "not in", running)]

    @api.depends("suspension_ids.ended_on")
    def _compute_access_explanation(self):
        return super()._compute_access_explanation()

    def action_suspend(self, date_start, date_end):
        """Suspend contracts at the request of their customers.

        What they sell stops before the first day and goes on after the last one. The
        time between is not invoiced; what was invoiced of it already is used after it.

        :param date_start: the first day without service, today or later
        :param date_end: the last one
        :return: True
        :raises UserError: a contract is not active, owes something, or the company's
            limits do not allow these days
        """
        self.check_access("write")
        first, last = map(fields.Date.to_date, (date_start, date_end))
        # of two requests at the same moment, one sees the other
        touch(self)
        for contract in self:
            contract._check_suspension(first, last)
            # sudo: suspensions are written here only, and lines are billed
            suspension = (
                self.env["contract.suspension"]
                .sudo()
                .create(
                    {
                        "contract_id": contract.id,
                        "date_start": first,
                        "date_end": last,
                        "user_id": self.env.uid,
                    }
                )
            )
            contract.sudo().contract_line_ids._suspend(suspension)
            contract.message_post(
                body=self.env._(
                    "Suspension at the customer's request, from %(start)s to %(end)s.",
                    start=format_date(self.env, first),
                    end=format_date(self.env, last),
                )
            )
        return True

    def action_end_suspension(self):
        """Have suspended contracts run again from today, or cancel what is to come.

        :return: True
        :raises UserError: a contract has no suspension that could end, or is to be
            terminated
        """
        self.check_access("write")
        touch(self)
        for contract in self:
            # sudo: see above
            suspension = contract.sudo().suspension_id
            if not suspension:
                raise RefusedError(
                    self.env._(
                        "The contract “%s” is not suspended.", contract.display_name
                    ),
                    "not_suspended",
                    contract,
                )
            if contract.is_terminated:
                # its lines would go on beyond the end that was planned
                raise RefusedError(
                    self.env._(
                        "The contract “%s” is to be terminated. Cancel the "
                        "termination first.",
                        contract.display_name,
                    ),
                    "wrong_status",
                    contract,
                )
            suspension._end()
            start = format_date(self.env, suspension.date_start)
            if suspension.state == "cancelled":
                body = self.env._("The suspension planned for %s was cancelled.", start)
            else:
                body = self.env._(
                    "The suspension that began on %s was ended early; the service runs "
                    "again.",
                    start,
                )
            contract.message_post(body=body)
        return True

    def _check_suspension(self, first, last):
        """By the regulator's rules, with the company's limits.

        :raises UserError: says which rule speaks against it
        """
        self.ensure_one()
        if problem := self._suspension_problem(first, last):
            raise RefusedError(problem, "cannot_suspend", self)

    def _suspension_problem(self, first, last):
        """Why the contract cannot be suspended for these days; None where it can."""
        if not first or not last:
            return self.env._("A suspension needs a first and a last day.")
        company = self.company_id
        days = (last - first).days + 1
        # sudo: the number of days, not the invoices
        if self._debts():
            return self.env._(
                "Something is overdue. Once it is paid, the contract can be suspended."
            )
        is_sale = self.active and self.contract_type == "sale"
        if not is_sale or self._status_pair() != ACTIVE:
            return self.env._(
                "Only an active contract that gives access can be suspended."
            )
        if self.is_terminated:
            return self.env._("The contract is to be terminated.")
        if first < self._today():
            return self.env._("A suspension begins today or later.")
        if last > self._today() + FARTHEST:
            return self.env._("A suspension ends within two years from today.")
        shortest = company.contract_suspension_min_days
        longest = company.contract_suspension_max_days
        if days < max(shortest, 1) or (longest and days > longest):
            return self._suspension_length_problem(days)
        return self._suspension_rhythm_problem(first)

    def _suspension_length_problem(self, days):
        company = self.company_id
        values = {
            "least": company.contract_suspension_min_days,
            "most": company.contract_suspension_max_days,
            "days": self._days_in_words(days),
        }
        if days < 1:
            return self.env._("A suspension cannot end before it begins.")
        if not values["most"]:
            return self.env._(
                "A suspension lasts at least %(least)s days; this one would last "
                "%(days)s.",
                **values,
            )
        return self.env._(
            "A suspension lasts %(least)s to %(most)s days; this one would last "
            "%(days)s.",
            **values,
        )

    def _suspension_rhythm_problem(self, first):
        # sudo: an accountant may not read the history of suspensions
        former = self.sudo().suspension_ids.filtered(
            lambda suspension: suspension.state != "cancelled"
        )
        if opened := former.filtered(lambda row: row.state in OPEN_STATES)[:1]:
            return opened._explain()
        months = self.company_id.contract_suspension_months
        if not former or not months:
            return None
        allowed = former[0].date_start + relativedelta(months=months)
        if first >= allowed:
            return None
        return self.env._(
            "The contract was suspended from %(start)s on. The next suspension can "
            "begin on %(allowed)s.",
            start=format_date(self.env, former[0].date_start),
            allowed=format_date(self.env, allowed),
        )

    def _proposed_suspension(self):
        """The first and the last day of the shortest suspension from today on."""
        first = self._today()
        shortest = max(self.company_id.contract_suspension_min_days, 1)
        return first, first + timedelta(days=shortest - 1)

    def _explain_access(self):
        explanation = super()._explain_access()
        # sudo: see _compute_suspension_id
        suspension = self.sudo().suspension_id
        if not self.active or not suspension:
            return explanation
        return " ".join(filter(None, [suspension._explain(), explanation]))
