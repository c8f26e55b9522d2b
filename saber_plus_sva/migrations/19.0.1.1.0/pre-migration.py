# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Columns that are filled as a set, before Odoo would compute them row by row."""

from odoo.tools import sql


def migrate(cr, version):
    """For how long rows have been waiting, and when the actions have last run.

    What the registrations said when the users' phones were set is not known.
    """
    if not sql.column_exists(cr, "sva_user", "registration_phone"):
        sql.create_column(cr, "sva_user", "registration_phone", "varchar")
    for table in ("sva_user", "sva_user_removal"):
        if not sql.column_exists(cr, table, "pending_since"):
            sql.create_column(cr, table, "pending_since", "timestamp")
            cr.execute(
                sql.SQL(
                    "UPDATE %s SET pending_since = write_date"
                    " WHERE sync_state = 'pending'",
                    sql.SQL.identifier(table),
                )
            )
    if not sql.column_exists(cr, "ir_cron", "last_success"):
        sql.create_column(cr, "ir_cron", "last_success", "timestamp")
        cr.execute("UPDATE ir_cron SET last_success = lastcall WHERE failure_count = 0")
