# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One thing done to many contracts: chosen, simulated, then done in the background."""

import logging
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from odoo.addons.contract_access.remote import given_text, on_one_record, wrong_type
from odoo.addons.contract_access.transaction import commit, guarded, run

from .sva_usage import KEPT

_logger = logging.getLogger(__name__)

#: what can be done in bulk
OPERATIONS = [
    ("activate", "Activate SVA users"),
    ("block", "Block contracts"),
    ("release", "Release contracts"),
    ("deactivate", "Deactivate SVA users"),
    ("sync", "Synchronise SVA users"),
]
#: of these, what is about the users on one platform
ON_PLATFORM = frozenset({"activate", "deactivate", "sync"})
#: which contracts are chosen
FILTER_FIELDS = frozenset(
    {
        "template_ids",
        "product_ids",
        "tag_ids",
        "contract_status",
        "access_status",
        "customer_kind",
        "started_from",
        "started_until",
    }
)
#: what is to be done with them
OPTION_FIELDS = frozenset(
    {
        "integration_id",
        "missing_line",
        "product_id",
        "price_unit",
        "date_start",
        "reason",
    }
)
#: the rows that are worked on in a state, and the state that comes after it
WORK = {"simulating": ("waiting", "simulated"), "running": ("ready", "done")}
#: operations, of some thousands of rows each, that are deleted in one transaction
GC_BATCH = 10
#: rows per transaction: what a conflict with others makes be done again
BATCH_SIZE = 100


class SvaBulkOperation(models.Model):
    """What is done to contracts that are chosen by hand or by filters.

    Each contract has a row. A simulation says in it what would happen, or why not; the
    run goes through the rows that are ready, looks again, and leaves in each what
    became of it. Both work in the background in small transactions, as the person who
    has asked for it, and can be stopped between any two of them. Repeating is harmless:
    what is done already is found to be done.
    """

    _name = "sva.bulk.operation"
    _description = "SVA Bulk Operation"
    _inherit = "write.guard.mixin"
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Description",
        compute="_compute_name",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    operation = fields.Selection(
        selection=OPERATIONS, default="activate", required=True
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Asked by",
        default=lambda self: self.env.user,
        required=True,
        readonly=True,
        ondelete="restrict",
        help="It is done with this user's rights.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        default=lambda self: self.env.company,
        required=True,
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        selection=[
            ("draft", "To be simulated"),
            ("simulating", "Simulating"),
            ("simulated", "Simulated"),
            ("running", "Running"),
            ("stopped", "Stopped"),
            ("done", "Done"),
        ],
        string="Status",
        default="draft",
        required=True,
        readonly=True,
        index=True,
    )

    is_selection = fields.Boolean(
        string="Chosen in the list",
        readonly=True,
        help="The contracts were chosen in their list, and not by filters.",
    )
    template_ids = fields.Many2many(
        comodel_name="contract.template",
        string="Plans",
        check_company=True,
        help="Contracts with one of these plans. Empty: with any, or none.",
    )
    product_ids = fields.Many2many(
        comodel_name="product.product",
        string="Products",
        check_company=True,
        help="Contracts with a line that sells one of these. Empty: whatever they "
        "sell.",
    )
    tag_ids = fields.Many2many(comodel_name="contract.tag", string="Tags")
    contract_status = fields.Selection(
        selection=lambda self: self._statuses("contract_status"), default="active"
    )
    access_status = fields.Selection(
        selection=lambda self: self._statuses("access_status")
    )
    customer_kind = fields.Selection(
        selection=[("person", "Persons"), ("company", "Legal Entities")],
        string="Customers",
    )
    started_from = fields.Date(help="Contracts that started on this day or later.")
    started_until = fields.Date(help="Contracts that started on this day or earlier.")

    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        compute="_compute_integration_id",
        store=True,
        readonly=False,
        precompute=True,
        ondelete="cascade",
        check_company=True,
    )
    missing_line = fields.Selection(
        selection=[
            ("leave_out", "Leave the contract out"),
            ("add", "Add a line to the contract"),
        ],
        string="Without an SVA line",
        default="leave_out",
        required=True,
        help="What becomes of a contract that does not sell SVA of this platform.",
    )
    product_id = fields.Many2one(
        comodel_name="product.product",
        string="Product of the Line",
        ondelete="set null",
        check_company=True,
        domain="[('sva_integration_id', '=', integration_id),"
        " ('sva_package_id', '!=', False)]",
    )
    price_unit = fields.Monetary(
        string="Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        help="What the line costs in each period.",
    )
    date_start = fields.Date(
        string="From",
        default=lambda self: self.env.company._today(),
        help="The first day of the line; the day of the run, if that is later.",
    )
    reason = fields.Char(help="Why they are blocked; it stays with each contract.")

    line_ids = fields.One2many(
        comodel_name="sva.bulk.operation.line",
        inverse_name="bulk_id",
        string="Contracts",
        readonly=True,
    )
    line_count = fields.Integer(string="Number of Contracts", compute="_compute_counts")
    ready_count = fields.Integer(string="Ready", compute="_compute_counts")
    nothing_count = fields.Integer(string="Nothing to do", compute="_compute_counts")
    problem_count = fields.Integer(string="Left out", compute="_compute_counts")
    done_count = fields.Integer(string="Done", compute="_compute_counts")
    failed_count = fields.Integer(string="Failed", compute="_compute_counts")
    added_count = fields.Integer(
        string="Lines to Add",
        compute="_compute_counts",
        help="How many of those that are ready get a new line.",
    )
    monthly_amount = fields.Monetary(
        string="Price of New Lines",
        compute="_compute_counts",
        help="What the new lines cost together in each period.",
    )
    progress = fields.Float(compute="_compute_counts", help="In percent.")

    @api.model
    def _statuses(self, name):
        return (
            self.env["contract.contract"]._fields[name]._description_selection(self.env)
        )

    @api.depends("operation")
    def _compute_name(self):
        labels = dict(self._fields["operation"]._description_selection(self.env))
        for bulk in self:
            day = format_date(self.env, (bulk.company_id or self.env.company)._today())
            bulk.name = f"{labels.get(bulk.operation, '')}, {day}"

    @api.depends("company_id")
    def _compute_integration_id(self):
        found = self.env["sva.integration"].search(
            [("company_id", "in", self.company_id.ids)]
        )
        for bulk in self:
            mine = found.filtered_domain([("company_id", "=", bulk.company_id.id)])
            if bulk.integration_id not in mine:
                bulk.integration_id = mine[:1]

    @api.depends("product_id")
    def _compute_price_unit(self):
        for bulk in self:
            bulk.price_unit = bulk.product_id.with_company(bulk.company_id).lst_price

    @api.depends("line_ids.state", "state", "price_unit")
    def _compute_counts(self):
        groups = self.env["sva.bulk.operation.line"]._read_group(
            [("bulk_id", "in", self.ids)],
            ["bulk_id", "state", "adds_line"],
            ["__count"],
        )
        names = ("ready", "nothing", "problem", "done", "failed")
        for bulk in self:
            mine = [group[1:] for group in groups if group[0] == bulk._origin]
            counts = Counter()
            for state, _adds_line, count in mine:
                counts[state] += count
            for name in names:
                bulk[f"{name}_count"] = counts[name]
            bulk.line_count = total = sum(counts.values())
            bulk.added_count = sum(
                count for state, adds, count in mine if state == "ready" and adds
            )
            bulk.monthly_amount = bulk.added_count * bulk.price_unit
            left = counts[WORK[bulk.state][0]] if bulk.state in WORK else 0
            bulk.progress = 100 * (total - left) / total if total else 0

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | FILTER_FIELDS | OPTION_FIELDS | {"name"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"operation", "company_id"}

    def write(self, vals):
        if (FILTER_FIELDS | OPTION_FIELDS) & vals.keys():
            self._check_idle()
            # sudo: what was simulated is not what would be done any more
            self.sudo().filtered(lambda bulk: bulk.state != "draft").state = "draft"
        return super().write(vals)

    @api.autovacuum
    def _gc_outdated(self):
        """Forget whom an operation was for as soon as what it did is forgotten."""
        old = self.search(
            [
                ("create_date", "<", fields.Datetime.now() - KEPT),
                ("state", "not in", [*WORK]),
            ],
            limit=GC_BATCH,
        )
        old.unlink()
        return len(old), len(old) == GC_BATCH

    @api.ondelete(at_uninstall=False)
    def _unlink_except_at_work(self):
        self._check_idle()

    def _check_idle(self):
        if any(bulk.state in WORK for bulk in self):
            raise UserError(self.env._("It is being worked on. Stop it first."))

    @api.model
    def _begin(self, contracts, operation, **options):
        """A new operation on contracts that were chosen by hand."""
        if given_text(self.env, "operation", operation) not in dict(OPERATIONS):
            raise wrong_type(self.env, "operation")
        contracts.check_access("read")
        if len(contracts.company_id) > 1:
            raise UserError(self.env._("Choose contracts of one company."))
        # sudo: how many a list hands over is no secret
        parameters = self.env["ir.config_parameter"].sudo()
        most = int(parameters.get_param("web.active_ids_limit", "20000"))
        if self.env.context.get("active_ids") and len(contracts) >= most:
            raise UserError(
                self.env._(
                    "The list hands over no more than %s at once, and leaves the others"
                    " out. Choose them by filters in a new bulk operation.",
                    most,
                )
            )
        company = contracts.company_id or self.env.company
        bulk = self.create(
            {"operation": operation, "company_id": company.id, **options}
        )
        # sudo: what was chosen in the list is not changed afterwards
        bulk.sudo().is_selection = True
        bulk._list(Domain("id", "in", contracts.ids))
        return bulk

    def _open(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Bulk Operation"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }

    @on_one_record
    def action_simulate(self):
        """Find out for each contract what would happen, or why nothing would.

        :return: True
        :raises UserError: it is being worked on, or something has not been chosen
        """
        self.check_access("write")
        self._check_idle()
        self._check_options()
        # sudo: rows are written by the system only
        rows = self.env["sva.bulk.operation.line"].sudo()
        rows._forget(self)
        if self.is_selection:
            rows.search([("bulk_id", "=", self.id), ("state", "!=", "done")]).write(
                {"state": "waiting", "reason": False}
            )
        else:
            self._list(self._filter_domain())
        return self._work_on("simulating")

    @on_one_record
    def action_run(self):
        """Do it, for all contracts that are ready; go on with it where it was stopped.

        :return: True
        :raises UserError: it was not simulated, or nothing is ready
        """
        self.check_access("write")
        if self.state not in ("simulated", "stopped"):
            raise UserError(self.env._("Simulate it first."))
        if not self.ready_count:
            raise UserError(self.env._("None of the contracts is ready."))
        return self._work_on("running")

    @on_one_record
    def action_stop(self):
        """Stop after the batch that is being worked on.

        :return: True
        """
        self.check_access("write")
        # sudo: how far it is, is the system's to write
        bulk = self.sudo()
        if bulk.state == "simulating":
            bulk.state = "draft"
        elif bulk.state == "running":
            bulk.state = "stopped"
        return True

    def _work_on(self, state):
        # sudo: likewise; and it goes on with the rights of whoever has pressed the
        # button, not of whoever has filled in the form
        self.sudo().write({"state": state, "user_id": self.env.uid})
        self.env["sva.wakeup"]._bulk()
        return True

    def _check_options(self):
        if self.operation in ON_PLATFORM and not self.integration_id:
            raise UserError(self.env._("Choose the SVA integration."))
        if self.operation == "block" and not (self.reason or "").strip():
            raise UserError(self.env._("Say why, in a few words."))
        if self.operation != "activate" or self.missing_line != "add":
            return
        package = self.product_id.sva_package_id
        if package.integration_id != self.integration_id or not self.date_start:
            raise UserError(
                self.env._("Choose the product of the new lines, and their first day.")
            )
        if not package.available:
            raise UserError(
                self.env._(
                    "The package “%s” is no longer offered by the platform. Choose "
                    "another product.",
                    package.display_name,
                )
            )

    def _filter_domain(self):
        domain = Domain("company_id", "=", self.company_id.id)
        domain &= Domain("contract_type", "=", "sale")
        if self.template_ids:
            domain &= Domain("contract_template_id", "in", self.template_ids.ids)
        if self.product_ids:
            sells = [
                ("product_id", "in", self.product_ids.ids),
                ("is_canceled", "=", False),
            ]
            domain &= Domain("contract_line_ids", "any", sells)
        if self.tag_ids:
            domain &= Domain("tag_ids", "in", self.tag_ids.ids)
        for name in ("contract_status", "access_status"):
            if self[name]:
                domain &= Domain(name, "=", self[name])
        if self.customer_kind:
            is_company = self.customer_kind == "company"
            domain &= Domain(
                "partner_id.commercial_partner_id.is_company", "=", is_company
            )
        if self.started_from:
            domain &= Domain("date_start", ">=", self.started_from)
        if self.started_until:
            domain &= Domain("date_start", "<=", self.started_until)
        return domain

    def _list(self, domain):
        """Give each contract a row that has none yet; one query, however many.

        :param domain: the contracts, of those that this user may read
        """
        contracts = self.env["contract.contract"]
        contracts.flush_model(["partner_id", "company_id"])
        found = contracts._search(domain & Domain("contract_type", "=", "sale"))
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO sva_bulk_operation_line (
                    bulk_id, contract_id, partner_id, company_id, state,
                    create_uid, create_date, write_uid, write_date
                )
                SELECT %(bulk)s, id, partner_id, company_id, 'waiting',
                       %(uid)s, %(now)s, %(uid)s, %(now)s
                  FROM contract_contract
                 WHERE id IN %(found)s
              ORDER BY id
           ON CONFLICT (bulk_id, contract_id) DO NOTHING
                """,
                bulk=self.id,
                uid=self.env.uid,
                now=fields.Datetime.now(),
                found=found.subselect(),
            )
        )
        self.invalidate_recordset()

    @api.model
    def _cron_go_on(self):
        """Go on with what has been asked for, a batch of each in turn."""
        turns = list(
            self.sudo().search([("state", "in", list(WORK))], order="write_date, id")
        )
        commit(self.env, remaining=sum(bulk._count_left() for bulk in turns))
        failed = "The SVA bulk operation %s could not go on"
        while turns:
            bulk = turns.pop(0)
            done = 0
            with guarded(self.env, _logger, failed, bulk.id):
                done = run(self.env, bulk._next_batch)
            if done:
                turns.append(bulk)
            if done and not commit(self.env, done):
                self.env["sva.wakeup"]._bulk()
                break
        commit(self.env)

    def _left_domain(self):
        return Domain("bulk_id", "=", self.id) & Domain(
            "state", "=", WORK[self.state][0]
        )

    def _count_left(self):
        return self.env["sva.bulk.operation.line"].search_count(self._left_domain())

    def _next_batch(self):
        """Work on the next rows.

        :return: how many; 0 where nothing is left, or somebody has stopped it
        """
        bulk = self.exists()
        if bulk.state not in WORK:
            return 0
        # not by way of line_ids, which would read them all
        rows = self.env["sva.bulk.operation.line"].search(
            bulk._left_domain(), order="id", limit=BATCH_SIZE
        )
        if not rows:
            bulk.state = WORK[bulk.state][1]
        elif bulk.state == "simulating":
            rows._foresee()
        else:
            rows._carry_out()
        bulk._notify_changed()
        return len(rows)

    def _notify_changed(self):
        """Have the forms that show it load again."""
        self.env["sva.live"]._send(
            "saber_plus_sva.group_sva_manager", {"bulk_ids": self.ids}
        )

    def _acting_env(self):
        """The environment of whoever has asked for it: rights, company, language."""
        user = self.user_id
        return (
            self.with_user(user)
            .with_context(
                lang=user.lang,
                tz=user.tz,
                allowed_company_ids=self.company_id.ids,
            )
            .env
        )

    def _first_day(self, contract):
        """The first day of a contract's new line."""
        return max(self.date_start, contract._today())

    def _line_values(self, contract):
        """The line that a contract gets."""
        # as the web client would describe it
        product = self.product_id.with_context(lang=contract.partner_id.lang)
        day = self._first_day(contract)
        price = self.currency_id._convert(
            self.price_unit, contract.currency_id, self.company_id, day, round=False
        )
        return {
            "contract_id": contract.id,
            "product_id": product.id,
            "name": product.get_product_multiline_description_sale(),
            "quantity": 1,
            "price_unit": price,
            "date_start": day,
        }

    def action_view_lines(self):
        """Open the list of all contracts, with what becomes of each."""
        return self._view_lines()

    def action_view_ready(self):
        """Open the contracts that are ready."""
        return self._view_lines("ready")

    def action_view_problems(self):
        """Open the contracts that are left out."""
        return self._view_lines("problem")

    def action_view_nothing(self):
        """Open the contracts for which there is nothing to do."""
        return self._view_lines("nothing")

    def action_view_done(self):
        """Open the contracts for which it was done."""
        return self._view_lines("done")

    def action_view_failed(self):
        """Open the contracts for which it could not be done."""
        return self._view_lines("failed")

    def _view_lines(self, *filters):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_bulk_operation_line_action"
        )
        return {
            **action,
            "domain": [("bulk_id", "=", self.id)],
            "context": {f"search_default_{name}": 1 for name in filters},
        }
