# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is new in this version, for what there is already."""

from odoo import SUPERUSER_ID, api
from odoo.tools import convert_file

ADDON = "saber_plus_sva"

#: the log of the platform's users begins with those that there are
BEGIN_USAGE = """
    WITH seen AS (
        UPDATE sva_user
           SET usage_state = sva_user.platform_state,
               usage_package_id = sva_user.package_id
         WHERE platform_state NOT IN ('absent', 'unknown')
           AND NOT EXISTS (
                SELECT FROM sva_usage WHERE sva_usage.sva_user_id = sva_user.id
               )
     RETURNING id, integration_id, company_id, contract_id, cpf_cnpj, package_id,
               platform_state
    )
    INSERT INTO sva_usage (
        date, integration_id, company_id, sva_user_id, contract_id, cpf_cnpj,
        package_id, state
    )
    SELECT NOW() AT TIME ZONE 'UTC', integration_id, company_id, id, contract_id,
           cpf_cnpj, package_id, platform_state
      FROM seen
"""


def migrate(cr, version):
    """Bind the tokens to this database; mails; begin the log; compare by day."""
    cr.execute(BEGIN_USAGE)
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
