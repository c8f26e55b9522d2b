# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What installation does to a database that has contracts already."""

from odoo import Command
from odoo.tools import sql


def pre_init_hook(env):
    """Give existing contracts their statuses, as a set.

    Left to the fields' defaults, one that has ended would be active again.
    """
    for name in ("contract_status", "access_status"):
        if not sql.column_exists(env.cr, "contract_contract", name):
            sql.create_column(env.cr, "contract_contract", name, "varchar")
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


def post_init_hook(env):
    """Whoever is of the billing group for terminating contracts stays in it."""
    terminates = env.ref("contract_termination.can_terminate_contract")
    billing = Command.link(env.ref("account.group_account_invoice").id)
    desk = env.ref("contract_access.group_contract_user")
    terminates.user_ids.write({"group_ids": [billing]})
    (terminates.implied_by_ids - desk).write({"implied_ids": [billing]})


def uninstall_hook(env):
    """OCA's group is as it was."""
    billing = Command.link(env.ref("account.group_account_invoice").id)
    terminates = env.ref("contract_termination.can_terminate_contract")
    terminates.implied_ids = [billing]
