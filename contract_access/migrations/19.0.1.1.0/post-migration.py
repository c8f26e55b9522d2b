# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is new in this version, for what there is already."""


def migrate(cr, version):
    """Overdue contracts are processed by day, unless somebody has chosen an hour."""
    cr.execute(
        """
        UPDATE ir_cron
           SET nextcall = nextcall + INTERVAL '6 hours'
          FROM ir_model_data AS data
         WHERE data.model = 'ir.cron'
           AND data.module = 'contract_access'
           AND data.name = 'cron_contract_lifecycle'
           AND data.res_id = ir_cron.id
           AND ir_cron.nextcall::time = '05:00'
        """
    )
