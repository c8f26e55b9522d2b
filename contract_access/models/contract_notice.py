# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a customer was told, when, and whether it arrived: kept as proof."""

import logging
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import format_date

from ..exceptions import RefusedError
from ..remote import check_ids, check_values, on_records
from ..rules import NO_DEBT
from ..transaction import run_in_slices, together_or_one_by_one, touch
from .activity_occasion_mixin import MANAGER

_logger = logging.getLogger(__name__)

#: the activity that says that a notice did not reach the customer
UNDELIVERED = "contract_access.activity_notice"
#: what may still change once a notice has been made: what became of it
BECAME_OF_IT = frozenset({"state", "delivered_on", "failure_reason"})
#: filled in once, where the notice is rendered
RENDERED = frozenset({"subject", "body"})
#: they did not reach anybody
NOT_DELIVERED = ("failed", "bounced")
#: what has not left by then needs somebody to look
SENT_WITHIN = timedelta(days=1)
#: … and what is still in the queue, as where many are told on one day
QUEUED_WITHIN = timedelta(days=3)
GC_BATCH = 1000
#: notices that are given up in one transaction
BATCH_SIZE = 100


def _not_in_time(notice):
    return notice.env._("It was not delivered within a day")


class ContractNotice(models.Model):
    """One notice to one person.

    A notice of a debt names due dates. Fifteen days after it was delivered the access
    may be blocked (Anatel, Resolução 765/2023, articles 70 and 71), so nobody can
    change or delete it as long as the company keeps it.
    """

    _name = "contract.notice"
    _description = "Contract Notice"
    _inherit = ["mail.thread", "chatter.language.mixin", "write.guard.mixin"]
    _order = "date desc, id desc"
    _rec_name = "subject"
    # nobody writes here; bounced mails come back to it
    _mail_post_access = "write"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Addressee",
        required=True,
        readonly=True,
        ondelete="restrict",
        index=True,
    )
    kind = fields.Selection(
        selection=[
            ("debt", "Debt"),
            ("block", "Blocking"),
            ("release", "Releasing"),
            ("termination", "Termination"),
        ],
        required=True,
        readonly=True,
        index=True,
    )
    channel = fields.Selection(
        selection=[
            ("email", "E-mail"),
            ("sms", "SMS"),
            ("whatsapp", "WhatsApp"),
            ("letter", "Letter"),
            ("bill", "On the bill"),
            ("phone", "Telephone"),
            ("in_person", "In person"),
        ],
        required=True,
        readonly=True,
        default="email",
    )
    recipient = fields.Char(
        readonly=True, help="The address or number that it was sent to."
    )
    line_ids = fields.One2many(
        comodel_name="contract.notice.line",
        inverse_name="notice_id",
        string="Open Invoices",
        readonly=True,
    )
    invoice_ids = fields.Many2many(
        comodel_name="account.move",
        string="Invoices",
        compute="_compute_invoice_ids",
        # sudo: which invoices, for people who may not open them
        compute_sudo=True,
    )
    currency_id = fields.Many2one(
        comodel_name="res.currency", required=True, readonly=True
    )
    amount = fields.Monetary(readonly=True, help="What was open on that day.")
    subject = fields.Char(readonly=True)
    body = fields.Html(
        string="Text",
        readonly=True,
        sanitize=False,
        prefetch=False,
        help="As it was sent.",
    )
    date = fields.Datetime(
        string="Made on", required=True, readonly=True, default=fields.Datetime.now
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        required=True,
        readonly=True,
        default=lambda self: self.env.user,
    )
    state = fields.Selection(
        selection=[
            ("outgoing", "Outgoing"),
            ("sent", "Delivered"),
            ("failed", "Not delivered"),
            ("bounced", "Bounced"),
        ],
        required=True,
        readonly=True,
        default="outgoing",
        index=True,
    )
    delivered_on = fields.Date(
        readonly=True,
        help="The day that the mail server took it, or that a person recorded. The "
        "days until the block count from here.",
    )
    failure_reason = fields.Char(readonly=True)
    attachment_ids = fields.One2many(
        comodel_name="ir.attachment",
        inverse_name="res_id",
        domain=[("res_model", "=", "contract.notice")],
        string="Attachments",
        readonly=True,
    )
    block_from = fields.Date(
        readonly=True,
        help="The first day on which the access may be blocked, as it was told. It "
        "counts from an earlier notice, where one names some of the debt.",
    )
    block_after_days = fields.Integer(compute="_compute_periods")
    cancel_after_days = fields.Integer(compute="_compute_periods")
    # for the templates of the e-mails, which may name fields, and decide nothing
    amount_text = fields.Char(compute="_compute_texts")
    invoice_table = fields.Html(compute="_compute_texts", sanitize=False)
    rules_text = fields.Html(compute="_compute_texts", sanitize=False)
    payment_link = fields.Html(compute="_compute_texts", sanitize=False)

    _debt_is_named = models.Constraint(
        "CHECK (kind != 'debt' OR amount > 0)",
        "A notice of a debt says how much is open.",
    )
    _delivered = models.Constraint(
        "CHECK ((state = 'sent') = (delivered_on IS NOT NULL))",
        "A notice that was delivered has the day of it, and no other has one.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        # a notice says by itself when it was made
        silently = self.with_context(mail_create_nolog=True)
        notices = super(ContractNotice, silently).create(vals_list)
        return notices.with_env(self.env)

    @api.depends("line_ids.invoice_id")
    def _compute_invoice_ids(self):
        for notice in self:
            notice.invoice_ids = notice.line_ids.invoice_id

    @api.depends("contract_id", "date", "block_from")
    def _compute_periods(self):
        for notice in self:
            contract = notice.contract_id
            periods = contract.company_id._dunning_rules().periods_of(
                is_company=contract._is_business()
            )
            day = fields.Datetime.context_timestamp(
                notice.with_context(tz=notice.company_id._time_zone()),
                notice.date or fields.Datetime.now(),
            ).date()
            block_from = notice.block_from
            notice.block_after_days = block_from and (block_from - day).days
            notice.cancel_after_days = periods.cancel

    @api.depends("amount", "line_ids", "block_from")
    @api.depends_context("lang")
    def _compute_texts(self):
        for notice in self:
            notice.amount_text = notice.currency_id.format(notice.amount)
            notice.invoice_table = notice._render("notice_invoices")
            notice.rules_text = notice._render("notice_rules")
            notice.payment_link = notice._render("notice_payment_link")

    def _render(self, template):
        return self.env["ir.qweb"]._render(
            f"contract_access.{template}", {"notice": self}
        )

    def _payment_url(self):
        """Where the customer sees the oldest invoice, and may pay it."""
        # sudo: for people who may not open invoices
        invoices = self.sudo().line_ids.invoice_id
        # the portal has no page for entries
        invoice = invoices.filtered(lambda move: move.is_sale_document(True))[:1]
        path = invoice.get_portal_url() if invoice else "/my/contracts"
        return self.get_base_url() + path

    @api.model
    def _templates(self):
        """The e-mail template of each kind, by xml id."""
        return {
            "debt": "contract_access.mail_template_overdue",
            "block": "contract_access.mail_template_blocked",
            "release": "contract_access.mail_template_released",
            "termination": "contract_access.mail_template_terminated",
        }

    @api.model
    def mail_allowed_qweb_expressions(self):
        """What the notices say: whoever is no editor of templates may edit them."""
        return (
            *super().mail_allowed_qweb_expressions(),
            # paths of fields, for Odoo evaluates nothing in what is listed here
            "object.amount_text",
            "object.company_id.email_formatted",
            "object.company_id.name",
            "object.contract_id.name",
            "object.contract_id.termination_receipt_last_day",
            "object.contract_id.termination_receipt_number",
            "object.contract_id.termination_receipt_time",
            "object.invoice_table",
            "object.partner_id.id",
            "object.partner_id.lang",
            "object.partner_id.name",
            "object.payment_link",
            "object.rules_text",
        )

    @api.model
    def _give(self, contracts, kind):
        """Tell the customers of contracts something, and the payers where they differ.

        One whose notice cannot be made stops nobody else.

        :param kind: a key of :meth:`_templates`
        :return: the notices; those that nobody can be reached with are ``failed``
        """
        if not contracts:
            return self.browse()
        if kind in ("debt", "block"):
            dues = self.env["contract.dunning"]._open_dues(contracts)
            contracts = contracts.filtered(lambda contract: contract.id in dues)
        else:
            dues = dict.fromkeys(contracts.ids, [])
        blocks = contracts._blocks_if_told() if kind == "debt" else {}
        notices = self.create(
            [
                self._prepare(contract, partner, kind, dues[contract.id])
                | {
                    "channel": channel,
                    "recipient": recipient,
                    "block_from": blocks.get(contract.id),
                }
                for contract in contracts
                for partner, channel, recipient in self._ways(contract, kind)
            ]
        )
        notices._deliver()
        return notices

    @api.model
    def _prepare(self, contract, partner, kind, dues):
        """The values of a new notice, whichever way it is given.

        :param dues: what it names, see :meth:`contract.dunning._open_dues`
        """
        return {
            "contract_id": contract.id,
            "partner_id": partner.id,
            "kind": kind,
            "currency_id": contract.company_id.currency_id.id,
            "amount": sum(amount for _invoice, _day, amount in dues),
            "line_ids": self.line_ids._commands(dues),
        }

    @api.model
    def _ways(self, contract, kind):
        """How those are told who have to do with a contract; another addon adds ways.

        :param kind: a key of :meth:`_templates`
        :return: for each notice the addressee, the channel, and the address or number,
            which is false where nobody can be reached
        """
        return [
            (partner, "email", partner.email_normalized or partner.email)
            for partner in self._addressees(contract, kind)
        ]

    @api.model
    def _people(self, contract, kind):
        """The customer and the payer, who comes last.

        What the payer owes elsewhere is nothing for a customer who is somebody else.
        """
        customer, payer = contract.partner_id, contract.invoice_partner_id
        if (
            kind in ("debt", "block")
            and contract._counts_whole_payer()
            and customer.commercial_partner_id != payer.commercial_partner_id
        ):
            return payer
        return customer | payer

    @api.model
    def _addressees(self, contract, kind):
        """Of these people each that has an address, else the payer."""
        people = self._people(contract, kind)
        reachable = people.filtered("email")
        by_address = reachable.grouped(
            lambda partner: partner.email_normalized or partner.email
        )
        return [same[:1] for same in by_address.values()] or [people[-1:]]

    def _deliver(self):
        """Send each by its channel; another addon adds ``_deliver_<channel>``."""
        for channel, notices in self.grouped("channel").items():
            getattr(notices, f"_deliver_{channel}")()

    @api.model
    def _template(self, xml_id):
        """What is sent, with all rights; None where somebody has deleted it."""
        template = self.env.ref(xml_id, raise_if_not_found=False)
        # sudo: whoever moves a contract need not read templates
        return template and template.sudo()

    def _deliver_email(self):
        reachable = self.filtered("recipient")
        (self - reachable)._failed(lambda notice: notice.env._("No e-mail address"))
        for kind, notices in reachable.grouped("kind").items():
            template = self._template(self._templates()[kind])
            if not template:
                notices._failed(
                    lambda notice: notice.env._("The e-mail template was deleted"),
                    ours=True,
                )
                continue
            notices._make(lambda rows, template=template: rows._mail(template))
        if reachable:
            # sudo: what waits goes now, and not within the hour
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()

    def _mail(self, template):
        mails = template.send_mail_batch(self.ids)
        # the mail is kept: a bounce finds its notice by it
        mails.auto_delete = False
        by_notice = {mail.res_id: mail for mail in mails}
        for notice in self:
            mail = by_notice[notice.id]
            notice.write({"subject": mail.subject, "body": mail.body_html})

    def _make(self, work):
        """Do what makes notices, for each by itself where one cannot be made."""
        faulty = []

        def cannot_be_made(notice, error):
            # the template's words may carry what it was about to say
            message = "Notice %s could not be made (%s)"
            _logger.error(message, notice.id, type(error).__name__)
            faulty.append(notice.id)

        together_or_one_by_one(self, work, cannot_be_made)
        self.browse(faulty)._failed(
            lambda notice: notice.env._("The e-mail template is at fault"), ours=True
        )

    def _delivered(self):
        """The mail server took them."""
        for company, notices in (
            self.filtered(lambda notice: notice.state in ("outgoing", "failed"))
            .grouped("company_id")
            .items()
        ):
            notices.write(
                {
                    "state": "sent",
                    "delivered_on": company._today(),
                    "failure_reason": False,
                }
            )
            lines = notices.line_ids
            lines.filtered(lambda line: line._ends_later()).ended_on = False
            notices._close_undelivered()

    def _failed(self, reason, state="failed", ours=False):
        """They did not arrive: no block rests on them, and a person may be told.

        :param reason: says why, of a notice in the language of its environment
        :param ours: nobody's address is at fault, so the debt is told anew
        """
        debts = self.filtered(lambda notice: notice.kind == "debt")
        # who blocks because of them at this moment looks again, or this transaction
        # does; of what had not arrived nobody does
        touch(debts.filtered("delivered_on").contract_id)
        for notice in self:
            lang = notice.company_id._unattended_lang()
            notice.write(
                {
                    "state": state,
                    "delivered_on": False,
                    "failure_reason": reason(notice.with_context(lang=lang)),
                }
            )
        if ours:
            # at once, the same run would come back to them for ever
            debts.line_ids._end(in_days=1)
        debts._open_undelivered(reason)

    def _open_undelivered(self, reason):
        """Tell a person, where nobody has been told of the debt.

        :param reason: see :meth:`_failed`
        """
        by_contract = self.grouped(lambda notice: notice.contract_id.id)
        self._untold(self.contract_id)._open_occasion(
            UNDELIVERED,
            lambda row: row.env._(
                "The notice did not reach %(who)s: %(why)s. Correct the address "
                "and send it again, or give the notice otherwise and record it. "
                "Until then nothing is blocked.",
                who=", ".join(by_contract[row.id].partner_id.mapped("name")),
                why=reason(by_contract[row.id][:1].with_env(row.env)),
            ),
        )

    def _close_undelivered(self):
        """Whoever was not reached: one that was delivered is enough for the block."""
        debts = self.filtered(lambda notice: notice.kind == "debt")
        self._close_told(debts.contract_id)

    @api.model
    def _close_told(self, contracts):
        """Of contracts, those whose customer was told, or owes nothing any more."""
        # sudo: whomever it was assigned to
        activities = contracts.sudo().activity_search([UNDELIVERED])
        contracts = contracts.browse(activities.mapped("res_id"))
        (contracts - self._untold(contracts))._close_occasion(UNDELIVERED)

    @api.model
    def _untold(self, contracts):
        """Of contracts, those with a debt of which no notice was delivered."""
        debts = contracts._debts()
        return contracts.filtered(
            lambda row: row.id in debts and not debts[row.id].noticed_on
        )

    @api.model
    def _look_at_undelivered(self, contracts, invoices):
        """What was told of them is settled: of the rest nobody may have been told.

        :param invoices: those that may have been settled
        """
        self._close_told(contracts)
        told = (
            Domain("kind", "=", "debt")
            & Domain("state", "=", "sent")
            & Domain("line_ids.invoice_id", "in", invoices.ids)
        )
        undelivered = self.search(
            Domain("contract_id", "in", contracts.ids)
            & Domain("contract_id.notice_ids", "any", told)
            & Domain("kind", "=", "debt")
            & Domain("state", "in", NOT_DELIVERED)
            & Domain("line_ids.ended_on", "=", False)
        )
        undelivered._open_undelivered(lambda notice: notice.failure_reason)

    def _message_receive_bounce(self, email, partner):
        result = super()._message_receive_bounce(email, partner)
        # sudo: the mail gateway tells it
        self.sudo()._failed(
            lambda notice: notice.env._("The e-mail came back"), state="bounced"
        )
        return result

    @api.model
    def _look_at_outgoing(self):
        """Have a person look at what has not left: the daily action calls it."""
        late = Domain("state", "=", "outgoing") & Domain(
            "date", "<", fields.Datetime.now() - SENT_WITHIN
        )
        run_in_slices(
            self.search(late),
            lambda some: some.filtered_domain(late)._give_up(),
            BATCH_SIZE,
        )

    def _give_up(self):
        """Have a person look at what has not left; what is in a queue may wait."""
        queued = self._queued()
        # what was taken out of the queue is told anew: nobody has got it
        lost = (self - queued).filtered(lambda notice: notice.channel == "email")
        before = fields.Datetime.now() - QUEUED_WITHIN
        late = queued.filtered(lambda notice: notice.date < before)
        lost._failed(_not_in_time, ours=True)
        (self - queued - lost + late)._failed(_not_in_time)

    def _queued(self):
        """Those that a queue will still send; another addon adds its own."""
        # sudo: the queue is the system's
        mails = self.env["mail.mail"].sudo()
        waiting = mails.search(
            [
                ("model", "=", self._name),
                ("res_id", "in", self.ids),
                ("state", "=", "outgoing"),
            ]
        )
        return self & self.browse(waiting.mapped("res_id"))

    @api.model
    def _undelivered_to(self, partners):
        """The notices of a debt that did not reach these people, or who is with them.

        Where neither the customer nor the payer can be reached, one of them is told.
        """
        return self.search(
            (
                Domain("partner_id", "in", partners.ids)
                | Domain("contract_id.partner_id", "in", partners.ids)
                | Domain("contract_id.invoice_partner_id", "in", partners.ids)
            )
            & Domain("kind", "=", "debt")
            & Domain("state", "in", NOT_DELIVERED)
            & Domain("line_ids.ended_on", "=", False)
        )

    @on_records
    def action_send_again(self):
        """Give the notices of what is open now to the addresses of now.

        Of several, those are left out whose contract's debt was told otherwise.

        :return: True
        :raises UserError: they are of no debt or have arrived, or nothing is open
        """
        self.contract_id.check_access("write")
        # sudo: notices are made here only; the contracts may be written, see above
        of_debts = self.sudo().filtered(lambda row: row.kind == "debt")
        if not of_debts:
            raise RefusedError(
                self.env._("Only a notice of a debt is sent again."), "not_a_debt", self
            )
        # of two who ask at once the second sees what the first has sent
        touch(of_debts.contract_id)
        notices = of_debts.filtered(lambda row: row.state in NOT_DELIVERED)
        if len(self) > 1:
            debts = notices.contract_id._debts()
            notices = notices.filtered(
                lambda row: not debts.get(row.contract_id.id, NO_DEBT).noticed_on
            )
        if not notices:
            raise RefusedError(
                self.env._("This notice has been delivered."), "already_delivered", self
            )
        on_its_way = self.sudo().search(
            [
                ("contract_id", "in", notices.contract_id.ids),
                ("kind", "=", "debt"),
                ("state", "=", "outgoing"),
                ("line_ids.ended_on", "=", False),
            ]
        )
        contracts = notices.contract_id - on_its_way.contract_id
        if not contracts:
            return True
        if not notices._give(contracts, "debt"):
            raise RefusedError(
                self.env._("Nothing is overdue any more."),
                "nothing_overdue",
                self.contract_id,
            )
        return True

    @on_records
    def action_void(self):
        """Have notices count for nothing that were recorded by mistake.

        What they say stays, with who has done this; what is open is told anew. Whoever
        was blocked because of them has access again.

        :return: True
        :raises AccessError: the user is no manager
        """
        if not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only a manager can void a notice."))
        self.contract_id.check_access("write")
        # sudo: notices are written here only
        voided = self.sudo().filtered(lambda row: row.state == "sent")
        touch(voided.contract_id)
        for notice in voided:
            reason = self.env._("Voided by %s", self.env.user.name)
            notice.write(
                {"state": "failed", "delivered_on": False, "failure_reason": reason}
            )
            notice.line_ids._end()
            notice.contract_id.message_post(
                body=self.env._(
                    "The notice of %s counts for nothing: it was recorded by mistake.",
                    format_date(self.env, notice.date),
                ),
                author_id=self.env.user.partner_id.id,
            )
        untold = self._untold(voided.contract_id).filtered(
            lambda contract: contract.access_status == "auto_blocked"
        )
        if untold:
            untold._move("release_overdue", self.env._("The notice was voided"))
            untold._notify_customer("release")
        return True

    def write(self, vals):
        check_ids(self)
        check_values(self.env, vals)
        changes = BECAME_OF_IT if any(self.mapped("body")) else BECAME_OF_IT | RENDERED
        if any(map(self._is_guarded, vals.keys() - changes)):
            raise RefusedError(
                self.env._("A notice is proof, and is not changed."),
                "kept_as_proof",
                self,
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_outdated(self):
        for company, notices in self.sudo().grouped("company_id").items():
            oldest = self._kept_since(company)
            if any(notice.date >= oldest for notice in notices):
                raise RefusedError(
                    self.env._(
                        "A notice is proof. It is kept for %s years and cannot be "
                        "deleted before.",
                        company.contract_notice_retention,
                    ),
                    "kept_as_proof",
                    notices,
                )

    @api.model
    def _kept_since(self, company):
        return fields.Datetime.now() - relativedelta(
            years=company.contract_notice_retention
        )

    @api.autovacuum
    def _gc_notices(self):
        """Delete what the companies need not keep any longer."""
        outdated = Domain.OR(
            Domain("company_id", "=", company.id)
            & Domain("date", "<", self._kept_since(company))
            for company in self.env["res.company"].search([(1, "=", 1)])
        )
        notices = self.search(outdated, limit=GC_BATCH)
        notices.unlink()
        return len(notices), len(notices) == GC_BATCH
