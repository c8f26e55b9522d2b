# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the reports by month have in common."""

from odoo.tools import SQL

#: how far back the charts go
MONTHS = 24


def months(env):
    """The last months, this one among them: ``number``, ``first`` day, ``next`` first.

    :param env: its company says which day it is
    """
    return SQL(
        """
        SELECT number,
               (this - (number || ' months')::interval)::date AS first,
               (this - ((number - 1) || ' months')::interval)::date AS next
          FROM DATE_TRUNC('month', %s::date) AS this,
               GENERATE_SERIES(0, %s) AS number
        """,
        env.company._today(),
        MONTHS - 1,
    )


def usage_periods(env):
    """Since when each person was what on a platform, and until when.

    ``first`` and ``next`` are days where the company is; on ``next`` something else was
    seen, None where it holds still.
    """
    # sudo: each company has its own clock, whoever is asking
    companies = env["res.company"].sudo().search([(1, "=", 1)])
    zones = SQL(", ").join(
        SQL("(%s, %s)", company.id, company._time_zone()) for company in companies
    )
    return SQL(
        """
        SELECT usage.id,
               usage.company_id,
               usage.integration_id,
               usage.package_id,
               usage.sva_user_id,
               usage.contract_id,
               usage.cpf_cnpj,
               usage.state,
               (usage.date AT TIME ZONE 'UTC' AT TIME ZONE zone.name)::date AS first,
               (LEAD(usage.date) OVER following
                   AT TIME ZONE 'UTC' AT TIME ZONE zone.name)::date AS next
          FROM sva_usage AS usage
          JOIN (VALUES %s) AS zone (company_id, name)
            ON zone.company_id = usage.company_id
        WINDOW following AS (
                   PARTITION BY usage.integration_id, usage.cpf_cnpj ORDER BY usage.id
               )
        """,
        zones,
    )
