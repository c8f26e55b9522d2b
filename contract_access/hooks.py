# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What installation does to a database that has contracts already."""

from odoo import Command
from odoo.tools import sql

from .rules import NO_SERVICE

#: what an uninstallation keeps of each contract, for another installation to come
KEPT = {
    "contract_status": "contract_access_kept_status",
    "access_status": "contract_access_kept_access",
    "active": "contract_access_kept_active",
}

#: columns of contracts, with what holds for each that there is already
EXISTING = {
    "contract_status": ("varchar", "active"),
    "access_status": ("varchar", "active"),
    "automatic_block": ("boolean", True),
    "automatic_cancellation": ("boolean", True),
}


def add_column(cr, table, name, kind, value):
    """Add a column with a value for all rows, in a moment however many there are.

    PostgreSQL keeps the value once, and writes no row. Columns that are there stay as
    they are.

    :param kind: the column's type
    """
    if not sql.column_exists(cr, table, name):
        names = sql.SQL.identifier(table), sql.SQL.identifier(name)
        cr.execute(
            sql.SQL(
                "ALTER TABLE %s ADD COLUMN %s %s DEFAULT %s",
                *names,
                sql.SQL(kind),
                value,
            )
        )
        cr.execute(sql.SQL("ALTER TABLE %s ALTER COLUMN %s DROP DEFAULT", *names))


def pre_init_hook(env):
    """Give existing contracts their statuses, as a set.

    Left to the fields' defaults, one that has ended would be active again.
    """
    for name, (kind, value) in EXISTING.items():
        add_column(env.cr, "contract_contract", name, kind, value)
    if sql.column_exists(env.cr, "contract_contract", KEPT["contract_status"]):
        _take_kept(env)
    env.cr.execute(
        """
        UPDATE contract_contract
           SET contract_status = CASE WHEN ended THEN 'inactive' ELSE 'active' END,
               access_status = CASE WHEN ended THEN 'disabled' ELSE 'active' END
          FROM (
                SELECT id,
                       COALESCE(is_terminated, FALSE)
                       AND COALESCE(terminate_date < CURRENT_DATE, TRUE) AS ended
                  FROM contract_contract
               ) AS existing
         WHERE existing.id = contract_contract.id
           AND (
                contract_status IS NULL
                -- terminated while the addon was away
                OR ended AND contract_status IN ('active', 'pre_contract')
               )
        """
    )


def _take_kept(env):
    env.cr.execute(
        sql.SQL(
            """
            UPDATE contract_contract
               SET contract_status = COALESCE(%(contract_status)s, contract_status),
                   access_status = COALESCE(%(access_status)s, access_status),
                   active = CASE WHEN %(contract_status)s IN %(no_service)s
                                 THEN %(active)s ELSE active END
             -- who has come back while the addon was away was unarchived
             WHERE NOT (active AND %(contract_status)s IN %(no_service)s)
            """,
            no_service=NO_SERVICE,
            **{name: sql.SQL.identifier(kept) for name, kept in KEPT.items()},
        )
    )
    for kept in KEPT.values():
        column = sql.SQL.identifier(kept)
        env.cr.execute(sql.SQL("ALTER TABLE contract_contract DROP COLUMN %s", column))


def _keep(env):
    """Keep the statuses, and have nobody billed who has no service.

    Without this addon every contract that is not archived is invoiced.
    """
    kinds = {"active": "boolean"}
    env.flush_all()
    for name, kept in KEPT.items():
        sql.create_column(env.cr, "contract_contract", kept, kinds.get(name, "varchar"))
        env.cr.execute(
            sql.SQL(
                "UPDATE contract_contract SET %s = %s",
                sql.SQL.identifier(kept),
                sql.SQL.identifier(name),
            )
        )
    contracts = env["contract.contract"].search(
        [
            ("contract_type", "=", "sale"),
            ("contract_status", "in", NO_SERVICE),
        ]
    )
    for company, group in contracts.grouped("company_id").items():
        group = group.with_context(lang=company._unattended_lang())
        group._message_log_batch(
            {
                contract.id: group.env._(
                    "Archived, so that it is not invoiced: the status “%(status)s” is "
                    "not there any more, because the addon was uninstalled.",
                    status=contract._selection_label("contract_status"),
                )
                for contract in group
            }
        )
    contracts.active = False


def _end_lines_with_contracts(env):
    """Lines without an end get their contract's, where that has the recurrence."""
    lines = env["contract.line"].search(
        [
            ("contract_id.contract_type", "=", "sale"),
            ("contract_id.line_recurrence", "=", False),
            ("contract_id.date_end", "!=", False),
            ("date_end", "=", False),
        ]
    )
    # read first: with the first line's end, the contract's is computed from them
    for end, group in lines.grouped(lambda line: line.contract_id.date_end).items():
        group._end_with_contract(end)


def post_init_hook(env):
    """Lines end with their contracts; the billing group may terminate as before.

    Whoever is of the billing group for terminating contracts stays in it.
    """
    _end_lines_with_contracts(env)
    terminates = env.ref("contract_termination.can_terminate_contract")
    billing = Command.link(env.ref("account.group_account_invoice").id)
    desk = env.ref("contract_access.group_contract_user")
    terminates.user_ids.write({"group_ids": [billing]})
    (terminates.implied_by_ids - desk).write({"implied_ids": [billing]})


def uninstall_hook(env):
    """Nobody is billed who has no service; OCA's group is as it was."""
    _keep(env)
    billing = Command.link(env.ref("account.group_account_invoice").id)
    terminates = env.ref("contract_termination.can_terminate_contract")
    terminates.implied_ids = [billing]
