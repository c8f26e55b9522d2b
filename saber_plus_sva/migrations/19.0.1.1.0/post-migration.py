# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is new in this version, for what there is already."""

from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Bind the tokens to the database that is updated."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    integrations = env["sva.integration"].with_context(active_test=False)
    integrations.search([("token_sealed", "!=", False)])._take_home()
