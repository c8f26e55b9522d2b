# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Since when a platform has had each person's user, and as what: our own log of it."""

from collections import defaultdict

from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..engine.plan import ABSENT
from .sva_sync_mixin import SEEN_STATUSES

#: for how long a bill may be disputed (Código Civil, art. 206, § 5º, I)
KEPT = relativedelta(years=5)
#: what is not, or not any more, a user that somebody could use
GONE = (ABSENT, "disabled")
#: what was seen, and is no movement where it was there already
MOVEMENTS = [
    ("adopted", "Adopted"),
    ("activated", "Activated"),
    ("released", "Released"),
    ("blocked", "Blocked"),
    ("cancelled", "Cancelled"),
    ("package", "Package changed"),
]


def movement(former, current):
    """What has happened between two states that a platform was seen in.

    :param former: False where the user was there before we knew it
    :return: one of :data:`MOVEMENTS`, or False where a customer would notice nothing
    """
    if former == current:
        return "package"
    if current in GONE:
        return former and former not in GONE and "cancelled"
    if not former:
        return "adopted"
    if current == "active":
        return "activated" if former in GONE else "released"
    # blocked, and "inactive" where the platform does not tell which
    return "blocked" if former == "active" else False


class SvaUsage(models.Model):
    """One thing that was seen on a platform; it holds until the next one of that CPF.

    Written in the transaction that writes the observation down, and never changed: the
    platform's bill is held against it. It outlives the SVA user.
    """

    _name = "sva.usage"
    _description = "SVA Usage"
    _inherit = ["sva.number.mixin", "write.guard.mixin"]
    _order = "id desc"
    _rec_name = "cpf_cnpj"

    date = fields.Datetime(required=True, readonly=True, index=True)
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
    sva_user_id = fields.Many2one(
        comodel_name="sva.user",
        string="SVA User",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    cpf_cnpj = fields.Char(
        string="CPF", search="_search_cpf_cnpj", required=True, readonly=True
    )
    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    package_id = fields.Many2one(
        comodel_name="sva.package", readonly=True, ondelete="set null", index=True
    )
    state = fields.Selection(
        selection=[(ABSENT, "Absent"), *SEEN_STATUSES],
        string="On the Platform",
        required=True,
        readonly=True,
    )
    movement = fields.Selection(
        selection=MOVEMENTS,
        readonly=True,
        help="What it was for the customer.",
    )

    _in_order = models.Index("(integration_id, cpf_cnpj, id)")

    @api.model
    def _init_column(self, column_name):
        """What was seen before contracts were in the log: on the one that they have."""
        if column_name != "contract_id":
            return super()._init_column(column_name)
        self.env.cr.execute(
            """
            UPDATE sva_usage
               SET contract_id = sva_user.contract_id
              FROM sva_user
             WHERE sva_user.id = sva_usage.sva_user_id
            """
        )
        return None

    def _note(self, rows):
        """Write down what was seen of rows, where it is something new.

        :param rows: SVA users or removals, as superuser
        """
        news, alike = [], defaultdict(rows.browse)
        for row in rows:
            seen = row._usage_seen()
            if not seen or seen == (row.usage_state, row.usage_package_id):
                continue
            state, package = seen
            what = movement(row.usage_state, state)
            news.append({**self._values(row, state, package), "movement": what})
            alike[seen] += row
        for (state, package), some in alike.items():
            # nothing that the chatter tracks
            untracked = some.with_context(tracking_disable=True)
            untracked.write({"usage_state": state, "usage_package_id": package.id})
        # sudo: written here only
        return self.sudo().create(news)

    def _note_transfer(self, users):
        """Write down that what was seen of users holds on another contract from now on.

        :param users: SVA users, as superuser
        """
        there = users.filtered(lambda user: user.usage_state not in (False, ABSENT))
        # sudo: written here only
        return self.sudo().create(
            [
                self._values(user, user.usage_state, user.usage_package_id)
                for user in there
            ]
        )

    @api.model
    def _values(self, row, state, package):
        is_user = row._name == "sva.user"
        return {
            "date": fields.Datetime.now(),
            "integration_id": row.integration_id.id,
            "sva_user_id": is_user and row.id,
            "contract_id": is_user and row.contract_id.id,
            "cpf_cnpj": row.cpf_cnpj,
            "package_id": package.id,
            "state": state,
        }

    @api.autovacuum
    def _gc_outdated(self):
        """Forget what held until longer ago than anybody may ask for."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT id
                  FROM sva_usage AS usage
                 WHERE date < %(limit)s
                   AND (
                        state = %(absent)s
                        OR EXISTS (
                            SELECT
                              FROM sva_usage AS later
                             WHERE later.integration_id = usage.integration_id
                               AND later.cpf_cnpj = usage.cpf_cnpj
                               AND later.id > usage.id
                               AND later.date < %(limit)s
                           )
                       )
                 LIMIT %(count)s
                """,
                limit=fields.Datetime.now() - KEPT,
                absent=ABSENT,
                count=GC_UNLINK_LIMIT,
            )
        )
        # sudo: nobody else may delete what a bill is held against
        self.sudo().browse(id_ for [id_] in rows).unlink()
        return len(rows), len(rows) == GC_UNLINK_LIMIT
