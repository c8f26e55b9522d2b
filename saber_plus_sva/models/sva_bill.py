# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a platform bills for a month, held against what we saw it do."""

import base64
from calendar import monthrange
from collections import Counter, defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL, format_date

from odoo.addons.contract_access.exceptions import RefusedError
from odoo.addons.contract_access.remote import check_rows, on_one_record

from ..report.periods import usage_periods
from ..rules.supplier_bill import WrongFile, read_bill
from .sva_usage import KEPT

#: how big a bill's file may be
MOST_BYTES = 20 * 1024 * 1024
#: bills, of some thousands of lines each, that are deleted in one transaction
GC_BATCH = 10


class SvaBill(models.Model):
    """The active days of a month by CPF and package, their cost and their revenue."""

    _name = "sva.bill"
    _description = "SVA Supplier's Bill"
    _inherit = "write.guard.mixin"
    _order = "month desc, id desc"
    _rec_name = "month"

    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        required=True,
        ondelete="cascade",
        index=True,
        default=lambda self: self.env["sva.integration"].search([], limit=1),
    )
    company_id = fields.Many2one(
        related="integration_id.company_id", store=True, index=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    month = fields.Date(
        required=True,
        default=lambda self: self._last_month(),
        help="Any day of the month that is billed.",
    )
    charged_by = fields.Selection(
        selection=[
            ("user", "User that was active in the month"),
            ("day", "Active day"),
        ],
        required=True,
        default="user",
        help="What the platform charges for. The cost of the product is that of a "
        "month; by days, of each day its share.",
    )
    line_ids = fields.One2many(
        comodel_name="sva.bill.line", inverse_name="bill_id", readonly=True
    )
    bill_file = fields.Binary(
        string="The Platform's Bill (CSV)",
        help="With a column CPF, and, where the bill has them, package, days and "
        "amount.",
    )
    bill_filename = fields.Char(string="File Name")
    is_compared = fields.Boolean(
        readonly=True, copy=False, help="The platform's bill was read."
    )
    user_count = fields.Integer(string="Active Users", compute="_compute_totals")
    difference_count = fields.Integer(string="Differences", compute="_compute_totals")
    cost = fields.Monetary(compute="_compute_totals")
    revenue = fields.Monetary(compute="_compute_totals")
    margin = fields.Monetary(compute="_compute_totals")
    billed_amount = fields.Monetary(
        string="Billed", compute="_compute_totals", help="What the platform bills."
    )

    _unique_month = models.UniqueIndex(
        "(integration_id, month)",
        "There is a bill of this platform for this month already.",
    )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {"charged_by", "bill_file", "bill_filename"}

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"integration_id", "month"}

    @api.model
    def _last_month(self):
        return self.env.company._today().replace(day=1) - relativedelta(months=1)

    @api.depends("integration_id", "month")
    def _compute_display_name(self):
        for bill in self:
            day = bill.month and format_date(
                self.env, bill.month, date_format="MM/yyyy"
            )
            bill.display_name = f"{bill.integration_id.name or ''} {day or ''}".strip()

    @api.depends("line_ids.cost", "line_ids.difference")
    def _compute_totals(self):
        lines = self.env["sva.bill.line"]
        totals = {
            bill: sums
            for bill, *sums in lines._read_group(
                [("bill_id", "in", self.ids)],
                ["bill_id"],
                ["cost:sum", "revenue:sum", "margin:sum", "billed_amount:sum"],
            )
        }
        active = dict(
            lines._read_group(
                [("bill_id", "in", self.ids), ("active_days", ">", 0)],
                ["bill_id"],
                ["cpf_cnpj:count_distinct"],
            )
        )
        differing = dict(
            lines._read_group(
                [("bill_id", "in", self.ids), ("difference", "!=", False)],
                ["bill_id"],
                ["__count"],
            )
        )
        for bill in self:
            bill.cost, bill.revenue, bill.margin, bill.billed_amount = totals.get(
                bill, (0, 0, 0, 0)
            )
            bill.user_count = active.get(bill, 0)
            bill.difference_count = differing.get(bill, 0)

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        self._check_given(*vals_list, is_new=True)
        vals_list = [
            {**vals, "month": fields.Date.to_date(vals["month"]).replace(day=1)}
            if vals.get("month")
            else vals
            for vals in vals_list
        ]
        bills = super().create(vals_list)
        for bill in bills:
            bill._compute_lines()
        return bills

    @api.autovacuum
    def _gc_outdated(self):
        """Forget bills that nobody may dispute any more, with the CPFs in them."""
        oldest = self._last_month() - KEPT
        old = self.search([("month", "<", oldest)], limit=GC_BATCH)
        old.unlink()
        return len(old), len(old) == GC_BATCH

    @on_one_record
    def action_compute(self):
        """Take the active days anew from the log, and compare again.

        :return: True
        :raises UserError: the platform's file cannot be read
        """
        self.check_access("write")
        days = self._compute_lines()
        if self.is_compared:
            self._compare(days)
        return True

    @on_one_record
    def action_compare(self):
        """Read the platform's bill, and list what differs.

        :return: True
        :raises UserError: there is no file, or it cannot be read
        """
        self.check_access("write")
        self._compare(self._compute_lines())
        return True

    @on_one_record
    def action_view_lines(self):
        """Open all lines."""
        return self._view_lines()

    @on_one_record
    def action_view_differences(self):
        """Open what the platform bills otherwise than we saw it."""
        return self._view_lines(search_default_differing=1)

    def _view_lines(self, **context):
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": "sva.bill.line",
            "view_mode": "list,pivot,graph",
            "domain": [("bill_id", "=", self.id)],
            "context": context,
        }

    def _compute_lines(self):
        """Write a line for each person and package that was active in the month.

        :return: the number of active days by CPF, whatever the package
        """
        self.ensure_one()
        # sudo: lines are written here only
        bill = self.sudo().with_company(self.company_id)
        bill.line_ids.unlink()
        days, by_contract, by_cpf = bill._active_days()
        users = bill.env["sva.user"].browse(
            {user for _cpf, _package, user, _days in days if user}
        )
        known = {user.id: user for user in users}
        revenues = bill._revenues_of_each(by_contract)
        products = bill._products()
        length = monthrange(bill.month.year, bill.month.month)[1]
        values = []
        for cpf, package, user_id, active_days in days:
            user = known.get(user_id, users.browse())
            product = user.product_id
            if product.sva_package_id.id != package:
                product = products.get(package, product.browse())
            share = active_days / length if bill.charged_by == "day" else 1
            values.append(
                {
                    "bill_id": bill.id,
                    "cpf_cnpj": cpf,
                    "package_id": package,
                    "sva_user_id": user.id,
                    "product_id": product.id,
                    "active_days": active_days,
                    "cost": product.standard_price * share,
                    "revenue": revenues[cpf, package],
                }
            )
        bill.line_ids.create(values)
        return by_cpf

    def _active_days(self):
        """The days of the month on which a user was active, if only for a part of it.

        :return: rows of CPF, package's id, SVA user's id, number of days; for each
            contract that it was on, of CPF, package's id, contract's id, number of
            days; and the number of days by CPF
        """
        self.env.flush_all()
        # what has not come yet is not active
        last = min(self.month + relativedelta(months=1, days=-1), self._today())
        rows = self.env.execute_query(
            SQL(
                """
                WITH period AS (%(periods)s)
                SELECT period.cpf_cnpj,
                       period.package_id,
                       MAX(period.sva_user_id),
                       period.contract_id,
                       COUNT(DISTINCT day),
                       GROUPING(period.package_id, period.contract_id)
                  FROM period
            CROSS JOIN LATERAL GENERATE_SERIES(
                           GREATEST(period.first, %(first)s::date),
                           LEAST(period.next, %(last)s::date),
                           '1 day'::interval
                       ) AS day
                 WHERE period.integration_id = %(integration)s
                   AND period.state = 'active'
                   AND period.first <= %(last)s
                   AND COALESCE(period.next, %(last)s) >= %(first)s
              GROUP BY GROUPING SETS (
                           (period.cpf_cnpj),
                           (period.cpf_cnpj, period.package_id),
                           (period.cpf_cnpj, period.package_id, period.contract_id)
                       )
              ORDER BY period.cpf_cnpj, period.package_id
                """,
                periods=usage_periods(self.env),
                first=self.month,
                last=last,
                integration=self.integration_id.id,
            )
        )
        days, by_contract, by_cpf = [], [], {}
        for cpf, package, user, contract, count, left_out in rows:
            if left_out == 0b11:
                by_cpf[cpf] = count
            elif left_out:
                days.append((cpf, package, user, count))
            elif contract:
                by_contract.append((cpf, package, contract, count))
        return days, by_contract, by_cpf

    def _today(self):
        return self.company_id._today()

    def _revenues_of_each(self, by_contract):
        """What was invoiced in the month, by CPF and package's id.

        Those who were on a contract one after the other share it by their days.

        :param by_contract: as of :meth:`_active_days`
        """
        revenues = self._revenues(
            {contract for *_whose, contract, _days in by_contract}
        )
        days_on = Counter()
        for _cpf, package, contract, days in by_contract:
            days_on[contract, package] += days
        result = defaultdict(float)
        for cpf, package, contract, days in by_contract:
            sold = contract, package
            result[cpf, package] += revenues.get(sold, 0) * days / days_on[sold]
        return result

    def _revenues(self, contract_ids):
        """What was invoiced in the month, by contract's id and package's id."""
        if not contract_ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT sold.contract_id, template.sva_package_id, SUM(-line.balance)
                  FROM account_move_line AS line
                  JOIN account_move AS move ON move.id = line.move_id
                  JOIN contract_line AS sold ON sold.id = line.contract_line_id
                  JOIN product_product AS product ON product.id = line.product_id
                  JOIN product_template AS template
                    ON template.id = product.product_tmpl_id
                 WHERE move.move_type IN ('out_invoice', 'out_refund')
                   AND line.parent_state = 'posted'
                   AND line.display_type = 'product'
                   AND move.invoice_date >= %s
                   AND move.invoice_date < %s
                   AND template.sva_package_id IS NOT NULL
                   AND sold.contract_id IN %s
              GROUP BY sold.contract_id, template.sva_package_id
                """,
                self.month,
                self.month + relativedelta(months=1),
                tuple(contract_ids),
            )
        )
        return {(contract, package): amount for contract, package, amount in rows}

    def _products(self):
        """A product of each package, by package's id, to have its cost from."""
        products = (
            self.env["product.product"]
            .with_context(active_test=False)
            .search([("sva_integration_id", "=", self.integration_id.id)])
        )
        return {product.sva_package_id.id: product for product in reversed(products)}

    def _compare(self, days):
        """Write what the platform bills beside what we saw.

        A row that names no package is about all that the person had.

        :param days: the number of active days by CPF
        """
        bill = self.sudo()  # sudo: see above
        lines = bill.line_ids
        packages = bill.integration_id.with_context(active_test=False).package_ids
        by_code = {package.code: package for package in packages}
        by_key = {(line.cpf_cnpj, line.package_id): line for line in lines}
        by_cpf = lines.grouped("cpf_cnpj")
        rows = bill._billed_rows()
        named = {row.cpf for row in rows if row.package}
        billed = defaultdict(list)
        for row in rows:
            package = by_code.get(row.package, packages.browse())
            found = by_key.get((row.cpf, package))
            if not row.package:
                found = by_cpf.get(row.cpf, lines.browse())
                # what the other rows name is theirs
                found = found[:1] if row.cpf in named else found
            billed[found or (row.cpf, package.id, row.package)].append(row)
        unknown = []
        alike = defaultdict(lines.browse)
        for key, some in billed.items():
            values = _summed(some)
            if isinstance(key, tuple):
                cpf, package_id, code = key
                unknown.append(
                    {
                        **values,
                        "bill_id": bill.id,
                        "cpf_cnpj": cpf,
                        "package_id": package_id,
                        "billed_package": code,
                    }
                )
                continue
            first, others = key[0], key[1:]
            if others:
                # on the day of a change the platform may have counted both
                total = sum(key.mapped("active_days"))
                if values["billed_days"] != total:
                    total = days[first.cpf_cnpj]
                values["other_days"] = total - first.active_days
            alike[frozenset(values.items())] += first
            alike[frozenset({"is_billed": True}.items())] += others
        for values, some in alike.items():
            some.write(dict(values))
        lines.create(unknown)
        bill.is_compared = True

    def _billed_rows(self):
        content = base64.b64decode(self.with_context(bin_size=False).bill_file or b"")
        if not content or len(content) > MOST_BYTES:
            raise RefusedError(
                self.env._("Choose the file with the platform's bill first."),
                "wrong_file",
                self,
            )
        try:
            return read_bill(content)
        except WrongFile as error:
            if error.row is None:
                message = self.env._(
                    "This bill cannot be read. Give a CSV file that has a column “CPF”."
                )
            else:
                message = self.env._(
                    "Row %(row)s of the file cannot be read (%(column)s).",
                    row=error.row,
                    column=self._column_label(error.column),
                )
            raise RefusedError(message, "wrong_file", self) from error

    @api.model
    def _column_label(self, column):
        labels = {"days": self.env._("Days"), "amount": self.env._("Amount")}
        return labels.get(column, column or "CSV")


def _summed(rows):
    """What several rows of a bill say of one person and package."""
    days = [row.days for row in rows if row.days is not None]
    return {
        "is_billed": True,
        "has_billed_days": bool(days),
        "billed_days": sum(days),
        "billed_amount": sum(row.amount or 0 for row in rows),
    }
