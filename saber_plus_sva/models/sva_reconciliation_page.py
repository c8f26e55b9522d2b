# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which of our rows a page has shown as they were last seen: nearly all of them."""

from odoo import api, fields, models
from odoo.tools import SQL

from .sva_user import PROFILE_SEEN


class SvaReconciliationPage(models.Model):
    """The SVA users that a page agrees with.

    They are noted together: to mark each of them would write all of its indexes anew,
    every night. A comparison that has come to its end has none left.
    """

    _name = "sva.reconciliation.page"
    _description = "SVA Reconciliation Page"
    _inherit = "write.guard.mixin"
    _log_access = False

    reconciliation_id = fields.Many2one(
        comodel_name="sva.reconciliation",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    user_keys = fields.Json(string="SVA Users", readonly=True)

    @api.model
    def _note(self, run, users):
        """Keep which rows agree with the platform; none of them is loaded.

        :param run: the ``sva.reconciliation``
        :param users: :class:`..client.types.User` objects
        :return: the platform's ids of those that agree
        """
        columns = {
            "platform_user_id": [user.id for user in users],
            "platform_state": [user.status for user in users],
            **{
                column: [getattr(user.profile, name) for user in users]
                for name, column in PROFILE_SEEN.items()
            },
        }
        self.env["sva.user"].flush_model([*columns, "integration_id", "sync_state"])
        agreeing = self.env.execute_query(
            SQL(
                """
                WITH agreeing AS MATERIALIZED (
                    SELECT ours.id, ours.platform_user_id
                      FROM unnest(%(values)s) AS theirs(%(columns)s)
                      JOIN sva_user AS ours ON %(same)s
                     WHERE ours.integration_id = %(integration)s
                       AND ours.sync_state != 'pending'
                ), noted AS (
                    INSERT INTO sva_reconciliation_page (reconciliation_id, user_keys)
                    SELECT %(run)s, jsonb_agg(id) FROM agreeing HAVING COUNT(*) > 0
                )
                SELECT platform_user_id FROM agreeing
                """,
                values=SQL(", ").join(
                    SQL("%s::varchar[]", some) for some in columns.values()
                ),
                columns=SQL(", ").join(map(SQL.identifier, columns)),
                same=SQL(" AND ").join(
                    SQL(
                        "COALESCE(%s, '') = %s",
                        SQL.identifier("ours", column),
                        SQL.identifier("theirs", column),
                    )
                    if column in PROFILE_SEEN.values()
                    else SQL(
                        "%s = %s",
                        SQL.identifier("ours", column),
                        SQL.identifier("theirs", column),
                    )
                    for column in columns
                ),
                integration=run.integration_id.id,
                run=run.id,
            )
        )
        return {user_id for [user_id] in agreeing}

    @api.model
    def _noted(self, run):
        """The query of the ids of the rows that were noted in a run."""
        return SQL(
            """
            SELECT jsonb_array_elements_text(user_keys)::int AS id
              FROM sva_reconciliation_page
             WHERE reconciliation_id = %s
            """,
            run.id,
        )
