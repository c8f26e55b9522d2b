# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is new in this version, for what there is already."""

from odoo import SUPERUSER_ID, api
from odoo.tools import convert_file

ADDON = "saber_plus_sva"


def migrate(cr, version):
    """Bind the tokens to the database that is updated; mails; compare by day."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    if not env.ref(f"{ADDON}.mail_template_welcome", raise_if_not_found=False):
        # an update makes none, for one that people have deleted would come back
        convert_file(env, ADDON, "data/mail_template.xml", {}, "init", noupdate=True)
    integrations = env["sva.integration"].with_context(active_test=False)
    integrations.search([("token_sealed", "!=", False)])._take_home()
    cr.execute(
        """
        UPDATE ir_cron
           SET nextcall = nextcall + INTERVAL '5 hours 13 minutes'
          FROM ir_model_data AS data
         WHERE data.model = 'ir.cron'
           AND data.module = 'saber_plus_sva'
           AND data.name = 'cron_reconcile'
           AND data.res_id = ir_cron.id
           AND ir_cron.nextcall::time = '06:17'
        """
    )
