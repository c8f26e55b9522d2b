# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One contract of a bulk operation: what would happen to it, and what has."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from odoo.addons.contract_access.exceptions import message_of
from odoo.addons.contract_access.rules import REACHED
from odoo.addons.contract_access.transaction import together_or_one_by_one, words_for

from ..rules.user_state import (
    OPEN_ACCESS,
    LinePhase,
    derive_state,
    line_phase,
    next_change,
)


class SvaBulkOperationLine(models.Model):
    """A row is written by the system only.

    For each operation there is a method that foresees what would become of the rows,
    and one that does it. Both act with the rights of whoever has asked for it, on all
    rows of a batch together; where that fails, on each by itself.
    """

    _name = "sva.bulk.operation.line"
    _description = "Contract of an SVA Bulk Operation"
    _inherit = ["sva.number.mixin", "write.guard.mixin"]
    _order = "id"
    _rec_name = "contract_id"

    bulk_id = fields.Many2one(
        comodel_name="sva.bulk.operation",
        string="Bulk Operation",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    cpf_cnpj = fields.Char(
        string="CPF", search="_search_cpf_cnpj", readonly=True, index=True
    )
    product_id = fields.Many2one(
        comodel_name="product.product", readonly=True, ondelete="set null"
    )
    adds_line = fields.Boolean(
        string="New Line",
        readonly=True,
        help="The contract gets a line that sells the product.",
    )
    state = fields.Selection(
        selection=[
            ("waiting", "Not looked at yet"),
            ("ready", "Ready"),
            ("nothing", "Nothing to do"),
            ("problem", "Left out"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        string="Result",
        default="waiting",
        required=True,
        readonly=True,
    )
    reason = fields.Char(
        string="Why", readonly=True, help="Why it is left out, or what is to be known."
    )
    sva_user_id = fields.Many2one(
        comodel_name="sva.user", string="SVA User", readonly=True, ondelete="set null"
    )
    user_state = fields.Selection(related="sva_user_id.state", string="User's Status")
    sync_state = fields.Selection(related="sva_user_id.sync_state")

    _unique_contract = models.UniqueIndex(
        "(bulk_id, contract_id)", "A contract is in a bulk operation only once."
    )
    _by_state = models.Index("(bulk_id, state)")

    @api.model
    def _forget(self, bulk):
        """Delete the rows of an operation that are to be chosen anew.

        What was done stays, and so does what was chosen by hand.
        """
        if bulk.is_selection:
            return
        self.env.flush_all()
        # one query, however many: nothing hangs on them
        self.env.cr.execute(
            SQL(
                "DELETE FROM sva_bulk_operation_line"
                " WHERE bulk_id = %s AND state != 'done'",
                bulk.id,
            )
        )
        self.env.invalidate_all()

    def _foresee(self):
        """Write down what would become of these rows of one operation."""
        foresee = f"_foresee_{self.bulk_id.operation}"
        together_or_one_by_one(
            self,
            lambda rows: getattr(rows, foresee)(rows._contracts()),
            lambda row, error: row._expect("problem", row._words_for(error)),
        )

    def _carry_out(self):
        """Do it, for those of these rows that are still ready."""
        # what has changed since the simulation
        self._foresee()
        carry_out = f"_do_{self.bulk_id.operation}"

        def work(rows):
            getattr(rows, carry_out)(rows._contracts())
            rows.state = "done"

        ready = self.filtered(lambda row: row.state == "ready")
        if ready:
            together_or_one_by_one(
                ready,
                work,
                lambda row, error: row._expect("failed", row._words_for(error)),
            )

    def _contracts(self):
        """The rows' contracts, in their order, as whoever has asked for it."""
        contracts = self.contract_id.with_env(self.bulk_id._acting_env())
        contracts.check_access("read")
        return contracts

    def _words_for(self, error):
        return words_for(error, self.with_context(lang=self.bulk_id.user_id.lang))

    def _expect(self, state, reason=False, **values):
        self.write({"state": state, "reason": reason, **values})

    # activating

    def _foresee_activate(self, contracts):
        integration = self.bulk_id.integration_id
        offers = {}
        for row, contract in zip(self, contracts, strict=True):
            # sudo: that there is one
            user = contract.sudo().sva_user_ids.filtered(
                lambda user: user.integration_id == integration
            )
            if user:
                row._expect(
                    "nothing",
                    contract.env._("The contract has an SVA user already."),
                    sva_user_id=user.id,
                )
            elif offer := row._offer(contract):
                offers[row] = offer
        self.browse().union(*offers)._check_offers(offers)

    def _offer(self, contract):
        """What the SVA user of a contract would be made with.

        Where the contract itself speaks against it, that is written down.

        :return: the values of the user; None where there would be none
        """
        bulk, env = self.bulk_id, contract.env
        integration = bulk.integration_id.with_env(env)
        product = contract._sva_first(contract._sva_products_left(integration))
        adds_line = not product
        if adds_line and bulk.missing_line != "add":
            self._expect(
                "problem", env._("The contract does not sell SVA of this platform.")
            )
            return None
        if adds_line:
            product = bulk.product_id.with_env(env)
            periods = [(bulk._first_day(contract), None)]
        else:
            periods = contract._sva_periods(product)
        today = contract._today()
        status = contract.contract_status if contract.active else "inactive"
        phase = line_phase(periods, today)
        state = derive_state(status, contract.access_status, phase, switched_on=True)
        starts_later = phase is LinePhase.UPCOMING and (
            status == "active" and contract.access_status in OPEN_ACCESS
        )
        if state != "active" and not starts_later:
            self._expect(
                "problem",
                env._(
                    "The contract gives no access: it is %(status)s / %(access)s.",
                    status=contract._selection_label("contract_status"),
                    access=contract._selection_label("access_status"),
                ),
            )
            return None
        registered = contract.partner_id._sva_registration_data()
        first = next_change(periods, today) if starts_later else None
        self._expect(
            "ready",
            first and env._("Active from %s.", format_date(env, first)),
            product_id=product.id,
            adds_line=adds_line,
            cpf_cnpj=registered["cpf_cnpj"],
        )
        return {
            "contract_id": contract.id,
            "integration_id": integration.id,
            "product_id": product.id,
        }

    def _check_offers(self, offers):
        """Leave out what the SVA user's own checks would refuse.

        :param offers: the values of the users, by the row
        """
        if not self:
            return
        taken = self._earlier_contracts()
        env = self.bulk_id._acting_env()
        problems = env["sva.user"]._why_not([offers[row] for row in self])
        for row, problem in zip(self, problems, strict=True):
            other = taken.get(row.cpf_cnpj)
            if other and other != row.contract_id:
                problem = env._(
                    "CPF já cadastrado. In this list the SVA user with this CPF is "
                    "that of the contract “%s”.",
                    other.display_name,
                )
            elif row.cpf_cnpj and not problem:
                taken[row.cpf_cnpj] = row.contract_id
            if problem:
                row._expect("problem", problem)

    def _earlier_contracts(self):
        """The contracts before these that get an SVA user, by its CPF."""
        earlier = self.search(
            [
                ("bulk_id", "=", self.bulk_id.id),
                ("id", "<", min(self.ids)),
                ("state", "in", ("ready", "done")),
                (
                    "cpf_cnpj",
                    "in",
                    [number for number in self.mapped("cpf_cnpj") if number],
                ),
            ]
        )
        return {row.cpf_cnpj: row.contract_id for row in earlier}

    def _do_activate(self, contracts):
        bulk, env = self.bulk_id, contracts.env
        without_line = self.filtered("adds_line").contract_id.with_env(env)
        env["contract.line"].create(
            [bulk._line_values(contract) for contract in without_line]
        )
        # a plan may have activated it by the new line
        users = contracts.sva_user_ids.filtered(
            lambda user: user.integration_id == bulk.integration_id
        )
        by_contract = {user.contract_id.id: user for user in users}
        left = self.filtered(lambda row: row.contract_id.id not in by_contract)
        users = env["sva.user"].create(
            [
                {
                    "contract_id": row.contract_id.id,
                    "integration_id": bulk.integration_id.id,
                    "product_id": row.product_id.id,
                }
                for row in left
            ]
        )
        by_contract |= {user.contract_id.id: user for user in users}
        for row in self:
            row.sva_user_id = by_contract[row.contract_id.id].id

    # what is done to the contracts

    def _foresee_block(self, contracts):
        self._foresee_step(contracts, "block")

    def _do_block(self, contracts):
        contracts.action_block(self.bulk_id.reason)

    def _foresee_release(self, contracts):
        self._foresee_step(contracts, "release")

    def _do_release(self, contracts):
        contracts.action_release()

    def _foresee_step(self, contracts, name):
        """What would become of a step in the contracts' lives.

        :param name: a key of ``TRANSITIONS``
        """
        for row, contract in zip(self, contracts, strict=True):
            try:
                contract._check_status_pair(name)
            except UserError as error:
                is_there = contract._status_pair() in REACHED[name]
                row._expect("nothing" if is_there else "problem", message_of(error))
            else:
                row._expect("ready")

    # what is done to the users

    def _foresee_deactivate(self, contracts):
        self._foresee_users(contracts, lambda user: user.state == "disabled")

    def _do_deactivate(self, contracts):
        self._users(contracts).action_deactivate()

    def _foresee_sync(self, contracts):
        self._foresee_users(contracts, lambda user: False)

    def _do_sync(self, contracts):
        users = self._users(contracts)
        users.check_access("write")
        # sudo: what was observed is the engine's to forget
        users.sudo()._look_again(later=True)

    def _users(self, contracts):
        integration = self.bulk_id.integration_id
        return contracts.sva_user_ids.filtered(
            lambda user: user.integration_id == integration
        )

    def _foresee_users(self, contracts, is_there):
        """What would become of the contracts' users.

        :param is_there: whether a user is what it is to become
        """
        env = contracts.env
        users = {user.contract_id.id: user for user in self._users(contracts)}
        for row in self:
            user = users.get(row.contract_id.id)
            if not user:
                row._expect("problem", env._("The contract has no SVA user."))
            elif is_there(user):
                row._expect("nothing", user.state_explanation, sva_user_id=user.id)
            else:
                row._expect("ready", sva_user_id=user.id, product_id=user.product_id.id)
