# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A customer's user on an SVA platform: what it must be, and what it was seen to be."""

import hashlib
import re
import uuid
from datetime import timedelta

from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..sync.plan import ABSENT, UNKNOWN, Desired, Observed, Profile, plan
from ..sync.state import ENDED_CONTRACT, derive_state, line_phase, next_change
from ..tools.registration import (
    InvalidCpf,
    InvalidPhone,
    NotAPerson,
    NotMobile,
    clean_cpf,
    clean_mobile,
)

#: fixed once the user exists: the platform knows it by them
IDENTITY_FIELDS = frozenset(
    {
        "contract_id",
        "integration_id",
        "product_id",
        "use_partner_data",
        "name",
        "cpf_cnpj",
        "username",
        "external_ref",
    }
)
#: written by the buttons and by the engine, never by hand
SYSTEM_FIELDS = frozenset(
    {
        "external_ref",
        "state",
        "state_until",
        "manually_disabled",
        "package_id",
        "sync_state",
        "sync_attempts",
        "next_sync_date",
        "last_sync_date",
        "error_code",
        "error_message",
        "refused_digest",
        "conflicting_user_id",
        "lease_token",
        "lease_until",
        "password_sealed",
        "platform_state",
        "platform_user_id",
        "platform_name",
        "platform_phone",
        "platform_package_code",
    }
)
MIN_PASSWORD_LENGTH = 6


class SvaUser(models.Model):
    """One customer's access to one platform through one contract.

    The desired side is ``state``, the profile and the pending password; the observed
    side is in the ``platform_…`` fields. ``sync_state`` is what comes out of comparing
    the two: a row that differs is pending, whatever made it differ.
    """

    _name = "sva.user"
    _description = "SVA User"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _rec_names_search = ["name", "cpf_cnpj", "username"]

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        ondelete="restrict",
        index=True,
        check_company=True,
        domain="[('contract_type', '=', 'sale')]",
    )
    partner_id = fields.Many2one(
        related="contract_id.partner_id", string="Customer", store=True, index=True
    )
    company_id = fields.Many2one(
        related="contract_id.company_id", store=True, index=True
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
        comodel_name="product.product", compute="_compute_allowed_product_ids"
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
        store=True,
        readonly=False,
        precompute=True,
        help="Mobile phone, stored in the international format +5511987654321.",
    )
    password = fields.Char(
        compute="_compute_password",
        inverse="_inverse_password",
        exportable=False,
        help="A new password for the platform. It is kept encrypted until the platform "
        "has it, then erased. Leave it empty and the platform sees to one itself.",
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
        selection=[
            ("active", "Active"),
            ("blocked", "Blocked"),
            ("disabled", "Disabled"),
        ],
        string="Status",
        compute="_compute_state",
        store=True,
        index=True,
        tracking=True,
        help="What the contract lets the user be.",
    )
    state_until = fields.Date(
        compute="_compute_state",
        store=True,
        index="btree_not_null",
        help="When a line of the contract starts or ends, and the status with it.",
    )
    external_ref = fields.Char(
        string="Our Reference",
        default=lambda self: uuid.uuid4().hex,
        required=True,
        readonly=True,
        copy=False,
        help="What the platform knows the user by, on our side.",
    )

    platform_state = fields.Selection(
        selection=[
            (ABSENT, "Absent"),
            (UNKNOWN, "Unknown"),
            ("active", "Active"),
            ("blocked", "Blocked"),
            ("disabled", "Disabled"),
        ],
        string="On the Platform",
        default=ABSENT,
        required=True,
        readonly=True,
        copy=False,
        index=True,
        help="What the platform was last known to hold.",
    )
    platform_user_id = fields.Char(
        string="Platform's ID", readonly=True, copy=False, index="btree_not_null"
    )
    platform_name = fields.Char(readonly=True, copy=False)
    platform_phone = fields.Char(
        string="Phone on the Platform", readonly=True, copy=False
    )
    platform_package_code = fields.Char(
        string="Package on the Platform", readonly=True, copy=False
    )

    sync_state = fields.Selection(
        selection=[
            ("pending", "Pending"),
            ("synced", "In step"),
            ("failed", "Failed"),
        ],
        string="Synchronisation",
        compute="_compute_sync_state",
        store=True,
        help="Pending: the platform does not hold yet what it must. Failed: the "
        "platform refused it, and a person has to look at it.",
    )
    sync_error = fields.Char(
        string="Error", compute="_compute_sync_error", help="Why it is not in step."
    )
    sync_attempts = fields.Integer(
        string="Attempts", readonly=True, copy=False, aggregator=None
    )
    next_sync_date = fields.Datetime(string="Next Attempt", readonly=True, copy=False)
    last_sync_date = fields.Datetime(string="Last in Step", readonly=True, copy=False)
    error_code = fields.Char(readonly=True, copy=False)
    error_message = fields.Char(readonly=True, copy=False)
    refused_digest = fields.Char(
        readonly=True,
        copy=False,
        help="What the platform refused. Any change to it is worth a new attempt.",
    )
    conflicting_user_id = fields.Char(
        readonly=True,
        copy=False,
        help="The platform's user that has this CPF without being known here.",
    )
    lease_token = fields.Char(readonly=True, copy=False)
    lease_until = fields.Datetime(readonly=True, copy=False)

    _unique_cpf = models.UniqueIndex(
        "(integration_id, cpf_cnpj)",
        "CPF já cadastrado. There is an SVA user with this CPF already.",
    )
    _unique_contract = models.UniqueIndex(
        "(contract_id, integration_id)",
        "This contract has an SVA user on this platform already.",
    )
    _unique_external_ref = models.UniqueIndex("(external_ref)")
    _pending = models.Index(
        "(integration_id, next_sync_date) WHERE sync_state = 'pending'"
    )

    @api.depends("contract_id")
    def _compute_integration_id(self):
        of_company = {}
        for integration in self.env["sva.integration"].search(
            [("company_id", "in", self.contract_id.company_id.ids)]
        ):
            of_company.setdefault(integration.company_id, integration)
        for user in self:
            user.integration_id = user.integration_id or of_company.get(
                user.contract_id.company_id
            )

    @api.depends("contract_id", "integration_id")
    def _compute_allowed_product_ids(self):
        for user in self:
            lines = user.contract_id.contract_line_ids
            user.allowed_product_ids = lines.filtered(
                lambda line, user=user: (
                    line.service_type == "sva"
                    and not line.is_canceled
                    and line.product_id.sva_integration_id == user.integration_id
                )
            ).product_id

    @api.depends("contract_id", "integration_id")
    def _compute_product_id(self):
        for user in self:
            allowed = user.allowed_product_ids
            if not user.product_id and len(allowed) == 1:
                user.product_id = allowed._origin
            else:
                user.product_id = user.product_id

    @api.depends("product_id.sva_package_id")
    def _compute_package_id(self):
        for user in self:
            user.package_id = user.product_id.sva_package_id or user.package_id

    @api.depends("contract_id", "use_partner_data")
    def _compute_registration(self):
        # Not dependent on the customer's own fields: the platform knows the user by
        # what the registration said on the day the user was created.
        for user in self:
            data = user.contract_id.partner_id._sva_registration_data()
            user.name = user.name or data["name"]
            if user.use_partner_data:
                user.cpf_cnpj = data["cpf_cnpj"]
                user.phone = data["phone"]
            else:
                user.cpf_cnpj = user.cpf_cnpj
                user.phone = user.phone

    @api.depends("cpf_cnpj")
    def _compute_username(self):
        for user in self:
            user.username = re.sub(r"\D", "", user.cpf_cnpj or "") or False

    def _compute_password(self):
        self.password = False

    def _inverse_password(self):
        for user in self:
            password = user.password
            if password and len(password) < MIN_PASSWORD_LENGTH:
                raise ValidationError(
                    self.env._(
                        "The password must have at least %s characters.",
                        MIN_PASSWORD_LENGTH,
                    )
                )
            # sudo: nobody may read a pending password, but operators may set one
            user.sudo().password_sealed = password and self.env[
                "sva.integration"
            ]._seal(password)
        # what was written must not be read back, not even in this transaction
        self.invalidate_recordset(["password"], flush=False)

    @api.depends("password_sealed")
    def _compute_has_pending_password(self):
        for user in self:
            user.has_pending_password = bool(user.password_sealed)

    @api.depends(
        "manually_disabled",
        "product_id",
        "contract_id.active",
        "contract_id.contract_status",
        "contract_id.access_status",
        "contract_id.contract_line_ids.product_id",
        "contract_id.contract_line_ids.date_start",
        "contract_id.contract_line_ids.date_end",
        "contract_id.contract_line_ids.is_canceled",
    )
    def _compute_state(self):
        for user in self:
            contract = user.contract_id
            periods = contract._sva_periods(user.product_id)
            today = contract._sva_today()
            user.state = derive_state(
                contract.contract_status if contract.active else "inactive",
                contract.access_status,
                line_phase(periods, today),
                not user.manually_disabled,
            )
            user.state_until = next_change(periods, today)

    @api.model
    def _rederive_states(self):
        """Derive anew what a line that starts or ends today has made out of date.

        Days on which this did not run are made up for.
        """
        # the company that is furthest east is the first to see a new day
        ahead = fields.Date.today() + timedelta(days=1)
        users = self.search([("state_until", "<=", ahead)])
        # as if one of its causes had changed: with all that depends on the state
        users.modified(["manually_disabled"])

    @api.depends(
        "state",
        "name",
        "phone",
        "package_id.code",
        "password_sealed",
        "platform_state",
        "platform_user_id",
        "platform_name",
        "platform_phone",
        "platform_package_code",
        "refused_digest",
    )
    def _compute_sync_state(self):
        for user in self:
            if not plan(user._desired(user.password_sealed), user._observed()):
                user.sync_state = "synced"
            elif user.refused_digest and user.refused_digest == user._digest():
                user.sync_state = "failed"
            else:
                user.sync_state = "pending"
        if any(user.sync_state == "pending" for user in self if user._origin):
            self._wake_engine()

    @api.depends("error_code", "error_message")
    @api.depends_context("lang")
    def _compute_sync_error(self):
        explain = self.env["sva.integration"]._explain
        for user in self:
            user.sync_error = user.error_code and explain(
                user.error_code, user.error_message
            )

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
                raise ValidationError(
                    self.env._(
                        "The SVA user of %(customer)s cannot be saved. Missing: "
                        "%(fields)s. Complete the customer's registration, or enter "
                        "the data here.",
                        customer=user.partner_id.display_name,
                        fields=", ".join(missing),
                    )
                )
            self._clean_cpf(user.cpf_cnpj)
            self._clean_phone(user.phone, user.partner_id)

    @api.constrains("contract_id", "integration_id", "product_id")
    def _check_sold(self):
        for user in self:
            contract, product = user.contract_id, user.product_id
            if contract.contract_type != "sale":
                raise ValidationError(
                    self.env._("An SVA user needs a customer's contract.")
                )
            if not product.sva_package_id:
                raise ValidationError(
                    self.env._(
                        "The product “%s” has no SVA package. Choose one on the "
                        "product's SVA tab.",
                        product.display_name,
                    )
                )
            if product not in user.allowed_product_ids:
                raise ValidationError(
                    self.env._(
                        "The product “%(product)s” is not sold as SVA of this platform "
                        "on the contract “%(contract)s”. Add it to the contract's "
                        "lines first.",
                        product=product.display_name,
                        contract=contract.display_name,
                    )
                )
            if not product.sva_package_id.available:
                raise ValidationError(
                    self.env._(
                        "The package “%s” is no longer offered by the platform. "
                        "Choose another one on the product's SVA tab.",
                        product.sva_package_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._refuse_system_fields(vals)
        try:
            with self.env.cr.savepoint(flush=False):
                return super().create([self._clean(vals) for vals in vals_list])
        except UniqueViolation as error:
            # Odoo would put words of its own before the message; whoever integrates
            # looks for the platform's words at its beginning
            raise ValidationError(self._sql_error_to_message(error)) from error

    def write(self, vals):
        self._refuse_system_fields(vals)
        if IDENTITY_FIELDS & vals.keys():
            raise UserError(self._only_phone_and_password())
        if vals.get("phone") and len(self.partner_id.country_id) > 1:
            # a number without “+” is one of the customer's own country
            return all(user.write(vals) for user in self)
        return super().write(self._clean(vals, self.partner_id[:1]))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_on_the_platform(self):
        for user in self:
            if user.platform_state != ABSENT:
                raise UserError(
                    self.env._(
                        "The platform has the SVA user %s. Deactivate the user instead "
                        "of deleting it.",
                        user.name,
                    )
                )

    def action_activate(self):
        """Switch the user on again.

        :return: True
        :raises UserError: its contract is inactive, blacklisted or withdrawn
        """
        self.check_access("write")
        for user in self:
            contract = user.contract_id
            if not contract.active or contract.contract_status in ENDED_CONTRACT:
                raise UserError(
                    self.env._(
                        "The SVA user %(user)s cannot be activated, because the "
                        "contract “%(contract)s” is %(status)s / %(access)s.",
                        user=user.name,
                        contract=contract.display_name,
                        status=contract._sva_label("contract_status"),
                        access=contract._sva_label("access_status"),
                    )
                )
        # sudo: the switch belongs to the buttons, see SYSTEM_FIELDS
        self.sudo().write({"manually_disabled": False, "refused_digest": False})
        for user in self.filtered(lambda user: user.state == "disabled"):
            raise UserError(
                self.env._(
                    "The SVA user %(user)s cannot be activated, because the contract "
                    "“%(contract)s” does not sell “%(product)s” any more.",
                    user=user.name,
                    contract=user.contract_id.display_name,
                    product=user.product_id.display_name,
                )
            )
        return True

    def action_deactivate(self):
        """Switch the user off without cancelling the contract.

        :return: True
        """
        self.check_access("write")
        # sudo: the switch belongs to the buttons, see SYSTEM_FIELDS
        self.sudo().write({"manually_disabled": True})
        return True

    def action_sync(self):
        """Look at the platform and make it hold what it must, now, in this call.

        Ends the transaction, like every convergence: none may be open while the
        platform takes its time.

        :return: True
        :raises UserError: it could not be done; the platform's message says why
        """
        self.check_access("write")
        self.env["sva.sync"]._sync_now(self)
        return True

    def action_link_platform_user(self):
        """Take the platform's user that has this CPF as this one.

        :return: True
        :raises UserError: the platform has no such user
        """
        self.check_access("write")
        for user in self:
            if not user.conflicting_user_id:
                raise UserError(
                    self.env._("The platform has no other user with this CPF.")
                )
            # sudo: the observed side is the engine's; it will look the user up
            user.sudo().write(
                {
                    "platform_user_id": user.conflicting_user_id,
                    "platform_state": UNKNOWN,
                    "conflicting_user_id": False,
                    "refused_digest": False,
                    "error_code": False,
                    "error_message": False,
                }
            )
        return True

    def _refuse_system_fields(self, vals):
        if not self.env.su and SYSTEM_FIELDS & vals.keys():
            raise UserError(self._only_phone_and_password())

    def _only_phone_and_password(self):
        return self.env._(
            "Only the phone and the password of an SVA user can be changed. Its status "
            "follows the contract; use the buttons to activate or deactivate it."
        )

    @api.model
    def _clean(self, vals, partner=None):
        """Values with CPF and phone in the form in which they are stored."""
        vals = dict(vals)
        if not partner and vals.get("contract_id"):
            partner = (
                self.env["contract.contract"].browse(vals["contract_id"]).partner_id
            )
        if vals.get("cpf_cnpj"):
            vals["cpf_cnpj"] = self._clean_cpf(vals["cpf_cnpj"])
        if vals.get("phone"):
            vals["phone"] = self._clean_phone(vals["phone"], partner)
        return vals

    @api.model
    def _clean_cpf(self, value):
        try:
            return clean_cpf(value)
        except NotAPerson:
            raise ValidationError(
                self.env._(
                    "%s is a CNPJ. The platform takes persons only: enter the CPF of "
                    "the person who uses it.",
                    value,
                )
            ) from None
        except InvalidCpf:
            raise ValidationError(
                self.env._("“%s” is not a valid CPF. Check its digits.", value)
            ) from None

    @api.model
    def _clean_phone(self, value, partner=None):
        countries = (partner or self.env["res.partner"])._sva_country_codes()
        try:
            return clean_mobile(value, countries)
        except NotMobile:
            raise ValidationError(
                self.env._(
                    "“%s” is not a mobile phone. The platform needs one, such as "
                    "(11) 98765-4321.",
                    value,
                )
            ) from None
        except InvalidPhone:
            raise ValidationError(
                self.env._(
                    "“%s” is not a phone number. Enter a mobile phone with its area "
                    "code, such as (11) 98765-4321.",
                    value,
                )
            ) from None

    def _desired(self, password=None):
        """The desired side of this row.

        :param password: the pending password, in clear or sealed
        """
        self.ensure_one()
        return Desired(
            state=self.state,
            profile=Profile(
                name=self.name or "",
                phone=self.phone or "",
                package_code=self.package_id.code or "",
            ),
            password=password or None,
        )

    def _observed(self):
        """The observed side of this row."""
        self.ensure_one()
        return Observed(
            state=self.platform_state,
            user_id=self.platform_user_id or None,
            profile=Profile(
                name=self.platform_name or "",
                phone=self.platform_phone or "",
                package_code=self.platform_package_code or "",
            ),
        )

    def _digest(self):
        """A name for what is desired, to know it again after it was refused."""
        self.ensure_one()
        desired = self._desired()
        whole = repr((desired.state, desired.profile, self.password_sealed))
        return hashlib.sha256(whole.encode()).hexdigest()

    def _wake_engine(self):
        """Have the engine run as soon as this transaction is committed."""
        data = self.env.cr.precommit.data
        if self.env.context.get("sva_engine") or data.get("saber_plus_sva.wake"):
            return
        data["saber_plus_sva.wake"] = True

        def wake():
            self.env["sva.sync"]._wake()
            self.env.flush_all()

        self.env.cr.precommit.add(wake)
