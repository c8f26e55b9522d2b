# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a comparison has found different, before anything is changed."""

from odoo import api, fields, models

from .sva_sync_mixin import SEEN_STATUSES


class SvaReconciliationDifference(models.Model):
    """One of our rows that is not on the platform as it was last seen there."""

    _name = "sva.reconciliation.difference"
    _description = "SVA Difference"
    _inherit = "write.guard.mixin"
    _order = "kind, id"
    _rec_name = "name"

    reconciliation_id = fields.Many2one(
        comodel_name="sva.reconciliation",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="reconciliation_id.company_id", store=True)
    kind = fields.Selection(
        selection=[
            ("different", "Different"),
            ("missing", "Missing"),
            ("back", "Deleted, and there again"),
        ],
        required=True,
        readonly=True,
    )
    sva_user_id = fields.Many2one(
        comodel_name="sva.user",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    removal_id = fields.Many2one(
        comodel_name="sva.user.removal",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
    )
    name = fields.Char(string="User", compute="_compute_name")
    partner_id = fields.Many2one(related="sva_user_id.partner_id", string="Customer")
    seen_state = fields.Selection(
        selection=SEEN_STATUSES, string="Status on the Platform", readonly=True
    )
    seen_phone = fields.Char(string="Phone on the Platform", readonly=True)
    seen_package_code = fields.Char(string="Package on the Platform", readonly=True)
    change = fields.Char(
        compute="_compute_change", help="What would be changed on the platform."
    )
    is_applied = fields.Boolean(
        readonly=True, help="It was looked at again, and put right where it had to be."
    )

    @api.depends("sva_user_id.name", "removal_id.name")
    def _compute_name(self):
        for row in self:
            row.name = row.sva_user_id.name or row.removal_id.name

    @api.depends(
        "kind",
        "seen_state",
        "seen_phone",
        "seen_package_code",
        "sva_user_id.state",
        "sva_user_id.phone",
        "sva_user_id.package_id.code",
    )
    @api.depends_context("lang")
    def _compute_change(self):
        states = dict(self._fields["seen_state"]._description_selection(self.env))
        for row in self:
            user = row.sva_user_id
            if row.kind == "back":
                row.change = self.env._("deleted again")
            elif row.kind == "missing":
                is_created = user.state == "active"
                row.change = is_created and self.env._("created again")
            else:
                row.change = "; ".join(
                    f"{label}: {seen or '–'} → {wanted or '–'}"
                    for label, seen, wanted in (
                        (
                            self.env._("status"),
                            states.get(row.seen_state),
                            states.get(user.state),
                        ),
                        (self.env._("phone"), row.seen_phone, user.phone),
                        (
                            self.env._("package"),
                            row.seen_package_code,
                            user.package_id.code,
                        ),
                    )
                    if seen != wanted
                )

    @api.model
    def _note(self, run, kind, rows, users=None):
        """Keep what is different about these rows.

        :param run: the ``sva.reconciliation``
        :param rows: SVA users, or removals of one kind
        :param users: what the platform holds, :class:`..client.types.User` by row
        """
        link = "sva_user_id" if rows._name == "sva.user" else "removal_id"
        values = []
        for row in rows:
            user = users and users.get(row)
            values.append(
                {
                    "reconciliation_id": run.id,
                    "kind": kind,
                    link: row.id,
                    "seen_state": user and user.status,
                    "seen_phone": user and user.profile.phone,
                    "seen_package_code": user and user.profile.package_code,
                }
            )
        return self.create(values)

    def _apply(self):
        """Have the engine look at these rows, and put them right."""
        self.sva_user_id._look_again(later=True)
        self.removal_id._look_again(later=True)
        self.write({"is_applied": True})
