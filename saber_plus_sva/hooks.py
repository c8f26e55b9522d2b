# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What installation does to a database that has contracts, and its end to menus."""

from odoo.tools import sql

from odoo.addons.contract_access.hooks import add_column


def pre_init_hook(env):
    """Give existing lines and invoices their type of service, as sets.

    Left to the computed fields, this would load every line there is; a provider has
    hundreds of thousands of them.
    """
    for table in ("contract_line", "contract_template_line"):
        add_column(env.cr, table, "service_type", "varchar", "service")
    if not sql.column_exists(env.cr, "account_move_line", "service_type"):
        sql.create_column(env.cr, "account_move_line", "service_type", "varchar")
    env.cr.execute(
        """
        UPDATE account_move_line
           SET service_type = 'service'
         WHERE contract_line_id IS NOT NULL
           AND service_type IS NULL
        """
    )


def uninstall_hook(env):
    """Contracts are in the menu of their own again, see ``views/menus.xml``."""
    menu = env.ref("contract_access.menu_contract_access", raise_if_not_found=False)
    if menu:
        menu.active = True
