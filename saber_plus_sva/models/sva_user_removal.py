# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is left of an SVA user that was deleted here, until the platform follows."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.constants import GC_UNLINK_LIMIT

from odoo.addons.contract_access.remote import on_records

from ..engine.plan import ABSENT, UNKNOWN, Desired

#: how long a removal that has gone through is kept: a list of the platform's users
#: that was asked for before it may still be read after it
KEPT_HOURS = 24


class SvaUserRemoval(models.Model):
    """A tombstone: the platform must not have this user any more."""

    _name = "sva.user.removal"
    _description = "SVA User Removal"
    _inherit = ["sva.sync.mixin", "sva.number.mixin", "write.guard.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "cpf_cnpj"]

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
    former_user_id = fields.Integer(
        string="Former ID",
        readonly=True,
        aggregator=None,
        help="The id that the SVA user had.",
    )
    name = fields.Char(readonly=True)
    cpf_cnpj = fields.Char(
        string="CPF/CNPJ", search="_search_cpf_cnpj", readonly=True, index=True
    )
    sync_state = fields.Selection(
        selection_add=[("synced", "Removed")], ondelete={"synced": "cascade"}
    )
    platform_state = fields.Selection(default=UNKNOWN)

    # in the order in which they are claimed, however many there are
    _pending = models.Index(
        "(integration_id, next_sync_date NULLS FIRST, id) WHERE sync_state = 'pending'"
    )
    _open = models.Index("(integration_id, cpf_cnpj) WHERE sync_state != 'synced'")

    @on_records
    def action_retry(self):
        """Try again what the platform has refused.

        :return: True
        """
        self.check_access("read")
        # sudo: removals are written by the engine only
        self.sudo().filtered(lambda row: row.sync_state != "synced")._look_again()
        return True

    @api.model
    def _open_domain(self):
        """The removals that have not gone through yet."""
        return Domain("sync_state", "!=", "synced")

    @api.model
    def _ahead_of(self, users):
        """The open removals that SVA users with the same CPF have to wait for."""
        return self.search(
            self._open_domain()
            & Domain("integration_id", "in", users.integration_id.ids)
            & Domain("cpf_cnpj", "in", users.mapped("cpf_cnpj"))
        )

    def _refusals_changed(self):
        self.integration_id._tell_refused_removals()

    def _desired(self, password=None):
        self.ensure_one()
        return Desired(ABSENT)

    def _outcome_values(self, outcome, sealed):
        values = super()._outcome_values(outcome, sealed)
        if not values["platform_user_id"]:
            # to know the user again in a list that was asked for before it was deleted
            del values["platform_user_id"]
        return values

    @api.autovacuum
    def _gc_removed(self):
        before = fields.Datetime.now() - timedelta(hours=KEPT_HOURS)
        removed = self.sudo().search(
            [("sync_state", "=", "synced"), ("write_date", "<", before)],
            limit=GC_UNLINK_LIMIT,
        )
        removed.unlink()
        return len(removed), len(removed) == GC_UNLINK_LIMIT
