# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A customer's user on an SVA platform: what it must be, and what it was seen to be."""

import logging
import re
import time
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import reduce
from operator import getitem

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from odoo.addons.contract_access.exceptions import InvalidError, RefusedError
from odoo.addons.contract_access.models.write_guard_mixin import chosen_id
from odoo.addons.contract_access.remote import (
    check_rows,
    check_values,
    given_flag,
    given_id,
    given_text,
    on_one_record,
    on_records,
)
from odoo.addons.contract_access.transaction import commit, run, run_in_slices, touch

from .. import vault
from ..client.types import Profile
from ..engine.plan import ABSENT, UNKNOWN, Desired
from ..rules.registration import (
    InvalidCpf,
    InvalidPhone,
    NotAPerson,
    NotMobile,
    clean_cpf,
    clean_mobile,
)
from ..rules.user_state import (
    OPEN_ACCESS,
    LinePhase,
    derive_state,
    next_change,
    successor,
)
from ..worker import shortest_limit
from .product_template import MANAGER
from .sva_engine import AT_ONCE
from .sva_sync_mixin import STATUSES, TECHNICIANS

_logger = logging.getLogger(__name__)

#: rows that are compared with their contracts per transaction
PROOF_SIZE = 1000
#: system parameter: the last one that a proof had time for
PROVED_UNTIL = "saber_plus_sva.proved_until"
#: rows that are derived anew per transaction where their day has come
DAY_SIZE = 500
#: what the platform keeps of a user: the fields that say what it must be …
PROFILE_SOURCES = {"name": "name", "phone": "phone", "package_code": "package_id.code"}
#: … and those that keep what it was seen to be
PROFILE_SEEN = {name: f"platform_{name}" for name in PROFILE_SOURCES}
#: fixed once the user exists: the platform knows it by them
IDENTITY_FIELDS = frozenset(
    {
        "contract_id",
        "product_id",
        "integration_id",
        "use_partner_data",
        "name",
        "cpf_cnpj",
        "username",
        "external_ref",
    }
)
#: what of these is changed after all, by a key of the context
OPENED_BY = {
    "sva_transfer": frozenset({"contract_id", "product_id"}),
    "sva_registration": frozenset({"name"}),
    "sva_link": frozenset({"username"}),
}
#: what people may change later
EDITABLE_FIELDS = frozenset({"phone", "password"})
MIN_PASSWORD_LENGTH = 6
#: the activity that says that the platform has refused a user
REFUSED = "saber_plus_sva.activity_refused"


class SvaUser(models.Model):
    """One customer's access to one platform through one contract.

    The desired side is ``state``, the profile and the pending password; the observed
    side is in the ``platform_…`` fields.
    """

    _name = "sva.user"
    _description = "SVA User"
    _inherit = [
        "sva.sync.mixin",
        "sva.number.mixin",
        "write.guard.mixin",
        "chatter.language.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "activity.occasion.mixin",
    ]
    _order = "id desc"
    _managers = MANAGER
    _check_company_auto = True
    _rec_names_search = ["name", "cpf_cnpj", "username", "phone"]

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        domain="[('contract_type', '=', 'sale'),"
        " ('contract_status', 'in', ('pre_contract', 'active')),"
        " ('contract_line_ids', 'any', [('service_type', '=', 'sva'),"
        " ('is_canceled', '=', False),"
        " ('product_id.sva_integration_id', '=?', integration_id)]),"
        " ('sva_user_ids', 'not any', [('integration_id', '=', integration_id)])]",
    )
    partner_id = fields.Many2one(
        related="contract_id.partner_id", string="Customer", store=True, index=True
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        compute="_compute_company_id",
        store=True,
        precompute=True,
        index=True,
    )
    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        compute="_compute_integration_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        ondelete="restrict",
        index=True,
        domain="[('id', 'in', allowed_product_ids)]",
        help="One of the SVA products on the contract; it decides the package.",
    )
    allowed_product_ids = fields.Many2many(
        comodel_name="product.product",
        compute="_compute_allowed_product_ids",
        # customers keep what is no longer sold to others
        context={"active_test": False},
    )
    package_id = fields.Many2one(
        comodel_name="sva.package",
        compute="_compute_package_id",
        store=True,
        precompute=True,
        ondelete="restrict",
        index=True,
    )
    use_partner_data = fields.Boolean(
        string="Use registration data",
        default=True,
        help="Take name, CPF and mobile phone from the customer's registration.",
    )
    name = fields.Char(
        compute="_compute_registration",
        store=True,
        readonly=False,
        precompute=True,
    )
    cpf_cnpj = fields.Char(
        string="CPF/CNPJ",
        compute="_compute_registration",
        search="_search_cpf_cnpj",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        help="The CPF of the person who uses the platform, stored as digits.",
    )
    username = fields.Char(
        compute="_compute_username",
        store=True,
        readonly=False,
        precompute=True,
        help="How the customer logs in on the platform; the CPF unless changed.",
    )
    phone = fields.Char(
        string="Mobile Phone",
        compute="_compute_registration",
        search="_search_phone",
        store=True,
        readonly=False,
        precompute=True,
        index="trigram",
        help="Mobile phone, stored in the international format +5511987654321.",
    )
    password = fields.Char(
        compute="_compute_password",
        inverse="_inverse_password",
        exportable=False,
        help="A new password for the platform. It is kept encrypted until the "
        "platform has it, then erased. Leave it empty to let the platform set one.",
    )
    password_sealed = fields.Char(
        groups=fields.NO_ACCESS, copy=False, exportable=False, prefetch=False
    )
    has_pending_password = fields.Boolean(
        compute="_compute_has_pending_password", compute_sudo=True
    )
    manually_disabled = fields.Boolean(
        string="Switched off",
        readonly=True,
        copy=False,
        tracking=True,
        help="An operator has deactivated the user without cancelling the contract.",
    )
    state = fields.Selection(
        selection=STATUSES,
        string="Status",
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
        help="What the contract lets the user be.",
    )
    state_explanation = fields.Char(
        string="Why",
        compute="_compute_state_explanation",
        help="Why the status is what it is.",
    )
    can_activate = fields.Boolean(compute="_compute_can_activate")
    state_until = fields.Date(
        compute="_compute_state",
        store=True,
        index="btree_not_null",
        help="When a line of the contract starts or ends, and the status with it.",
    )

    platform_name = fields.Char(
        string="Name on the Platform", readonly=True, copy=False
    )
    platform_phone = fields.Char(
        string="Phone on the Platform", readonly=True, copy=False
    )
    platform_package_code = fields.Char(
        string="Package on the Platform", readonly=True, copy=False
    )

    # found by the unique index
    platform_user_id = fields.Char(index=False)
    conflicting_user_id = fields.Char(
        readonly=True,
        copy=False,
        help="The platform's user that has this CPF without being known here.",
    )
    conflicting_username = fields.Char(readonly=True, copy=False)

    seen_in = fields.Integer(
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="The last reconciliation that has seen it.",
    )

    _unique_cpf = models.UniqueIndex(
        "(integration_id, cpf_cnpj)",
        "CPF já cadastrado. There is an SVA user with this CPF already.",
    )
    _unique_contract = models.UniqueIndex(
        "(contract_id, integration_id)",
        "This contract has an SVA user on this platform already.",
    )
    _unique_external_ref = models.UniqueIndex("(external_ref)")
    _unique_platform_user = models.UniqueIndex(
        "(integration_id, platform_user_id) WHERE platform_user_id IS NOT NULL",
        "This user of the platform is that of another SVA user already.",
    )
    # in the order in which they are claimed, however many there are
    _pending = models.Index(
        "(integration_id, next_sync_date NULLS FIRST, id) WHERE sync_state = 'pending'"
    )

    @api.depends("contract_id.company_id")
    def _compute_company_id(self):
        for user in self:
            # a form that has just been opened offers what there is in this company
            user.company_id = user.contract_id.company_id or self.env.company

    @api.depends("company_id")
    def _compute_integration_id(self):
        of_company = (
            self.env["sva.integration"]
            .search([("company_id", "in", self.company_id.ids)])
            .grouped("company_id")
        )
        for user in self:
            is_new = not user._origin
            if is_new and user.integration_id.company_id != user.company_id:
                known = of_company.get(user.company_id, user.integration_id.browse())
                user.integration_id = user.contract_id._sva_platform(known)

    @api.depends(
        "contract_id.contract_line_ids.product_id.sva_integration_id",
        "contract_id.contract_line_ids.service_type",
        "contract_id.contract_line_ids.is_canceled",
        "integration_id",
    )
    def _compute_allowed_product_ids(self):
        for user in self:
            user.allowed_product_ids = user.contract_id._sva_products(
                user.integration_id
            )

    @api.depends(
        "allowed_product_ids",
        "contract_id.contract_line_ids.date_start",
        "contract_id.contract_line_ids.date_end",
    )
    def _compute_product_id(self):
        for user in self:
            user.product_id = user._sold_product()

    def _sold_product(self):
        """The product that the user has: the same for as long as it is sold.

        Where the contract has replaced it by another one of this platform, the user
        goes with it. A new user takes the only one, or is asked.
        """
        sold = self.allowed_product_ids._origin
        if not self.product_id:
            return sold if len(sold) == 1 else sold.browse()
        if not self.contract_id:
            return self.product_id
        phases = {
            product: self.contract_id._sva_phase(product)
            for product in self.product_id | sold
        }
        return successor(self.product_id, phases)

    @api.depends("product_id.sva_package_id")
    def _compute_package_id(self):
        for user in self:
            user.package_id = user.product_id.sva_package_id or user.package_id

    @api.depends("contract_id", "use_partner_data")
    def _compute_registration(self):
        # Not dependent on the customer's own fields: the platform knows the user by
        # what the registration said on the day the user was created, whichever
        # contract it is on since.
        for user in self:
            data = user.contract_id.partner_id._sva_registration_data()
            is_new = not user._origin
            take = is_new and user.use_partner_data
            user.name = data["name"] if take else user.name or data["name"]
            user.cpf_cnpj = data["cpf_cnpj"] if take else user.cpf_cnpj
            user.phone = data["phone"] if take else user.phone

    @api.depends("cpf_cnpj")
    def _compute_username(self):
        for user in self:
            digits = re.sub(r"\D", "", user.cpf_cnpj or "") or False
            # the platform knows an existing user by the name that it has
            user.username = user.username if user._origin else digits

    def _compute_password(self):
        self.password = False

    def _inverse_password(self):
        for user in self:
            password = user.password
            if password and len(password) < MIN_PASSWORD_LENGTH:
                raise InvalidError(
                    self.env._(
                        "The password must have at least %s characters.",
                        MIN_PASSWORD_LENGTH,
                    ),
                    "password_too_short",
                    user,
                )
            # sudo: nobody may read a pending password, but operators may set one
            user.sudo().password_sealed = password and vault.seal_for(
                self.env, password
            )
        # what was written must not be read back, not even in this transaction
        self.invalidate_recordset(["password"], flush=False)

    @api.depends("password_sealed")
    def _compute_has_pending_password(self):
        for user in self:
            user.has_pending_password = bool(user.password_sealed)

    @api.autovacuum
    def _encrypt_by_the_newest_key(self):
        """Make older keys dispensable, also for passwords that wait for a platform."""
        # those that are worked on are given back by what was sealed then: they follow
        waiting = self.sudo().search(
            [("password_sealed", "!=", False), ("lease_token", "=", False)]
        )
        for user in waiting:
            is_refused = user.refused_digest == user._digest()
            vault.reseal_field(user, "password_sealed")
            if is_refused:  # it is the same password
                user.refused_digest = user._digest()

    @api.depends(
        "manually_disabled",
        "product_id",
        "contract_id.active",
        "contract_id.contract_status",
        "contract_id.access_status",
        "allowed_product_ids",
        "contract_id.contract_line_ids.product_id",
        "contract_id.contract_line_ids.date_start",
        "contract_id.contract_line_ids.date_end",
        "contract_id.contract_line_ids.is_canceled",
    )
    def _compute_state(self):
        # whoever moves the contract at this moment looks again, or we do
        touch(self.filtered("id").contract_id)
        for user in self:
            state, user.state_until = user._derive_state()
            if user.id and user.next_sync_date and user.state != state:
                # what has failed before was something else
                user.next_sync_date = False
            user.state = state

    def _derive_state(self):
        """What the contract lets the user be, and until when without a change of it."""
        contract = self.contract_id
        if not contract:  # a form that has just been opened
            return False, False
        product = self._sold_product()
        today = contract._today()
        state = derive_state(
            contract.contract_status if contract.active else "inactive",
            contract.access_status,
            contract._sva_phase(product),
            not self.manually_disabled,
        )
        if product != self.product_id:
            # the daily action catches up with a product that has taken over today
            return state, today
        changes = contract._sva_periods(product | self.allowed_product_ids)
        return state, next_change(changes, today) or False

    @api.model
    def _prove_states(self):
        """Compare what is stored with what the contracts say, and mend what differs.

        Nothing should: whatever makes it differ is a fault, and is logged. A line that
        starts or ends today is none, should the daily action be late.
        """
        self._rederive_states()
        until = time.monotonic() + shortest_limit() / 2
        # sudo: whoever runs the action
        parameters = self.env["ir.config_parameter"].sudo()
        before = last = int(parameters.get_param(PROVED_UNTIL) or 0)
        users = self._next_to_prove(last) or self._next_to_prove(0)
        while users:
            run(self.env, users._prove_state)
            commit(self.env)
            self.env.invalidate_all()
            last = users.ids[-1]
            users = self._next_to_prove(last)
            if users and time.monotonic() > until:
                break  # tomorrow it goes on after them
        else:
            last = 0
        if last != before:
            parameters.set_param(PROVED_UNTIL, last)
            commit(self.env)

    @api.model
    def _next_to_prove(self, last):
        return self.search([("id", ">", last)], order="id", limit=PROOF_SIZE)

    def _prove_state(self):
        users = self.exists()
        others = users.filtered(
            lambda user: (
                user.package_id != (user.product_id.sva_package_id or user.package_id)
            )
        )
        if others:
            # made while the product was given another one
            _logger.error("SVA users had not their product's package: %s", others.ids)
            self.env.add_to_compute(self._fields["package_id"], others)
        wrong = users.filtered(
            lambda user: (user.state, user.state_until) != user._derive_state()
        )
        if wrong:
            _logger.error("SVA users were not what their contracts say: %s", wrong.ids)
            for name in ("state", "state_until"):
                self.env.add_to_compute(self._fields[name], wrong)
        behind = (users - wrong).filtered(
            lambda user: user.sync_state != user._derive_sync_state()
        )
        if behind:
            _logger.error("SVA users were not what the engine says: %s", behind.ids)
            self.env.add_to_compute(self._fields["sync_state"], behind)

    @api.depends(
        "state", "platform_state", "manually_disabled", "contract_id.access_explanation"
    )
    @api.depends_context("lang")
    def _compute_state_explanation(self):
        for user in self:
            sentences = [user.contract_id and user._explain_state()]
            if user.platform_state == ABSENT and user.state in ("blocked", "disabled"):
                sentences.append(
                    self.env._("The user is created on the platform once it is active.")
                )
            user.state_explanation = " ".join(filter(None, sentences)) or False

    def _explain_state(self):
        contract = self.contract_id
        explanation = contract.access_explanation
        if contract._sva_has_ended():
            return explanation
        phase = contract._sva_phase(self.product_id)
        if phase is LinePhase.ENDED:
            return self.env._(
                "The contract does not sell “%s” any more.",
                self.product_id.display_name,
            )
        if self.manually_disabled:
            return self.env._("Switched off by an operator; the contract goes on.")
        if contract.is_suspended:
            return explanation
        if phase is LinePhase.UPCOMING and contract.access_status in OPEN_ACCESS:
            starts = contract._sva_periods(self.product_id)
            return self.env._(
                "Its line on the contract starts on %s.",
                format_date(self.env, next_change(starts, contract._today())),
            )
        return explanation

    @api.depends("state", "manually_disabled", "contract_id.access_status")
    def _compute_can_activate(self):
        for user in self:
            contract = user.contract_id
            user.can_activate = (
                user.manually_disabled
                and derive_state(
                    contract.contract_status if contract.active else "inactive",
                    contract.access_status,
                    contract._sva_phase(user.product_id),
                    switched_on=True,
                )
                != "disabled"
            )

    @api.model
    def _rederive_states(self):
        """Derive anew what a line that starts or ends today has made out of date.

        Days on which this did not run are made up for.
        """
        companies = self.env["res.company"].with_context(active_test=False)
        companies = companies.search([(1, "=", 1)])
        outdated = companies._domain_by_day(
            lambda today: Domain("state_until", "<=", today)
        )
        run_in_slices(self.search(outdated), type(self)._rederive_state, DAY_SIZE)

    def _rederive_state(self):
        # a line that ends may have a successor; then all that depends on the product
        self.env.add_to_compute(self._fields["product_id"], self)
        self.modified(["product_id"])

    @api.depends(
        "state",
        "password_sealed",
        *PROFILE_SOURCES.values(),
        *PROFILE_SEEN.values(),
    )
    def _compute_sync_state(self):
        return super()._compute_sync_state()

    @api.depends("sync_state")
    def _compute_sync_error(self):
        result = super()._compute_sync_error()
        # sudo: whose turn it is may be told, whoever asks
        removals = self.env["sva.user.removal"].sudo()
        waiting = self.filtered(lambda user: user.sync_state == "pending")
        taken = {
            (removal.integration_id.id, removal.cpf_cnpj)
            for removal in (waiting and removals._ahead_of(waiting))
        }
        for user in waiting:
            if (user.integration_id.id, user.cpf_cnpj) in taken:
                user.sync_error = self.env._(
                    "The platform has to delete a former user with this CPF first."
                )
        return result

    @api.constrains("contract_id", "name", "cpf_cnpj", "username", "phone")
    def _check_registration(self):
        """Name all that is missing at once, then what is wrong with the rest."""
        for user in self:
            missing = [
                label
                for value, label in (
                    (user.name, self.env._("name")),
                    (user.cpf_cnpj, self.env._("CPF")),
                    (user.phone, self.env._("mobile phone")),
                    (user.username, self.env._("username")),
                )
                if not value
            ]
            if not user.cpf_cnpj and missing[-1:] == [self.env._("username")]:
                missing.pop()  # it is the CPF, which is named already
            if missing:
                raise user.partner_id._sva_incomplete(
                    self.env._(
                        "The SVA user of %(customer)s cannot be saved. Missing: "
                        "%(fields)s. Complete the customer's registration, or enter "
                        "the data here.",
                        customer=user.partner_id.display_name,
                        fields=", ".join(missing),
                    )
                )
            try:
                self._clean_cpf(user.cpf_cnpj)
                self._clean_phone(user.phone, user.partner_id)
            except InvalidError as error:
                if not user.use_partner_data:
                    raise
                raise user.partner_id._sva_incomplete(
                    error.message, error.context["code"]
                ) from None

    @api.constrains("contract_id")
    def _check_sold(self):
        """When a user comes to a contract; later it follows the contract's lines."""
        for user in self:
            contract, product = user.contract_id, user.product_id
            if contract.contract_type != "sale":
                raise InvalidError(
                    self.env._("An SVA user needs a customer's contract."),
                    "not_a_customers_contract",
                    contract,
                )
            if not user.integration_id.active:
                raise InvalidError(
                    self.env._(
                        "The SVA integration “%s” is archived.",
                        user.integration_id.name,
                    ),
                    "integration_archived",
                    user.integration_id,
                )
            if not product.sva_package_id:
                raise InvalidError(
                    self.env._(
                        "The product “%s” has no SVA package. Choose one on the "
                        "product's SVA tab.",
                        product.display_name,
                    ),
                    "no_package",
                    product,
                )
            if product not in user.allowed_product_ids._origin:
                raise InvalidError(
                    self.env._(
                        "The product “%(product)s” is not sold as SVA of this platform "
                        "on the contract “%(contract)s”. Add it to the contract's "
                        "lines first.",
                        product=product.display_name,
                        contract=contract.display_name,
                    ),
                    "not_sold",
                    contract,
                )
            if not product.sva_package_id.available:
                raise InvalidError(
                    self.env._(
                        "The package “%s” is no longer offered by the platform. "
                        "Choose another one on the product's SVA tab.",
                        product.sva_package_id.display_name,
                    ),
                    "package_unavailable",
                    product.sva_package_id,
                )

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        self._check_given(*vals_list, is_new=True)
        vals_list = [self._clean(vals) for vals in vals_list]
        vals_list = self._with_platform(vals_list)
        self._check_duplicates(vals_list)
        with self._unique_in_our_words():
            users = super().create(vals_list)
        # sudo: what people were told, and what was seen, is the system's to write
        users.sudo().filtered("platform_user_id")._take_over()
        users._note_on_contract(self.env._("SVA user (%s) created."))
        return users

    def _take_over(self):
        """Whom the platform had before us is known to it, and to the customer."""

    @api.model
    def _with_platform(self, vals_list):
        """Values with the platform, where the company has several and none is given.

        It is that of the product; without one, what the contract has no user on yet.
        """
        contracts = self.env["contract.contract"].browse(
            vals["contract_id"] for vals in vals_list if vals.get("contract_id")
        )
        of_company = (
            self.env["sva.integration"]
            .search([("company_id", "in", contracts.company_id.ids)])
            .grouped("company_id")
        )
        result = []
        for vals in vals_list:
            contract = contracts.browse(vals.get("contract_id"))
            known = of_company.get(contract.company_id, ())
            if not vals.get("integration_id") and len(known) > 1:
                product_id = given_id(self.env, "product_id", vals.get("product_id"))
                product = self.env["product.product"].browse(product_id).exists()
                platform = product.sva_integration_id & known
                platform = platform or contract._sva_platform(known)
                vals = {**vals, "integration_id": platform.id}
            result.append(vals)
        return result

    @contextmanager
    def _unique_in_our_words(self):
        """Say what a unique index says, to those who come at the same moment.

        Odoo would put words of its own before the message; whoever integrates looks for
        the platform's words at its beginning.
        """
        try:
            # what is to be done before the commit is not to be done now
            with self.env.cr.savepoint(flush=False):
                yield
                self.flush_recordset()
        except UniqueViolation as error:
            codes = {
                self._unique_cpf.full_name(self): "cpf_taken",
                self._unique_platform_user.full_name(self): "platform_user_taken",
            }
            raise InvalidError(
                self._sql_error_to_message(error),
                codes.get(error.diag.constraint_name, "contract_taken"),
            ) from error

    def write(self, vals):
        if not self.env.su:
            check_values(self.env, vals)
            self.check_access("write")
            vals = self._changes(vals)
            if not vals:
                return True
        self._check_given(vals)
        # both, because a context can be given from outside
        opened = {
            name
            for key, names in OPENED_BY.items()
            if self.env.su and self.env.context.get(key)
            for name in names
        }
        if (IDENTITY_FIELDS - opened) & vals.keys():
            raise self._refusal(IDENTITY_FIELDS)
        if vals.get("phone") and len(self.partner_id.country_id) > 1:
            # a number without “+” is one of the customer's own country
            return all(user.write(vals) for user in self)
        vals = self._clean(vals, self.partner_id[:1])
        phone = vals.get("phone")
        called = self.filtered(lambda user: phone and user.phone != phone)
        self.env.add_to_compute(self._fields["registration_phone"], called)
        result = super().write(vals)
        if called:
            called._note(self.env._("SVA user (%s): new phone."))
        if vals.get("password"):
            self._note(self.env._("SVA user (%s): new password."))
        return result

    def _note(self, words):
        """Leave a line in the chatter of these users and of their contracts.

        :param words: what has happened, never to which value; ``%s`` is the product
        """
        self._message_log_batch(
            {user.id: words % user.product_id.display_name for user in self}
        )
        self._note_on_contract(words)

    def _note_on_contract(self, words):
        """The same in the chatter of their contracts only."""
        products = {
            contract.id: users.product_id.mapped("display_name")
            for contract, users in self.grouped("contract_id").items()
        }
        self.contract_id._message_log_batch(
            {id_: words % ", ".join(names) for id_, names in products.items()}
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_on_the_platform(self):
        # sudo: removals are written by the system only
        self.env["sva.user.removal"].sudo().create(
            [user._removal_values() for user in self.sudo()]
        )
        self._note_on_contract(self.env._("SVA user (%s) deleted."))

    def _removal_values(self):
        """What is needed to delete this user on the platform.

        A row that is being worked on is left to that work first: what it observes will
        never be known here, but it releases the lease.
        """
        return {
            "integration_id": self.integration_id.id,
            "former_user_id": self.id,
            "external_ref": self.external_ref,
            "name": self.name,
            "cpf_cnpj": self.cpf_cnpj,
            "platform_user_id": self.platform_user_id,
            "lease_token": self.lease_token,
            "lease_until": self.lease_until,
            # of one that was never there nothing is left to do, but to be known of
            "platform_state": ABSENT if self.platform_state == ABSENT else UNKNOWN,
        }

    @on_records
    def action_activate(self):
        """Switch the user on again.

        :return: True
        :raises UserError: its contract is inactive, blacklisted or withdrawn
        """
        self.check_access("write")
        for user in self:
            contract = user.contract_id
            if contract._sva_has_ended():
                raise RefusedError(
                    self.env._(
                        "The SVA user %(user)s cannot be activated, because the "
                        "contract “%(contract)s” is %(status)s / %(access)s.",
                        user=user.name,
                        contract=contract.display_name,
                        status=contract._selection_label("contract_status"),
                        access=contract._selection_label("access_status"),
                    ),
                    "contract_ended",
                    contract,
                )
        # sudo: the switch belongs to the buttons, see EDITABLE_FIELDS
        self.sudo().write({"manually_disabled": False, "refused_digest": False})
        for user in self.filtered(lambda user: user.state == "disabled"):
            raise RefusedError(
                self.env._(
                    "The SVA user %(user)s cannot be activated, because the contract "
                    "“%(contract)s” does not sell “%(product)s” any more.",
                    user=user.name,
                    contract=user.contract_id.display_name,
                    product=user.product_id.display_name,
                ),
                "not_sold",
                user.contract_id,
            )
        return True

    @on_records
    def action_deactivate(self):
        """Switch the user off without cancelling the contract.

        :return: True
        """
        self.check_access("write")
        # sudo: the switch belongs to the buttons, see EDITABLE_FIELDS
        on = self.sudo().filtered(lambda user: not user.manually_disabled)
        on.write({"manually_disabled": True})
        return True

    @on_records
    def action_sync(self, partial=False):
        """Look at the platform and make it hold what it must, now, in this call.

        Ends the transaction, like every convergence: none may be open while the
        platform takes its time. More than 50 are synchronised by the scheduled action,
        at once after this call.

        :param partial: answer what became of each, instead of failing
        :return: True; with ``partial``, for each a dict as of
            :func:`..contract_access.remote.result_of_each`
        :raises UserError: it could not be done; the platform's message says why
        """
        if given_flag(self.env, "partial", partial):
            return self._sync_each()
        self.check_access("write")
        self.env["sva.engine"]._sync_now(self)
        return True

    @on_records
    def action_sync_now(self):
        """The same for the web client's button, which says that it went well.

        :return: an action that shows a notification
        :raises UserError: it could not be done; the platform's message says why
        """
        self.action_sync()
        is_done = all(user.sync_state == "synced" for user in self.exists())
        if is_done:
            message = self.env._("In sync with the platform.")
        elif len(self) > AT_ONCE:
            message = self.env._(
                "%s SVA users are being synchronised in the background.", len(self)
            )
        else:  # somebody has changed it meanwhile
            message = self.env._("Changed meanwhile: it is being synchronised again.")
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "message": message,
                "type": "success" if is_done else "info",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @on_one_record
    def action_transfer(self, contract_id, product_id=False):
        """Move the user to another contract of the same person.

        A customer who comes back keeps the platform's user, and what belongs to it
        there.

        :param contract_id: id of the contract; it must sell SVA of this platform
        :param product_id: id of one of its SVA products; without it, the same product
            as now, or the only one
        :return: True
        :raises UserError: the contract is of somebody else, has ended, has an SVA user
            already, or does not say which product it is to be
        """
        self.check_access("write")
        contract_id = given_id(self.env, "contract_id", contract_id)
        product_id = given_id(self.env, "product_id", product_id)
        contract = self.env["contract.contract"].browse(contract_id or []).exists()
        contract.check_access("read")
        is_there = contract and contract == self.contract_id
        if is_there and product_id in (None, self.product_id.id):
            return True
        self._check_transfer(contract)
        source = self.contract_id
        product = self.env["product.product"].browse(product_id or [])
        values = {
            "contract_id": contract.id,
            "product_id": (product or self._product_on(contract)).id,
            "manually_disabled": False,
        }
        with self._unique_in_our_words():
            # sudo: the switch belongs to what only the system may write
            self.sudo().with_context(sva_transfer=True).write(values)
        message = self.env._(
            "Transferred from the contract “%(former)s” to “%(current)s”.",
            former=source.display_name,
            current=contract.display_name,
        )
        self.message_post(body=message)
        return True

    @on_one_record
    def action_open_transfer(self):
        """Ask for the contract to transfer the user to."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Transfer SVA User"),
            "res_model": "sva.user.transfer",
            "view_mode": "form",
            "target": "new",
            "context": {"default_sva_user_id": self.id},
        }

    def _check_transfer(self, contract):
        if not contract:
            raise RefusedError(
                self.env._("Choose the contract to transfer the user to."),
                "field_missing",
                self,
            )
        if contract._sva_has_ended():
            raise RefusedError(
                self.env._(
                    "The contract “%(contract)s” is %(status)s / %(access)s: no SVA "
                    "user can be transferred to it.",
                    contract=contract.display_name,
                    status=contract._selection_label("contract_status"),
                    access=contract._selection_label("access_status"),
                ),
                "contract_ended",
                contract,
            )
        if not self._is_the_customers(contract):
            raise RefusedError(
                self.env._(
                    "The contract “%(contract)s” is of another customer than the SVA "
                    "user %(user)s.",
                    contract=contract.display_name,
                    user=self.name,
                ),
                "other_customer",
                contract,
            )
        # sudo: whether there is one is no secret
        there = contract.sudo().sva_user_ids.filtered(
            lambda user: user.integration_id == self.integration_id
        )
        if there:
            raise there.sudo(self.env.su)._contract_taken()

    def _is_the_customers(self, contract):
        """Whether a contract is of this user's customer, or of the user in person."""
        return self._is_of(contract.partner_id)

    def _is_of(self, customer):
        """Whether this user is of a customer's, or the customer in person."""
        return (
            customer.commercial_partner_id == self.partner_id.commercial_partner_id
            or customer._sva_registration_data()["cpf_cnpj"] == self.cpf_cnpj
        )

    def _product_on(self, contract):
        """The product that this user has on another contract."""
        sold = contract._sva_products_left(self.integration_id)
        product = sold._sva_choose(self.product_id, self.package_id.code)
        if sold and not product:
            raise RefusedError(
                self.env._(
                    "The contract “%(contract)s” sells several SVA products: "
                    "%(products)s. Choose the one for the user.",
                    contract=contract.display_name,
                    products=", ".join(sold.mapped("display_name")),
                ),
                "choose_product",
                sold,
            )
        if not product:
            raise RefusedError(
                self.env._(
                    "The contract “%s” sells no SVA product of this platform. Add one "
                    "to its lines first.",
                    contract.display_name,
                ),
                "not_sold",
                contract,
            )
        return product

    @on_records
    def action_link_platform_user(self):
        """Take the platform's user that has this CPF as this one.

        :return: True
        :raises UserError: the platform has no such user
        """
        self.check_access("write")
        # who stands for one without a conflict was linked: its answer was lost
        for user in self.filtered(
            lambda user: user.conflicting_user_id or not user.platform_user_id
        ):
            if not user.conflicting_user_id:
                raise RefusedError(
                    self.env._("The platform has no other user with this CPF."),
                    "no_other_user",
                    user,
                )
            # sudo: the observed side is the engine's; it will look the user up
            user.sudo()._link(user.conflicting_user_id, user.conflicting_username)
        return True

    def _link(self, platform_user_id, username):
        """Take a user of the platform as the one that this row stands for.

        :param username: how that user logs in, where it is known
        :raises UserError: it is being worked on, or another row stands for that user
        """
        if self._is_leased():
            raise self._busy()
        self._check_not_taken(self.integration_id, [platform_user_id])
        self._look_again()
        with self._unique_in_our_words():
            self.with_context(sva_link=True).write(
                {
                    "platform_user_id": platform_user_id,
                    "username": username or self.username,
                    "conflicting_user_id": False,
                    "conflicting_username": False,
                    "error_code": False,
                    "error_message": False,
                }
            )
        self._take_over()

    def _check_not_taken(self, integration, platform_user_ids):
        """Refuse users of the platform that others than these rows stand for."""
        everywhere = integration._of_same_account()
        others = self._standing_for(everywhere, platform_user_ids) - self
        if others:
            raise others[0]._platform_user_taken()

    @api.model
    def _standing_for(self, integrations, platform_user_ids):
        # sudo: that there is one is told to whoever wants to take it
        return self.sudo().search(
            [
                ("integration_id", "in", integrations.ids),
                ("platform_user_id", "in", platform_user_ids),
            ]
        )

    def _platform_user_taken(self):
        """What to raise where another row is to stand for this one's user."""
        message = self.env._(
            "This user of the platform is that of another SVA user already."
        )
        known = self.sudo(False).filtered(lambda user: user._may_be_told())
        return RefusedError(
            known._with_its_place(message), "platform_user_taken", known
        )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | EDITABLE_FIELDS

    @api.model
    def _open_to_create(self):
        given = IDENTITY_FIELDS - {"external_ref"}
        return super()._open_to_create() | given

    def _check_readable(self, *vals_list):
        result = super()._check_readable(*vals_list)
        # the registration that a new user takes is the customer's
        contracts = self.env["contract.contract"].browse(
            {id_ for vals in vals_list if (id_ := chosen_id(vals.get("contract_id")))}
        )
        contracts.sudo().partner_id.sudo(False).check_access("read")
        return result

    def _refusal(self, names):
        return RefusedError(
            self.env._(
                "Only the phone and the password of an SVA user can be changed. Its "
                "status follows the contract; use the buttons to activate or "
                "deactivate it."
            ),
            "field_closed",
            self,
        )

    @api.model
    def _check_duplicates(self, vals_list):
        """Refuse what the indexes would refuse, before the database sees it.

        It would write the values into the log, a person's data among them. The indexes
        stay for those who come at the same moment.

        :param vals_list: cleaned values
        """
        for refusal in self._find_duplicates(vals_list):
            if refusal:
                raise refusal

    @api.model
    def _find_duplicates(self, vals_list):
        """What the indexes would refuse, in a constant number of queries.

        :param vals_list: cleaned values
        :return: yields for each of them what to raise, None where nothing is
        """
        contracts = self.env["contract.contract"].browse(
            vals["contract_id"] for vals in vals_list if vals.get("contract_id")
        )
        registered = {
            contract.id: contract.partner_id._sva_registration_data()["cpf_cnpj"]
            for contract in contracts
        }
        numbers = [
            vals.get("cpf_cnpj") or registered.get(vals.get("contract_id"))
            for vals in vals_list
        ]
        # sudo: that there is one is told to whoever wants to create another
        users = self.sudo().search(
            Domain("company_id", "in", contracts.sudo().company_id.ids)
            & (
                Domain("cpf_cnpj", "in", [number for number in numbers if number])
                | Domain("contract_id", "in", contracts.ids)
            )
        )
        seen = set()
        for vals, number in zip(vals_list, numbers, strict=True):
            contract = contracts.browse(vals.get("contract_id"))
            company = contract.sudo().company_id
            wanted = vals.get("integration_id")
            same = users.filtered(
                lambda user, company=company, wanted=wanted: (
                    user.company_id == company
                    and wanted in (None, False, user.integration_id.id)
                )
            )
            key = (company, wanted, number)
            if taken := same.filtered(lambda user, cpf=number: user.cpf_cnpj == cpf):
                yield taken[0].sudo(self.env.su)._duplicate(contract)
            elif number and key in seen:
                yield self._duplicate()
            elif there := same.filtered(
                lambda user, contract=contract: user.contract_id == contract
            ):
                yield there[0].sudo(self.env.su)._contract_taken()
            else:
                seen.add(key)
                yield None

    def _contract_taken(self):
        """What to raise where a contract has this user already, or another one."""
        return InvalidError(
            self.env._("This contract has an SVA user on this platform already."),
            "contract_taken",
            self.filtered(lambda user: user.has_access("read")),
        )

    def _duplicate(self, contract=None):
        """What to raise of a CPF that this user, if any, has already.

        :param contract: the contract that the CPF was to have another user on
        """
        known = self.filtered(lambda user: user._may_be_told())
        return InvalidError(known._explain_duplicate(contract), "cpf_taken", known)

    def _may_be_told(self):
        """Whether the caller may know where this user is."""
        return self.has_access("read") and self.contract_id.has_access("read")

    def _explain_duplicate(self, contract=None):
        """What to say of a CPF that this user, if the caller may see one, has.

        :param contract: the contract that the CPF was to have another user on
        """
        message = self.env._(
            "CPF já cadastrado. There is an SVA user with this CPF already."
        )
        message = self._with_its_place(message)
        if not self or contract == self.contract_id:
            return message
        if self._is_the_customers(contract.sudo()):
            return self.env._(
                "%s If the customer has come back, transfer it from there.", message
            )
        return self.env._(
            "%s That contract is of another customer: check the CPF.", message
        )

    def _with_its_place(self, message):
        """A message of this user, if the caller may see one, and where it is."""
        if not self:
            return message
        return self.env._(
            "%(message)s It is on the contract “%(contract)s” (%(status)s / "
            "%(access)s).",
            message=message,
            contract=self.contract_id.display_name,
            status=self.contract_id._selection_label("contract_status"),
            access=self.contract_id._selection_label("access_status"),
        )

    @api.model
    def _clean(self, vals, partner=None):
        """Values with CPF and phone in the form in which they are stored.

        :raises InvalidError: a value is no text; Odoo would take it as Python writes it
        """
        vals = dict(vals)
        for name in ("name", "cpf_cnpj", "username", "phone", "password"):
            if name in vals:
                vals[name] = given_text(self.env, name, vals[name]) or False
        if vals.get("cpf_cnpj"):
            vals["cpf_cnpj"] = self._clean_cpf(vals["cpf_cnpj"])
        if vals.get("phone"):
            if not partner and vals.get("contract_id"):
                contract = self.env["contract.contract"].browse(vals["contract_id"])
                partner = contract.partner_id
            vals["phone"] = self._clean_phone(vals["phone"], partner)
        return vals

    @api.model
    def _clean_cpf(self, value):
        try:
            return clean_cpf(value)
        except NotAPerson:
            raise InvalidError(
                self.env._(
                    "This is a CNPJ. The platform takes persons only: enter the CPF of "
                    "the person who uses it."
                ),
                "cnpj",
            ) from None
        except InvalidCpf:
            raise InvalidError(
                self.env._("This is not a valid CPF. Check its digits."), "cpf_invalid"
            ) from None

    @api.model
    def _clean_phone(self, value, partner=None):
        countries = (partner or self.env["res.partner"])._sva_country_codes()
        try:
            return clean_mobile(value, countries)
        except NotMobile:
            raise InvalidError(
                self.env._(
                    "This is not a mobile phone. The platform needs one, such as "
                    "(11) 98765-4321."
                ),
                "phone_invalid",
            ) from None
        except InvalidPhone:
            raise InvalidError(
                self.env._(
                    "This is not a phone number. Enter a mobile phone with its area "
                    "code, such as (11) 98765-4321."
                ),
                "phone_invalid",
            ) from None

    def _desired(self, password=None):
        self.ensure_one()
        return Desired(
            state=self.state,
            profile=self._profile(PROFILE_SOURCES),
            password=password or self.password_sealed or None,
        )

    def _observed(self):
        return replace(super()._observed(), profile=self._profile(PROFILE_SEEN))

    def _profile(self, sources):
        """A profile read from this row.

        :param sources: where the value of each of its fields comes from
        """
        return Profile(
            **{
                name: reduce(getitem, path.split("."), self) or ""
                for name, path in sources.items()
            }
        )

    def _outcome_values(self, outcome, sealed):
        values = super()._outcome_values(outcome, sealed)
        if profile := outcome.observed.profile:
            values |= {
                PROFILE_SEEN[name]: value for name, value in asdict(profile).items()
            }
        if outcome.password_delivered and self.password_sealed == sealed:
            values["password_sealed"] = False
        if outcome.attempted:
            values["conflicting_user_id"] = outcome.conflicting_user_id or False
            values["conflicting_username"] = outcome.conflicting_username or False
        return values

    def _not_settled(self, outcome, error):
        violated = isinstance(error, UniqueViolation) and error.diag.constraint_name
        if violated == self._unique_platform_user.full_name(self):
            # an id that the platform has given anew: who had it is looked for
            others = self._standing_for(self.integration_id, [outcome.observed.user_id])
            others._look_again()
            others.write({"platform_user_id": False})

    def _notify_settled(self):
        self.env["sva.live"]._changed(
            user_ids=self.ids, contract_ids=self.contract_id.ids
        )

    def _refusals_changed(self):
        refused = self.filtered(lambda user: user.sync_state == "failed")
        refused._open_occasion(REFUSED, lambda user: user.sync_error)
        (self - refused)._close_occasion(REFUSED)

    def _responsible(self):
        people = self.contract_id.user_id | self.integration_id.user_id
        return self._responsible_among(people, self.company_id)

    def _sealed_password(self):
        return self.password_sealed

    def _task(self, password):
        return replace(super()._task(password), username=self.username)

    @api.model
    def _claimable_domain(self, only=None):
        return super()._claimable_domain(only) & Domain.custom(
            to_sql=self._no_removal_is_ahead
        )

    @api.model
    def _no_removal_is_ahead(self, _model, alias, _query):
        return SQL(
            """
            NOT EXISTS (
                SELECT FROM sva_user_removal AS removal
                 WHERE removal.integration_id = %(user)s.integration_id
                   AND removal.cpf_cnpj = %(user)s.cpf_cnpj
                   AND removal.sync_state != 'synced'
            )
            """,
            user=SQL.identifier(alias),
        )
