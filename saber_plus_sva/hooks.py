# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What installation does to a database that has contracts already."""

from odoo.tools import sql


def pre_init_hook(env):
    """Give existing contracts, lines and invoices their values, as sets.

    Left to the computed fields, this would load every contract and invoice line there
    is; a provider has hundreds of thousands of them.
    """
    columns = {
        "contract_contract": ["contract_status", "access_status"],
        "contract_line": ["service_type"],
        "contract_template_line": ["service_type"],
        "account_move_line": ["service_type"],
    }
    for table, names in columns.items():
        for name in names:
            if not sql.column_exists(env.cr, table, name):
                sql.create_column(env.cr, table, name, "varchar")
    env.cr.execute(
        """
        UPDATE contract_contract
           SET contract_status = CASE WHEN ended THEN 'inactive' ELSE 'active' END,
               access_status = CASE WHEN ended THEN 'disabled' ELSE 'active' END
          FROM (
                SELECT id,
                       COALESCE(is_terminated, FALSE)
                       AND COALESCE(terminate_date <= CURRENT_DATE, TRUE) AS ended
                  FROM contract_contract
               ) AS existing
         WHERE existing.id = contract_contract.id
           AND contract_status IS NULL
        """
    )
    for table in ("contract_line", "contract_template_line"):
        env.cr.execute(
            sql.SQL(
                "UPDATE %s SET service_type = 'service' WHERE service_type IS NULL",
                sql.SQL.identifier(table),
            )
        )
    env.cr.execute(
        """
        UPDATE account_move_line
           SET service_type = 'service'
         WHERE contract_line_id IS NOT NULL
           AND service_type IS NULL
        """
    )
