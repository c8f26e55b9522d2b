# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A platform's user that no row knows: to be adopted or removed, by a person."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, split_every

from odoo.addons.contract_access.exceptions import RefusedError, code_of
from odoo.addons.contract_access.remote import on_records
from odoo.addons.contract_access.transaction import (
    commit,
    run,
    together_or_one_by_one,
    words_for,
)

from ..engine.plan import UNKNOWN
from ..rules.registration import InvalidPhone, clean_mobile
from .sva_engine import AT_ONCE
from .sva_sync_mixin import SEEN_STATUSES, TECHNICIANS

#: what a person may write
CHOSEN_FIELDS = frozenset({"contract_id", "product_id", "active"})
#: rows that are adopted per transaction
BATCH_SIZE = 100


class SvaDivergence(models.Model):
    """What the platform has and we do not, with what we would make of it."""

    _name = "sva.divergence"
    _description = "SVA Divergence"
    _inherit = ["sva.number.mixin", "write.guard.mixin"]
    _order = "match, name, id"
    _rec_names_search = ["name", "cpf_cnpj", "username", "phone"]

    active = fields.Boolean(
        default=True, help="Archive users that are to stay on the platform unchanged."
    )
    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        related="integration_id.company_id", store=True, index=True
    )
    seen_in = fields.Integer(
        readonly=True,
        groups=TECHNICIANS,
        help="The last reconciliation that saw it.",
    )
    platform_user_id = fields.Char(string="Platform's ID", required=True, readonly=True)
    external_ref = fields.Char(
        string="Reference on the Platform",
        readonly=True,
        help="The reference given by whoever created it.",
    )
    name = fields.Char(readonly=True)
    cpf_cnpj = fields.Char(
        string="CPF", search="_search_cpf_cnpj", readonly=True, index=True
    )
    username = fields.Char(readonly=True)
    phone = fields.Char(string="Mobile Phone", search="_search_phone", readonly=True)
    package_code = fields.Char(string="Package on the Platform", readonly=True)
    platform_state = fields.Selection(
        selection=SEEN_STATUSES,
        string="On the Platform",
        required=True,
        readonly=True,
    )
    sva_user_id = fields.Many2one(
        comodel_name="sva.user",
        string="SVA User with this CPF",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        ondelete="set null",
        index="btree_not_null",
        domain="[('company_id', '=', company_id), ('contract_type', '=', 'sale'),"
        " ('contract_line_ids.product_id.sva_integration_id', '=', integration_id)]",
        help="The contract that adopts it: the one of the customer with this CPF, if "
        "there is one. Another one can be chosen.",
    )
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    allowed_product_ids = fields.Many2many(
        comodel_name="product.product",
        compute="_compute_allowed_product_ids",
        # customers keep what is no longer sold to others
        context={"active_test": False},
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        compute="_compute_product_id",
        store=True,
        readonly=False,
        ondelete="set null",
        domain="[('id', 'in', allowed_product_ids)]",
    )
    wanted_package_id = fields.Many2one(
        comodel_name="sva.package",
        string="Package of the Contract",
        compute="_compute_wanted_package_id",
        store=True,
        ondelete="set null",
        help="The package that the user has once it is adopted.",
    )
    changes_package = fields.Boolean(
        compute="_compute_changes_package",
        store=True,
        help="Adopting it changes the package that the platform gives.",
    )
    obstacle = fields.Selection(
        selection=[
            ("no_customer", "No customer has this CPF"),
            ("no_contract", "The customer has no contract with this SVA"),
            ("several", "The customer has several contracts with this SVA"),
            ("taken", "The customer's contract has another SVA user"),
        ],
        readonly=True,
    )
    match = fields.Selection(
        selection=[
            ("a_ready", "Can be adopted"),
            ("b_choose", "To be chosen"),
            ("c_none", "Nothing fits"),
        ],
        compute="_compute_match",
        store=True,
        index=True,
    )
    proposal = fields.Char(
        compute="_compute_proposal",
        help="What adopting it would change on the platform, or why it is not adopted.",
    )
    is_queued = fields.Boolean(
        string="Being adopted", readonly=True, index="btree_not_null"
    )
    problem = fields.Char(readonly=True, help="Why it could not be adopted.")

    _unique_platform_user = models.UniqueIndex("(integration_id, platform_user_id)")

    @api.depends("contract_id")
    def _compute_allowed_product_ids(self):
        for row in self:
            row.allowed_product_ids = row.contract_id._sva_products(row.integration_id)

    @api.depends("contract_id", "package_code")
    def _compute_product_id(self):
        for row in self:
            sold = row.allowed_product_ids._origin
            row.product_id = sold._sva_choose(row.product_id, row.package_code)

    @api.depends("sva_user_id.package_id", "product_id.sva_package_id")
    def _compute_wanted_package_id(self):
        for row in self:
            package = row.sva_user_id.package_id or row.product_id.sva_package_id
            row.wanted_package_id = package

    @api.depends("package_code", "wanted_package_id.code")
    def _compute_changes_package(self):
        for row in self:
            wanted = row.wanted_package_id.code
            row.changes_package = wanted and wanted != row.package_code

    @api.depends("sva_user_id", "contract_id", "product_id", "obstacle")
    def _compute_match(self):
        for row in self:
            if row._has_place():
                row.match = "a_ready"
            elif row.contract_id or row.obstacle == "several":
                row.match = "b_choose"
            else:
                row.match = "c_none"

    @api.depends(
        "match",
        "obstacle",
        "sva_user_id",
        "contract_id",
        "product_id",
        "changes_package",
        "problem",
    )
    @api.depends_context("lang")
    def _compute_proposal(self):
        obstacles = dict(self._fields["obstacle"]._description_selection(self.env))
        states = dict(self._fields["platform_state"]._description_selection(self.env))
        for row in self:
            if row.problem:
                row.proposal = row.problem
            elif row.match == "b_choose" and row.contract_id:
                row.proposal = self.env._("Choose the product.")
            elif row.match != "a_ready":
                row.proposal = obstacles.get(row.obstacle, False)
            else:
                row.proposal = row._describe_changes(states)

    def _describe_changes(self, states):
        """What the platform's user would be changed to, for people."""
        user = self.sva_user_id or self.env["sva.user"].new(
            {"contract_id": self.contract_id.id, "product_id": self.product_id.id}
        )
        changes = []
        same = self.platform_state in (
            [user.state] if user.state == "active" else [user.state, "inactive"]
        )
        if not same:
            changes.append(
                self.env._(
                    "status: %(seen)s → %(wanted)s",
                    seen=states[self.platform_state],
                    wanted=states[user.state],
                )
            )
        if self.changes_package:
            changes.append(
                self.env._("package: %(change)s", change=self._package_change())
            )
        return "; ".join(changes) or self.env._("No change.")

    def _package_change(self):
        """The package that the platform gives, and the one that it would give."""
        return f"{self.package_code or '–'} → {self.wanted_package_id.code}"

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | CHOSEN_FIELDS

    def _refusal(self, names):
        return RefusedError(
            self.env._("Of a divergence, only contract and product can be chosen."),
            "field_closed",
            self,
        )

    def write(self, vals):
        result = super().write(vals)
        if CHOSEN_FIELDS & vals.keys() and "problem" not in vals:
            # sudo: what is no problem any more is not for people to write
            self.sudo().filtered("problem").problem = False
        return result

    # listing and matching

    @api.model
    def _list(self, run, users):
        """Take over what a page has brought.

        :param run: the ``sva.reconciliation``
        :param users: :class:`..client.User` objects that no row stands for
        """
        everything = self.with_context(active_test=False)
        known = {
            row.platform_user_id: row
            for row in everything.search(
                [
                    ("integration_id", "=", run.integration_id.id),
                    ("platform_user_id", "in", [user.id for user in users]),
                ]
            )
        }
        new = []
        for user in {user.id: user for user in users}.values():
            values = {
                "external_ref": user.external_ref or False,
                "name": user.profile.name,
                "cpf_cnpj": user.cpf or False,
                "username": user.username,
                "phone": user.profile.phone,
                "package_code": user.profile.package_code or False,
                "platform_state": user.status,
                "seen_in": run.id,
            }
            if user.id in known:
                known[user.id].write(values)
            else:
                new.append(
                    {
                        **values,
                        "integration_id": run.integration_id.id,
                        "platform_user_id": user.id,
                    }
                )
        rows = self.create(new).union(*known.values())
        rows._match()

    @on_records
    def action_match(self):
        """Look for customers and contracts again.

        Many are done in one transaction after the other.

        :return: True
        """
        self.check_access("write")
        # sudo: matching reads all customers and writes what is not for people to write
        rows = self.sudo()
        if len(rows) <= BATCH_SIZE:
            rows._match_again()
            return True
        for batch in split_every(BATCH_SIZE, rows.ids, rows.browse):
            run(self.env, batch.exists()._match_again)
        return True

    def _match_again(self):
        self.filtered("problem").problem = False
        self._match()

    def _match(self):
        """Find the SVA user or the contract for each CPF; constant in its queries.

        What a person has chosen stays.
        """
        for integration, rows in self.grouped("integration_id").items():
            numbers = [number for number in rows.mapped("cpf_cnpj") if number]
            users = self.env["sva.user"].search(
                [
                    ("integration_id", "=", integration.id),
                    ("cpf_cnpj", "in", numbers),
                ]
            )
            user_of = {user.cpf_cnpj: user for user in users}
            customers = self._customers(integration, numbers)
            contracts = self._contracts(integration, customers)
            for row in rows:
                contract, obstacle = row.contract_id, False
                if not contract:
                    candidates = contracts.get(row.cpf_cnpj)
                    contract, obstacle = self._choose(integration, candidates)
                    if row.cpf_cnpj not in customers:
                        obstacle = "no_customer"
                user = user_of.get(row.cpf_cnpj, users.browse())
                obstacle = not user and obstacle
                if (row.sva_user_id, row.contract_id, row.obstacle) != (
                    user,
                    contract,
                    obstacle,
                ):
                    row.write(
                        {
                            "sva_user_id": user.id,
                            "contract_id": contract.id,
                            "obstacle": obstacle,
                        }
                    )

    @api.model
    def _customers(self, integration, numbers):
        """The customers with these CPFs, however they are written.

        :param numbers: CPFs as digits
        :return: a dict of recordsets by CPF
        """
        self.env["res.partner"].flush_model(["vat", "company_id", "active"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT regexp_replace(vat, '\\D', '', 'g'), array_agg(id)
                  FROM res_partner
                 WHERE vat IS NOT NULL
                   AND regexp_replace(vat, '\\D', '', 'g') = ANY(%s)
                   AND active
                   AND (company_id IS NULL OR company_id = %s)
              GROUP BY 1
                """,
                numbers,
                integration.company_id.id,
            )
        )
        partners = self.env["res.partner"]
        return {number: partners.browse(ids) for number, ids in rows}

    @api.model
    def _contracts(self, integration, customers):
        """The customers' contracts that sell SVA of this platform.

        :param customers: a dict of partners by CPF
        :return: a dict of recordsets by CPF
        """
        partners = self.env["res.partner"].union(*customers.values())
        contracts = self.env["contract.contract"].search(
            Domain("company_id", "=", integration.company_id.id)
            & Domain("contract_type", "=", "sale")
            & (
                Domain("partner_id", "in", partners.ids)
                | Domain("partner_id.commercial_partner_id", "in", partners.ids)
            )
            & Domain(
                "contract_line_ids",
                "any",
                [
                    ("service_type", "=", "sva"),
                    ("is_canceled", "=", False),
                    ("product_id.sva_integration_id", "=", integration.id),
                ],
            )
        )
        found = defaultdict(contracts.browse)
        for contract in contracts:
            number = contract.partner_id._sva_registration_data()["cpf_cnpj"]
            found[number] += contract
        return found

    @api.model
    def _choose(self, integration, contracts):
        """The contract to adopt a user onto: one that lives, before one that has ended.

        :return: the contract, if there is just one; and what speaks against it
        """
        none = self.env["contract.contract"]
        if not contracts:
            return none, "no_contract"
        free = contracts.filtered(
            lambda contract: integration not in contract.sva_user_ids.integration_id
        )
        living = free.filtered(lambda contract: not contract._sva_has_ended())
        chosen = living or free
        if not chosen:
            return none, "taken"
        return (none, "several") if len(chosen) > 1 else (chosen, False)

    # adopting and removing

    @on_records
    def action_adopt(self):
        """Make each of these the SVA user of its contract, or of the row with its CPF.

        More than a few are done by the scheduled action, one batch after the other;
        so is one whose SVA user is being worked on right now.

        :return: True
        :raises UserError: something has to be chosen first, or a single one cannot be
            adopted; of several, ``problem`` says of each why it is still there
        """
        self.check_access("write")
        if unclear := self.filtered(lambda row: row.match != "a_ready"):
            raise RefusedError(
                self.env._(
                    "%(name)s cannot be adopted yet: %(why)s",
                    name=unclear[0].name,
                    why=unclear[0].proposal,
                ),
                "not_matched",
                unclear,
            )
        # sudo: adopting writes what only the system may write
        rows = self.sudo()
        if len(rows) > AT_ONCE:
            rows.write({"is_queued": True, "problem": False})
            self.env["sva.wakeup"]._reconciliation()
            return True
        rows._adopt()
        # of several, those that could be adopted stay adopted; the others say why not
        if len(self) == 1 and self.exists().problem:
            raise RefusedError(self.problem, "not_adopted", self)
        return True

    @on_records
    def action_remove(self):
        """Have these users deleted on the platform.

        :return: True
        """
        self.check_access("write")
        # sudo: removals are written by the system only
        rows = self.sudo()
        # one that has become somebody's SVA user meanwhile is not to be deleted
        strangers = rows.browse()
        for integration, listed in rows.grouped("integration_id").items():
            ours = self.env["sva.user"]._standing_for(
                integration._of_same_account(active_test=False),
                listed.mapped("platform_user_id"),
            )
            taken = set(ours.mapped("platform_user_id"))
            strangers += listed.filtered(
                lambda row, taken=taken: row.platform_user_id not in taken
            )
        self.env["sva.user.removal"].sudo().create(
            [row._removal_values() for row in strangers]
        )
        # who was refused because of them has a new chance
        strangers.sva_user_id._look_again()
        rows.unlink()
        return True

    def _removal_values(self):
        return {
            "integration_id": self.integration_id.id,
            "name": self.name,
            "cpf_cnpj": self.cpf_cnpj,
            # by the id alone: others may have the same reference, which is not ours
            "platform_user_id": self.platform_user_id,
        }

    @api.model
    def _adopt_queued(self):
        """Adopt what has been queued, until nothing is left or the time is up."""
        queued = self.search([("is_queued", "=", True)])
        commit(self.env, remaining=len(queued))
        for batch in split_every(BATCH_SIZE, queued.ids, self.browse):
            rows = batch.exists()
            integrations = rows.integration_id
            run(self.env, rows._adopt)
            integrations._notify_changed()
            if not commit(self.env, len(batch)):
                return

    def _adopt(self):
        """Adopt these rows; what cannot be adopted stays, with the reason.

        A row that is adopted is a divergence no more.
        """
        # deleted meanwhile: the contract, or the SVA user
        self.filtered(lambda row: not row._has_place())._match()
        lost = self.filtered(lambda row: not row._has_place())
        for row in lost:
            row.write({"is_queued": False, "problem": row.proposal})
        together_or_one_by_one(
            self - lost,
            lambda rows: rows._adopt_together(),
            lambda row, error: row._not_adopted(error),
        )

    def _has_place(self):
        """Whether it is known what adopts it; a deletion computes nothing anew."""
        return bool(self.sva_user_id or (self.contract_id and self.product_id))

    def _adopt_together(self):
        linked = self.filtered("sva_user_id")
        created = self - linked
        for row in linked:
            row.sva_user_id._link(row.platform_user_id, row.username)
        linked._write_down({row: row.sva_user_id for row in linked})
        created._write_down(created._create_users())
        self.unlink()

    def _not_adopted(self, error):
        if code_of(error) == "busy":
            # the lease is over by then, and mostly long before
            self.env["sva.wakeup"]._reconciliation(self.sva_user_id.lease_until)
            self.is_queued = True
            return
        problem = words_for(error, self)
        self.write({"is_queued": False, "problem": problem})

    def _create_users(self):
        for integration, rows in self.grouped("integration_id").items():
            self.env["sva.user"]._check_not_taken(
                integration, rows.mapped("platform_user_id")
            )
        users = self.env["sva.user"].create([row._user_values() for row in self])
        return dict(zip(self, users, strict=True))

    def _write_down(self, users):
        """Leave a line with each adopted user of what became of it.

        :param users: the SVA users, by the divergence that each was
        """
        for company, rows in self.grouped("company_id").items():
            # for all who will read it, not only for who is at work
            rows = rows.with_context(lang=company._unattended_lang())
            rows.env["sva.user"].union(
                *(users[row] for row in rows)
            )._message_log_batch(
                bodies={users[row].id: row._adoption_message() for row in rows}
            )

    def _adoption_message(self):
        message = self.env._(
            "Adopted from the platform, where it is %s.", self.platform_user_id
        )
        if self.changes_package:
            change = self._package_change()
            message += " " + self.env._("Its package changes: %s.", change)
        return message

    def _user_values(self):
        """The SVA user as the platform has it; the rest is what the contract says."""
        partner = self.contract_id.partner_id
        registered = partner._sva_registration_data()
        try:
            phone = clean_mobile(self.phone, partner._sva_country_codes())
        except InvalidPhone:
            phone = registered["phone"]
        values = {
            "contract_id": self.contract_id.id,
            "integration_id": self.integration_id.id,
            "product_id": self.product_id.id,
            "use_partner_data": False,
            "name": self.name or registered["name"],
            # where the platform keeps none, the customer's
            "cpf_cnpj": self.cpf_cnpj or registered["cpf_cnpj"],
            "phone": phone,
            "platform_user_id": self.platform_user_id,
            # the engine looks at it before it does anything
            "platform_state": UNKNOWN,
        }
        return values | ({"username": self.username} if self.username else {})
