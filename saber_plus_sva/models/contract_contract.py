# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's SVA: its users, what its lines sell, what its plan activates."""

from functools import partial

from odoo import api, fields, models

from odoo.addons.contract_access.exceptions import InvalidError, RefusedError
from odoo.addons.contract_access.remote import (
    check_values,
    on_one_record,
)
from odoo.addons.contract_access.transaction import together_or_one_by_one, words_for

from ..rules.user_state import ENDED_CONTRACT, LinePhase, line_phase

#: the activity that says that the plan's SVA user could not be created
NOT_CREATED = "saber_plus_sva.activity_sva_user"


class ContractContract(models.Model):
    _inherit = "contract.contract"

    sva_user_ids = fields.One2many(
        comodel_name="sva.user", inverse_name="contract_id", string="SVA Users"
    )
    has_sva_line = fields.Boolean(compute="_compute_has_sva_line")
    sva_sync_errors = fields.Text(
        string="SVA Errors",
        compute="_compute_sva_sync_errors",
        groups="saber_plus_sva.group_sva_user",
        help="Why SVA users of the contract are not in sync with the platform.",
    )

    sva_mismatches = fields.Text(
        string="Bill and Access",
        compute="_compute_sva_mismatches",
        groups="saber_plus_sva.group_sva_user",
        help="What is billed without access, and what may be used without a bill.",
    )

    def _compute_sva_mismatches(self):
        found = self.env["sva.billing.mismatch"]._of_few(
            [("contract_id", "in", self.ids)]
        )
        labels = dict(found._fields["reason"]._description_selection(self.env))
        by_contract = found.grouped(lambda row: row.contract_id.id)
        for contract in self:
            contract.sva_mismatches = "\n".join(
                f"{row.product_id.display_name}: {labels[row.reason]}"
                for row in by_contract.get(contract._origin.id, ())
            )

    @api.depends("contract_line_ids.service_type")
    def _compute_has_sva_line(self):
        for contract in self:
            types = contract.contract_line_ids.mapped("service_type")
            contract.has_sva_line = "sva" in types

    @api.model
    def _open_to_write(self):
        # they are changed in its form, as far as they can be
        return super()._open_to_write() | {"sva_user_ids"}

    @api.depends("sva_user_ids.name", "sva_user_ids.sync_error")
    def _compute_sva_sync_errors(self):
        for contract in self:
            contract.sva_sync_errors = "\n".join(
                f"{user.name}: {user.sync_error}"
                for user in contract.sva_user_ids
                if user.sync_error
            )

    @api.model_create_multi
    def create(self, vals_list):
        contracts = super().create(vals_list)
        contracts._take_lines_of_template()
        contracts._sva_auto_activate()
        return contracts

    def write(self, vals):
        check_values(self.env, vals)
        if "partner_id" in vals:
            # the right to write comes before what is told
            self._check_given(vals)
            self._check_new_customer(vals["partner_id"])
        return super().write(vals)

    def _check_new_customer(self, partner_id):
        """Refuse to leave the access of one customer on the contract of another.

        :raises UserError: an SVA user of the contract is of somebody else
        """
        partner = self.env["res.partner"].browse(partner_id).sudo()
        # sudo: whoever sells need not see the users
        for user in self.sudo().sva_user_ids:
            if not user._is_of(partner):
                raise RefusedError(
                    self.env._(
                        "The contract “%(contract)s” has the SVA user of its customer. "
                        "Transfer or delete the user before the contract goes to "
                        "somebody else.",
                        contract=user.contract_id.display_name,
                    ),
                    "other_customer",
                    user.contract_id,
                )

    @api.constrains("company_id", "contract_type")
    def _check_sva_users(self):
        # sudo: whoever writes the contract need not see the users
        for contract in self.sudo().filtered("sva_user_ids"):
            if contract.contract_type != "sale":
                raise InvalidError(
                    self.env._(
                        "The contract “%s” has SVA users, so it must stay a "
                        "customer's contract. Delete the users first.",
                        contract.display_name,
                    ),
                    "has_sva_users",
                    contract,
                )
            if contract.sva_user_ids.integration_id.company_id != contract.company_id:
                raise InvalidError(
                    self.env._(
                        "The contract “%s” has SVA users on its company's platform, "
                        "so its company cannot change. Delete the users first.",
                        contract.display_name,
                    ),
                    "has_sva_users",
                    contract,
                )

    def unlink(self):
        self.check_access("unlink")
        # sudo: whoever may delete the contract ends the access that it gave
        self.sudo().sva_user_ids.unlink()
        return super().unlink()

    def _begin_service(self):
        result = super()._begin_service()
        self._sva_auto_activate()
        return result

    @on_one_record
    def action_new_sva_user(self):
        """Open the form of a new SVA user for this contract.

        A customer who comes back is offered to take the former one along, where the
        contract sells something of its platform.
        """
        former = self._sva_former_users().filtered(
            lambda user: self._sva_products_left(user.integration_id)
        )
        if former:
            action = former[0].action_open_transfer()
            return {
                **action,
                "context": {**action["context"], "default_contract_id": self.id},
            }
        return self._sva_new_user()

    def _sva_new_user(self, **defaults):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New SVA User"),
            "res_model": "sva.user",
            "view_mode": "form",
            "target": "new",
            "context": {"default_contract_id": self.id, **defaults},
        }

    @api.onchange("contract_template_id")
    def _onchange_contract_template_id(self):
        # a contract that was saved with this plan has taken its lines then
        saved = isinstance(self.id, int) and self.contract_line_ids
        if saved and self._origin.contract_template_id == self.contract_template_id:
            self = self.with_context(sva_keep_lines=True)
        return super()._onchange_contract_template_id()

    def _take_lines_of_template(self):
        """Take the plan's lines, where they were not given along with it."""
        for contract in self:
            plan = contract.contract_template_id
            if not plan:
                continue
            contract.sva_auto_activate = (
                contract.sva_auto_activate or plan.sva_auto_activate
            )
            if not contract.contract_line_ids:
                contract.line_recurrence = True
                contract.contract_line_ids = contract._convert_contract_lines(plan)

    def _sva_auto_activate(self, lines=None):
        """Create the SVA users that the plan promises, from the registration data.

        What is missing becomes an activity, and stops nothing.

        :param lines: those that are new; without it, all of the contract's
        """
        problems = {}

        def cannot_be_created(contract, error):
            problems[contract.id] = words_for(error, contract)

        for contract in self:
            if not contract.sva_auto_activate or contract.contract_status != "active":
                continue
            sold = contract.contract_line_ids.filtered(
                lambda line: (
                    line.service_type == "sva" and (lines is None or line in lines)
                )
            ).product_id
            # sudo: whoever signs the contract need not see the users
            taken = contract.sudo().sva_user_ids.integration_id
            for integration in sold.sva_integration_id - taken:
                products = contract._sva_products_left(integration) & sold
                if product := contract._sva_first(products):
                    together_or_one_by_one(
                        contract,
                        partial(self._sva_create_user, product),
                        cannot_be_created,
                    )
        self.browse(problems)._open_occasion(
            NOT_CREATED, lambda contract: problems[contract.id]
        )

    def _sva_former_users(self):
        """The SVA users that the customer has kept on contracts that have ended."""
        cpf = self.partner_id._sva_registration_data()["cpf_cnpj"]
        users = self.env["sva.user"].search(
            [("cpf_cnpj", "=", cpf), ("company_id", "=", self.company_id.id)]
        )
        return users.filtered(
            lambda user: (
                user.contract_id != self
                and user.integration_id not in self.sva_user_ids.integration_id
                and user.contract_id._sva_has_ended()
            )
        )

    def _sva_has_ended(self):
        """Whether the contract is over, or archived: it gives no access any more."""
        return not self.active or self.contract_status in ENDED_CONTRACT

    @api.model
    def _sva_create_user(self, product, contract):
        # sudo: whoever signs the contract need not be of the SVA front desk
        contract = contract.sudo()
        former = contract._sva_former_users().filtered(
            lambda user: user.integration_id == product.sva_integration_id
        )
        if former:
            former.action_transfer(contract.id, product.id)
        else:
            contract.sva_user_ids.create(
                {
                    "contract_id": contract.id,
                    "integration_id": product.sva_integration_id.id,
                    "product_id": product.id,
                }
            )
        contract._close_occasion(NOT_CREATED)

    @api.model
    def _begin_day(self):
        self.env["sva.user"]._rederive_states()
        return super()._begin_day()

    def _sva_platform(self, platforms):
        """The platform that the contract's next user is on.

        :param platforms: those of the company
        :return: of those that the contract sells, the first one where it has no user
        """
        if len(platforms) < 2:
            return platforms
        sold = platforms.filtered(self._sva_products)
        # sudo: which platforms are left does not hang on who may see the users
        taken = self.sudo().sva_user_ids.integration_id
        return (sold - taken or sold or platforms)[:1]

    def _sva_products(self, integration):
        """The SVA products of a platform on the contract's lines, over or not."""
        return self.contract_line_ids.filtered(
            lambda line: (
                line.service_type == "sva"
                and not line.is_canceled
                and line.product_id.sva_integration_id == integration
            )
        ).product_id

    def _sva_products_left(self, integration):
        """The SVA products of a platform that the contract sells today or will."""
        return self._sva_products(integration).filtered(
            lambda product: self._sva_phase(product) is not LinePhase.ENDED
        )

    def _sva_first(self, products):
        """Of SVA products that the contract sells, the one that comes first."""
        running = products.filtered(
            lambda product: self._sva_phase(product) is LinePhase.RUNNING
        )
        return (running or products)[:1]

    def _sva_phase(self, products):
        """Where the lines that sell products stand today.

        :return: :class:`..rules.user_state.LinePhase`
        """
        return line_phase(self._sva_periods(products), self._today())

    def _sva_periods(self, products):
        """First and last day of each line that sells products, cancelled ones apart.

        :return: a list of pairs, ``None`` being open-ended
        """
        self.ensure_one()
        return [
            (line.date_start or None, line.date_end or None)
            for line in self.contract_line_ids
            if line.product_id in products and not line.is_canceled
        ]
