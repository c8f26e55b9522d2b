# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's life: its status, the access that it gives, and what moves them."""

from dataclasses import replace
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from ..exceptions import RefusedError
from ..remote import check_rows
from ..rules import (
    BLOCKED,
    ENDED,
    INACTIVE,
    NO_DEBT,
    OVERDUE,
    PRE_CONTRACT,
    TRANSITIONS,
    Debt,
    dunning_move,
    dunning_steps,
    is_allowed,
)
from .activity_occasion_mixin import MANAGER
from .contract_dunning import FAILED
from .contract_notice import UNDELIVERED

STATUS_FIELDS = frozenset({"contract_status", "access_status", "status_reason"})
#: what people decide of each contract
DUNNING_FIELDS = frozenset({"automatic_block", "automatic_cancellation"})
#: the fields of :class:`..rules.Steps`, in their order
STEPS = ("notice", "block", "terminate")
#: who may make an ended contract active again
REACTIVATE = "contract_access.group_contract_reactivate"
#: what became of a customer's promise, by the transition that shows it
OUTCOMES = {"clear": "kept", "auto_block": "broken", "terminate": "broken"}
#: the company's switch of a notice; one that is not in here always goes out
NOTICE_SWITCHES = {
    "block": "contract_notify_blocked",
    "release": "contract_notify_released",
    "termination": "contract_notify_terminated",
}
#: OCA's own, which only its steps write: whoever wrote them would end the access while
#: the billing goes on
TERMINATION_FIELDS = frozenset(
    {"is_terminated", "terminate_reason_id", "terminate_comment", "terminate_date"}
)
#: the access that a new contract begins with; under any other status it has none
ACCESS_OF_NEW = {"pre_contract": "awaiting_signature", "active": "active"}


class ContractContract(models.Model):
    _name = "contract.contract"
    _inherit = [
        "contract.contract",
        "activity.occasion.mixin",
        "chatter.language.mixin",
        "write.guard.mixin",
    ]
    _rec_names_search = ["name", "code", "partner_id"]

    # sudo: an operator may not read the journal that it is computed from
    currency_id = fields.Many2one(compute_sudo=True)
    date_start = fields.Date(default=lambda self: self.env.company._today())
    # each payment asks whose contracts its customer pays
    invoice_partner_id = fields.Many2one(index=True)
    contract_status = fields.Selection(
        selection=[
            ("pre_contract", "Pre-contract"),
            ("active", "Active"),
            ("inactive", "Inactive"),
            ("blacklisted", "Blacklisted"),
            ("withdrawn", "Withdrawn"),
        ],
        default="active",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    access_status = fields.Selection(
        selection=[
            ("awaiting_signature", "Awaiting signature"),
            ("active", "Active"),
            ("overdue", "Overdue"),
            ("auto_blocked", "Blocked automatically"),
            ("manually_blocked", "Blocked manually"),
            ("disabled", "Disabled"),
        ],
        default="active",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    automatic_block = fields.Boolean(
        default=True,
        tracking=True,
        help="Whether dunning may block this contract's access.",
    )
    automatic_cancellation = fields.Boolean(
        default=True,
        tracking=True,
        help="Whether dunning may terminate this contract.",
    )
    no_block_until = fields.Date(
        string="Trusted Until",
        readonly=True,
        copy=False,
        tracking=True,
        help="No automatic block or cancellation before this day.",
    )
    blocked_on = fields.Date(
        readonly=True,
        copy=False,
        tracking=True,
        help="When the block began that is in force.",
    )
    dunning_failed_on = fields.Date(
        readonly=True,
        copy=False,
        help="When dunning has last failed for the contract.",
    )
    notice_ids = fields.One2many(
        comodel_name="contract.notice", inverse_name="contract_id", string="Notices"
    )
    next_step = fields.Selection(
        selection=[
            ("notice", "Notice"),
            ("block", "Blocking"),
            ("terminate", "Termination"),
        ],
        compute="_compute_next_step",
    )
    next_step_on = fields.Date(
        compute="_compute_next_step",
        string="Next Step on",
        help="When dunning goes on, if nothing is paid.",
    )
    overdue_days = fields.Integer(
        string="Days Overdue",
        compute="_compute_overdue",
        help="Days since the oldest open due date of this contract's invoices.",
    )
    unnoticed_days = fields.Integer(
        string="Days without Notice",
        compute="_compute_overdue",
        help="Days since the oldest open due date that no notice names.",
    )
    noticed_on = fields.Date(
        string="Notice Delivered on",
        compute="_compute_overdue",
        help="When a notice was delivered first that names something that is open.",
    )
    company_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Company Currency"
    )
    overdue_amount = fields.Monetary(
        compute="_compute_overdue",
        currency_field="company_currency_id",
        help="The overdue amount of this contract's invoices.",
    )
    overdue_invoice_count = fields.Integer(
        string="Overdue Invoices", compute="_compute_overdue"
    )
    status_reason = fields.Char(
        string="Reason",
        readonly=True,
        copy=False,
        # what is said of customers is not for their portal
        groups="base.group_user",
        help="Why the contract was blocked, blacklisted or withdrawn.",
    )
    # … nor what a person has noted, or an error says
    terminate_comment = fields.Text(groups="base.group_user")
    invoice_generation_error = fields.Text(groups="base.group_user")
    service_end_date = fields.Date(
        string="Without Service since",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="The first day that the contract gave no service, since it ended or was "
        "archived.",
    )
    ended_unsigned = fields.Boolean(
        readonly=True,
        copy=False,
        help="The contract ended as a pre-contract: where its termination is cancelled "
        "it is one again.",
    )
    access_explanation = fields.Char(
        string="Why",
        compute="_compute_access_explanation",
        groups="base.group_user",
        help="Why the contract does not give access, or not any longer.",
    )
    can_release = fields.Boolean(
        compute="_compute_can_release",
        groups="base.group_user",
        help="Whether the user may release the contract from where it stands.",
    )
    may_release = fields.Boolean(
        compute="_compute_can_release",
        help="Whether giving back an access that was taken is for the user.",
    )
    release_ids = fields.One2many(
        comodel_name="contract.release", inverse_name="contract_id", string="Releases"
    )

    def _get_related_invoices(self):
        self.check_access("read")
        # sudo: to be counted; whoever opens them needs the rights for it
        return (
            super(ContractContract, self.sudo())
            ._get_related_invoices()
            .sudo(self.env.su)
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        # the database deletes the lines, and the debt is nobody's
        lines = self.with_context(active_test=False).contract_line_ids
        lines._unlink_except_invoiced()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_noticed(self):
        # sudo: that there are some
        if noticed := self.sudo().filtered("notice_ids")[:1]:
            raise RefusedError(
                self.env._(
                    "“%s” has notices, which are kept as proof. Terminate or archive "
                    "the contract instead.",
                    noticed.display_name,
                ),
                "kept_as_proof",
                noticed,
            )

    def _compute_overdue(self):
        debts = self._debts()
        for contract in self:
            debt = debts.get(contract._origin.id, NO_DEBT)
            contract.overdue_days = debt.days
            contract.overdue_amount = debt.amount
            contract.overdue_invoice_count = debt.invoices
            contract.unnoticed_days = debt.unnoticed_days
            contract.noticed_on = debt.noticed_on

    def _debt(self):
        """What is overdue of this contract, as it is shown: read for many at once."""
        return Debt(
            days=self.overdue_days,
            amount=self.overdue_amount,
            unnoticed_days=self.unnoticed_days,
            noticed_on=self.noticed_on or None,
            invoices=self.overdue_invoice_count,
        )

    @api.depends(
        "contract_status",
        "access_status",
        "no_block_until",
        "blocked_on",
        "overdue_days",
    )
    def _compute_next_step(self):
        rules = self.filtered("overdue_days").company_id._dunning_rules_by_company()
        for contract in self:
            contract.next_step = contract.next_step_on = False
            if not contract.overdue_days:
                continue
            contract.next_step, contract.next_step_on = contract._next_step(
                contract._debt(), rules[contract.company_id]
            )

    def _next_step(self, debt, rules):
        """Dunning's next step with this contract, and its day; twice False: none."""
        steps = self._dunning_steps(debt, rules)
        days = {name: getattr(steps, name) for name in STEPS}
        days = {name: day for name, day in days.items() if day}
        name = min(days, key=days.get, default=False)
        return name, name and days[name]

    def _debts(self):
        # sudo: the numbers, not the invoices, which an operator may not read
        return self.env["contract.dunning"].sudo()._debts(self)

    @api.depends(
        "active",
        "contract_status",
        "access_status",
        "status_reason",
        "no_block_until",
        "overdue_days",
        "overdue_amount",
        "noticed_on",
        "terminate_date",
        "terminate_reason_id",
    )
    @api.depends_context("lang")
    def _compute_access_explanation(self):
        for contract in self:
            contract.access_explanation = contract._explain_access()

    @api.depends("contract_status", "access_status", "company_id.contract_release_by")
    @api.depends_context("uid")
    def _compute_can_release(self):
        for contract in self:
            contract.may_release = contract._may_be_released()
            contract.can_release = contract.may_release and is_allowed(
                "release", contract._status_pair()
            )

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        self._check_given(*vals_list, is_new=True)
        default = self.default_get(["contract_status"]).get("contract_status")
        for vals in vals_list:
            status = vals.get("contract_status", default)
            access = vals.setdefault(
                "access_status", ACCESS_OF_NEW.get(status, "disabled")
            )
            if self.env.su:
                continue
            if status not in ACCESS_OF_NEW:
                raise RefusedError(
                    self.env._("A new contract is either active or a pre-contract."),
                    "wrong_status",
                )
            if access != ACCESS_OF_NEW[status]:
                raise self._refusal(["access_status"])
        return super().create(vals_list)

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | DUNNING_FIELDS

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_status", "access_status"}

    @api.model
    def _is_guarded(self, name):
        return name in TERMINATION_FIELDS or super()._is_guarded(name)

    @api.model
    def _chosen_relations(self):
        # names, addresses and terms are computed from them
        return super()._chosen_relations() | {"partner_id", "invoice_partner_id"}

    def _refusal(self, names):
        if not STATUS_FIELDS.intersection(names):
            return super()._refusal(names)
        return RefusedError(
            self.env._(
                "The status of a contract cannot be written. Use its buttons: "
                "activate, block, release, terminate, blacklist, withdraw."
            ),
            "field_closed",
            self,
        )

    def action_activate_contract(self, bill_gap=False):
        """The contract has been signed: the service begins, and so does its billing.

        :param bill_gap: invoice also what lies before today
        :return: True
        :raises UserError: it is not a pre-contract
        """
        self._move("activate", self.env._("Contract signed"))
        if not bill_gap:
            self._bill_from_today({})
        self._begin_service()
        return True

    def _begin_service(self):
        """Called when contracts have been signed: what begins with it extends it."""

    def action_block(self, reason=None):
        """Block the access by hand; a payment does not release it.

        :param reason: why, in a few words; kept with the step in the chatter
        :return: True
        :raises UserError: the contract is not active
        """
        return self._move("block", self.env._("Blocked by hand"), reason)

    def action_release(self):
        """Release a blocked contract.

        A customer who owes something is trusted for the company's number of days; such
        releases are written down, and counted.

        :return: True
        :raises UserError: the contract is not blocked, or was released in trust too
            often
        :raises AccessError: releasing is for managers, by the company's setting
        """
        self.check_access("write")
        self._check_status_pair("release")
        debtors = self._give_access_by_hand()
        cause = self.env._("Released by hand")
        settled = self - debtors
        settled._move("release", cause)
        # an invoice that is being corrected is not settled by that; sudo: see _move
        settled = settled.sudo()
        corrected = settled.env["contract.dunning"]._in_correction(settled)
        (settled - corrected)._forget_notices()
        for contract in debtors:
            contract._move(
                "release_overdue", cause, no_block_until=contract._trusted_until()
            )
        self._notify_customer("release")
        return True

    def action_promise(self, day):
        """The customer has promised to pay on a day; until then nothing is taken away.

        A block is released. Whoever breaks the promise is blocked again, without
        another notice. It counts as a release in trust.

        :param day: a date after today, within the company's limit of days; YYYY-MM-DD
        :return: True
        :raises UserError: nothing is overdue, the day is too far away or past, or the
            customer was trusted too often
        :raises AccessError: releasing is for managers, by the company's setting
        """
        self.check_access("write")
        day = self._promised_day(day)
        for contract in self:
            if contract._status_pair() not in (OVERDUE, *BLOCKED):
                raise RefusedError(
                    self.env._("A promise is for a contract that is overdue."),
                    "nothing_overdue",
                    contract,
                )
        if self - self._give_access_by_hand(promised_for=day):
            raise RefusedError(
                self.env._("Nothing is overdue."), "nothing_overdue", self
            )
        cause = self.env._("Promised to pay on %s", format_date(self.env, day))
        values = {"no_block_until": self._trusted_until(day)}
        blocked = self.filtered(lambda contract: contract._status_pair() in BLOCKED)
        if blocked:
            blocked._move("release_overdue", cause, **values)
            blocked._notify_customer("release")
        # sudo: the promise is written here only
        others = (self - blocked).sudo()
        others._track_set_log_message(cause)
        others.write(values)
        return True

    def _promised_day(self, day):
        try:
            day = fields.Date.to_date(day)
        except (TypeError, ValueError):
            day = None
        for company in self.company_id:
            today, limit = company._today(), company.contract_promise_days
            if not day or not today < day <= today + timedelta(days=limit):
                raise RefusedError(
                    self.env._(
                        "The day of a promise is after today, and within %s days.",
                        limit,
                    ),
                    "wrong_day",
                    self,
                )
        return day

    def _give_access_by_hand(self, promised_for=None):
        """Before somebody gives back an access that was taken: the rules for it.

        Whoever owes something is trusted, which is written down, and counted.

        :param promised_for: the day on which the customer has promised to pay
        :return: the contracts that owe something
        :raises AccessError: it is for managers, by the company's setting
        :raises UserError: it was done too often
        """
        debts = self._debts()
        debtors = self.filtered(lambda contract: contract.id in debts)
        self._check_who_releases()
        debtors._check_release_limit()
        # sudo: the history of releases is written here only
        self.env["contract.release"].sudo().create(
            [
                {
                    "contract_id": contract.id,
                    "user_id": self.env.uid,
                    "promised_for": promised_for,
                    "no_block_until": contract._trusted_until(promised_for),
                }
                for contract in debtors
            ]
        )
        return debtors

    def action_blacklist(self, reason=None):
        """The customer was reported to a credit bureau (“negativado”).

        :param reason: why, in a few words; kept with the step in the chatter
        :return: True
        :raises UserError: the contract is not active or inactive
        """
        return self._move("blacklist", self.env._("Blacklisted"), reason)

    def action_withdraw(self, reason=None):
        """The customer has withdrawn (“desistiu”).

        :param reason: why, in a few words; kept with the step in the chatter
        :return: True
        :raises UserError: the contract has ended already
        """
        return self._move("withdraw", self.env._("Withdrawn by the customer"), reason)

    def action_reactivate(self, bill_gap=False):
        """Make an ended contract active again. For managers, and programs that may.

        The next invoice begins with the service. What ended as a pre-contract counts as
        signed.

        :param bill_gap: invoice also the time without service
        :return: True
        :raises AccessError: the user may not do so
        :raises UserError: the contract has not ended
        """
        if not self.env.user.has_group(REACTIVATE):
            raise AccessError(self.env._("Only a manager can reactivate a contract."))
        self._check_status_pair("reactivate")
        unsigned = self.filtered("ended_unsigned")
        gaps = {contract: contract.service_end_date for contract in self - unsigned}
        for contract in self.filtered("is_terminated"):
            # sudo: a manager of contracts need not be one of accounting
            contract.sudo().action_cancel_contract_termination(bill_gap)
            if contract._status_pair() == PRE_CONTRACT:
                contract.action_activate_contract(bill_gap)
        for contract in self.filtered(
            lambda contract: contract._status_pair() in ENDED
        ):
            # sudo: a withdrawal has ended lines on behalf of whoever made it
            contract.sudo()._restore_lines()
            contract._move(
                "reactivate",
                self.env._("Reactivated"),
                no_block_until=contract._trusted_until(),
            )
            if not bill_gap:
                contract._bill_from_today(gaps)
            (contract & unsigned)._begin_service()
        return True

    def _restore_lines(self):
        """Whoever comes back has the lines that there were, as they were invoiced."""
        self.contract_line_ids._restore_from_termination()

    def _set_start_contract_modification(self):
        # customers read it in the portal, whatever made the contract
        return super(
            ContractContract, self._fallback_lang()
        )._set_start_contract_modification()

    def action_cancel_contract_termination(self, bill_gap=False):
        self.check_access("write")
        if not self.env.su:  # a manager's reactivation does it on its way
            left = ENDED - {INACTIVE}
            self.filtered(
                lambda contract: contract._status_pair() in left
            )._check_status_pair("resume")
        ended = self.filtered(lambda contract: contract._status_pair() == INACTIVE)
        # it gives the access back, as a release does
        served = ended.filtered(lambda contract: not contract.ended_unsigned)
        gaps = {contract: contract.service_end_date for contract in served}
        served._give_access_by_hand()
        # sudo: see TERMINATION_FIELDS
        for contract in self.sudo():  # OCA's is for one
            super(ContractContract, contract).action_cancel_contract_termination()
        self.contract_line_ids._restore_from_termination()
        ended._resume(self.env._("Termination cancelled"))
        if not bill_gap:
            served._bill_from_today(gaps)
        # OCA's answers nothing, which XML-RPC cannot carry
        return True

    def _resume(self, cause):
        """Be again what the contracts were before they were terminated."""
        for contract in self:
            if contract.ended_unsigned:
                contract._move("resume_unsigned", cause)
                continue
            contract._move(
                "resume",
                cause,
                # else the next dunning run would block or terminate it again
                no_block_until=contract._trusted_until(),
            )

    def _bill_from_today(self, gaps):
        """Have the next invoice begin with the service, which begins today.

        :param gaps: since when each contract gave no service; none where it never did
        """
        for contract in self:
            gap = gaps.get(contract)
            if gap and gap >= contract._today():  # it ended today: there is no gap
                continue
            # sudo: an operator begins the service without rights on what is billed
            lines = contract.sudo().contract_line_ids
            lines._skip_until(contract._today(), gap)

    def _terminate_contract(
        self,
        terminate_reason_id,
        terminate_comment,
        terminate_date,
        terminate_lines_with_last_date_invoiced=False,
    ):
        self.check_access("write")
        is_over = self._status_pair() == INACTIVE
        is_postponed = is_over and terminate_date > self._today()
        if is_over and not is_postponed and self.service_end_date:
            # there was no service after it, whatever day somebody says now
            terminate_date = min(terminate_date, self.service_end_date)
        gives_access = is_postponed and not self.ended_unsigned
        gaps = {self: self.service_end_date}
        if gives_access:
            self._give_access_by_hand()
        if self.is_terminated:
            # OCA leaves the lines of a terminated contract alone: another date starts
            # from what they were before the first one.
            self.sudo().is_terminated = False  # sudo: see TERMINATION_FIELDS
            self.contract_line_ids._restore_from_termination()
        if gives_access:
            self._bill_from_today(gaps)
        self.contract_line_ids.filtered(
            "is_stop_allowed"
        )._remember_before_termination()
        self._credit_unused_days(terminate_date)
        # sudo: likewise
        result = super(ContractContract, self.sudo())._terminate_contract(
            terminate_reason_id,
            terminate_comment,
            terminate_date,
            terminate_lines_with_last_date_invoiced,
        )
        self._keep_access_while_paid(terminate_date)
        if is_postponed:
            self._resume(self.env._("Termination postponed"))
        elif self.terminate_date <= self._today() and is_allowed(
            "terminate", self._status_pair()
        ):
            self._move("terminate", terminate_reason_id.name)
        return result

    @api.model
    def _begin_day(self):
        """Called by the daily action first: what depends on the date is derived anew.

        Services that begin or end with a contract's lines extend it, and commit what
        they do, see :mod:`..transaction`.
        """

    def _status_pair(self):
        self.ensure_one()
        return (self.contract_status, self.access_status)

    def _check_status_pair(self, name):
        for contract in self:
            if not is_allowed(name, contract._status_pair()):
                raise RefusedError(
                    self.env._(
                        "“%(action)s” is not possible for the contract “%(contract)s”, "
                        "because it is %(status)s / %(access)s.",
                        action=contract._transition_label(name),
                        contract=contract.display_name,
                        status=contract._selection_label("contract_status"),
                        access=contract._selection_label("access_status"),
                    ),
                    "wrong_status",
                    contract,
                )

    def _transition_label(self, name):
        return {
            "activate": self.env._("Activate contract"),
            "fall_overdue": self.env._("Overdue"),
            "auto_block": self.env._("Block automatically"),
            "clear": self.env._("Settled"),
            "block": self.env._("Block"),
            "release": self.env._("Release"),
            "release_overdue": self.env._("Release"),
            "terminate": self.env._("Terminate"),
            "resume": self.env._("Cancel termination"),
            "resume_unsigned": self.env._("Cancel termination"),
            "blacklist": self.env._("Blacklist"),
            "withdraw": self.env._("Withdraw"),
            "reactivate": self.env._("Reactivate"),
        }[name]

    def _move(self, name, cause, reason=None, **values):
        """Make a transition; the chatter says what has moved, and why.

        :param name: a key of :data:`..rules.TRANSITIONS`
        :param cause: why, in the user's language; none where it has been set already
        :param reason: what a person has said of it
        :param values: what else is written
        :return: True
        :raises UserError: a contract stands where this is not allowed
        """
        self.check_access("write")
        self._check_status_pair(name)
        target = TRANSITIONS[name].target
        contract_status, access_status = target
        # sudo: the two fields are written by transitions only
        contracts = self.sudo()
        if target not in ENDED:
            values["ended_unsigned"] = False
            # what is archived gives no service, whatever becomes of it meanwhile; what
            # was not signed has never given any
            served = (
                contracts if target == PRE_CONTRACT else contracts.filtered("active")
            )
            served.service_end_date = False
        else:
            for contract in contracts.filtered(lambda row: not row.service_end_date):
                contract.service_end_date = contract._today()
                contract.ended_unsigned = contract._status_pair() == PRE_CONTRACT
        if cause:
            contracts._track_set_log_message(f"{cause}: {reason}" if reason else cause)
        if name in OUTCOMES:
            contracts._end_trust(OUTCOMES[name])
        if name == "clear":
            contracts._forget_notices()
        if name == "clear" or target in ENDED:
            # what a person was to look at is over
            contracts._close_occasion(UNDELIVERED)
            contracts._close_occasion(FAILED)
        for day, group in contracts.grouped(
            lambda contract: contract._blocked_on_after(target)
        ).items():
            group.write(
                {
                    "contract_status": contract_status,
                    "access_status": access_status,
                    "status_reason": reason or False,
                    **values,
                    "blocked_on": day,
                }
            )
        return True

    def _blocked_on_after(self, target):
        """When the block began that is in force after a transition."""
        if target not in BLOCKED:
            return False
        return self.blocked_on or self._today()

    def _end_trust(self, outcome):
        """What became of the trust that these contracts' customers were given."""
        self.release_ids.filtered(lambda release: not release.outcome).write(
            {"outcome": outcome}
        )

    def _forget_notices(self):
        """What was told of their debts is over: what is open then is told anew."""
        debts = self.notice_ids.filtered(lambda notice: notice.kind == "debt")
        debts.line_ids._end()

    def _may_be_released(self):
        """Whether releasing is for this user, by the companies' settings."""
        # sudo: settings of the contracts' own companies
        who = self.sudo().company_id.mapped("contract_release_by")
        return "manager" not in who or self.env.user.has_group(MANAGER)

    def _check_who_releases(self):
        if not self._may_be_released():
            raise AccessError(self.env._("Only a manager can release a contract."))

    def _check_release_limit(self):
        """By the company's settings: how often the front desk may give trust."""
        if self.env.user.has_group(MANAGER):
            return
        for company, contracts in self.grouped("company_id").items():
            limit, days = company.contract_release_limit, 30
            if not limit:
                continue
            since = fields.Datetime.now() - timedelta(days=days)
            for contract in contracts:
                # sudo: an operator may not read the history of all releases
                recent = contract.sudo().release_ids.filtered(
                    lambda release, since=since: (
                        release.create_date >= since and release.outcome != "kept"
                    )
                )
                if len(recent) >= limit:
                    raise RefusedError(
                        self.env._(
                            "The limit of releases in %(days)s days is reached for the "
                            "contract “%(contract)s” (%(count)s of %(limit)s). Ask a "
                            "manager.",
                            contract=contract.display_name,
                            count=len(recent),
                            limit=limit,
                            days=days,
                        ),
                        "release_limit",
                        contract,
                    )

    def _release_cleared(self):
        """Release what was overdue and no longer is; a manual block stays.

        Called where a payment, a credit note or the like was booked: by people who
        may not write contracts, and never in the way of what they are booking.
        """
        # sudo: see above
        contracts = self.sudo().filtered(
            lambda contract: is_allowed("clear", contract._status_pair())
        )
        if not contracts:
            return
        debts = contracts._debts()
        rules = contracts.company_id._dunning_rules_by_company()
        settled = contracts.filtered(
            lambda contract: (
                contract._owed_transition(
                    debts.get(contract.id, NO_DEBT), rules[contract.company_id]
                )
                == "clear"
            )
        )
        settled -= self.env["contract.dunning"].sudo()._in_correction(settled)
        was_blocked = settled.filtered(
            lambda contract: contract._status_pair() in BLOCKED
        )
        for group in settled.grouped("company_id").values():
            group = group._in_unattended_language()
            group._move("clear", group.env._("Nothing is overdue any more"))
        was_blocked._notify_customer("release")

    def _notify_customer(self, kind):
        """Give the notice of an occasion, where the company wants it given.

        Without the notice of a debt nothing is blocked: that one always goes out.

        :param kind: ``debt``, ``block``, ``release`` …, see :class:`ContractNotice`
        """
        switch = NOTICE_SWITCHES.get(kind)
        # sudo: notices are made here only
        contracts = self.sudo().filtered(
            lambda contract: not switch or contract.company_id[switch]
        )
        self.env["contract.notice"].sudo()._give(contracts, kind)

    def _convert_contract_lines(self, contract):
        if self.env.context.get("sva_keep_lines"):
            return self.contract_line_ids
        # the lines begin today where the company is, and not where the clerk is
        zone = (self.company_id or self.env.company)._time_zone()
        lines = super()._convert_contract_lines(contract.with_context(tz=zone))
        for line in lines:
            # OCA has all of them invoiced today, also what is paid afterwards
            line.recurring_next_date = line._next_invoice_from(
                line.date_start, line.date_end
            )
        return lines

    def _responsible(self):
        return self._responsible_among(self.user_id | self.env.user, self.company_id)

    def _today(self):
        """Today where the company is, whoever is asking from wherever."""
        return self.company_id._today()

    def _is_business(self):
        return self.commercial_partner_id.is_company

    def _periods(self, rules):
        """The :class:`..rules.Periods` of this contract's customer."""
        return rules.periods_of(is_company=self._is_business())

    def _dunning_steps(self, debt, rules):
        """The days on which dunning goes on with this contract, if nothing is paid.

        :return: :class:`..rules.Steps`
        """
        self.ensure_one()
        return dunning_steps(
            self._status_pair(),
            debt,
            self._periods(rules),
            self._today(),
            automatic_block=self.automatic_block,
            automatic_cancellation=self.automatic_cancellation,
            trusted_until=self.no_block_until or None,
            blocked_on=self.blocked_on or None,
            suitable=rules.suitable,
        )

    def _blocks_if_told(self, on=None):
        """The day on which each is blocked where its customer is told of the debt.

        :param on: the day on which the notice arrives; without it, today
        :return: by contract's id, where a block follows
        """
        debts = self._debts()
        rules = self.company_id._dunning_rules_by_company()
        days = {}
        for contract in self.filtered(lambda contract: contract.id in debts):
            debt, day = debts[contract.id], on or contract._today()
            told = replace(debt, noticed_on=min(debt.noticed_on or day, day))
            steps = contract._dunning_steps(told, rules[contract.company_id])
            days[contract.id] = steps.block
        return days

    def _owed_transition(self, debt, rules):
        """What dunning owes this contract today.

        The one place that decides it, for an addon with other rules to extend: the
        daily action, its preview, a payment and the explanation all ask here.

        :param debt: :class:`..rules.Debt`
        :param rules: the :class:`..rules.DunningRules` to go by
        :return: a key of :data:`..rules.TRANSITIONS`, :data:`..rules.NOTIFY`, or None
        """
        self.ensure_one()
        return dunning_move(
            self._status_pair(),
            debt,
            self._periods(rules),
            self._today(),
            self._dunning_steps(debt, rules),
        )

    def _has_reached_its_end(self):
        """Whether the last day is over for which the contract was terminated.

        It is a day of use. A termination for today ends the access by itself, at once:
        whoever is still here on that day was to use it.
        """
        return self.is_terminated and (
            # some other program may have given no day
            not self.terminate_date or self.terminate_date < self._today()
        )

    def _is_trusted(self):
        return bool(self.no_block_until and self.no_block_until > self._today())

    def _trusted_until(self, promised_for=None):
        """Until when dunning takes nothing away, where somebody gives trust today.

        :param promised_for: the day on which the customer has promised to pay; it is
            still the customer's
        """
        if promised_for:
            return promised_for + timedelta(days=1)
        days = self.company_id.contract_trust_days
        return self._today() + timedelta(days=days)

    def _explain_access(self):
        """Why the contract does not simply give access, in the user's language.

        :return: a sentence or two; False where there is nothing to explain
        """
        self.ensure_one()
        if not self.active or self._status_pair() in ENDED:
            return self._explain_end()
        if self.access_status == "awaiting_signature":
            return self.env._("The contract awaits signature.")
        if self.access_status == "manually_blocked":
            sentences = [
                self._with_reason(self.env._("Blocked by hand")),
                self.env._("A payment does not release it."),
                self.overdue_days and self._explain_debt(),
            ]
            return " ".join(filter(None, sentences))
        if self.access_status in ("overdue", "auto_blocked"):
            return self._explain_dunning()
        return False

    def _explain_end(self):
        if not self.active:
            return self.env._("The contract is archived.")
        if self.contract_status == "blacklisted":
            return self._with_reason(self.env._("The customer was blacklisted"))
        if self.contract_status == "withdrawn":
            return self._with_reason(self.env._("The customer has withdrawn"))
        if not self.terminate_date:
            return self.env._("The contract is inactive.")
        return self.env._(
            "The contract was terminated on %(date)s: %(reason)s.",
            date=format_date(self.env, self.terminate_date),
            reason=self.terminate_reason_id.name,
        )

    def _explain_dunning(self):
        # sudo: an operator may not read invoices
        if self.env["contract.dunning"].sudo()._in_correction(self):
            return self.env._(
                "An invoice is being corrected. Until it is posted again, or "
                "cancelled, nothing is released."
            )
        debt = self._debt()
        rules = self.company_id.sudo()._dunning_rules()  # sudo: whoever asks
        owed = self._owed_transition(debt, rules)
        if owed == "clear":
            return self.env._(
                "Nothing is overdue any more. The daily action makes it active."
            )
        sentences = [self._explain_debt()]
        if self.access_status == "auto_blocked":
            sentences = [
                self.env._("Blocked automatically."),
                *sentences,
                self.env._("A payment releases it at once."),
            ]
        elif self._is_trusted():
            sentences.append(
                self.env._(
                    "Trusted until %s.", format_date(self.env, self.no_block_until)
                )
            )
        sentences.append(self._explain_next_step(debt, owed, rules))
        return " ".join(filter(None, sentences))

    def _explain_next_step(self, debt, owed, rules):
        today = {
            "auto_block": self.env._("The daily action blocks it."),
            "terminate": self.env._("The daily action terminates it."),
        }
        if owed in today:
            return today[owed]
        if not debt.noticed_on and self.access_status == "auto_blocked":
            return self.env._(
                "What it was blocked for is settled, but not what has fallen due since."
            )
        if not debt.noticed_on:
            return self.env._("Nothing is blocked before the notice has arrived.")
        steps = self._dunning_steps(debt, rules)
        if steps.block:
            day = format_date(self.env, steps.block)
            return self.env._("The block follows on %s.", day)
        if steps.terminate:
            day = format_date(self.env, steps.terminate)
            return self.env._("The termination follows on %s.", day)
        return None

    def _days_in_words(self, days):
        """So many days, as they stand in a sentence."""
        return self.env._("1 day") if days == 1 else self.env._("%s days", days)

    def _explain_debt(self):
        days = self.overdue_days
        if not days:
            return self.env._("Nothing is overdue.")
        values = {
            "days": self._days_in_words(days),
            "amount": self.company_currency_id.format(self.overdue_amount),
        }
        if self.sudo()._counts_whole_payer():  # sudo: a setting of the company
            return self.env._(
                "The payer has been overdue for %(days)s, %(amount)s is open on all "
                "invoices.",
                **values,
            )
        return self.env._(
            "The contract has been overdue for %(days)s, %(amount)s is open.", **values
        )

    def _with_reason(self, sentence):
        reason = (self.status_reason or "").rstrip(".")
        return f"{sentence}: {reason}." if reason else f"{sentence}."
