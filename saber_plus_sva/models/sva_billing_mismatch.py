# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is billed without access, and what may be used without a bill."""

from odoo import api, fields, models
from odoo.tools import SQL

from odoo.addons.contract_access.remote import on_one_record

#: the activity that says that there are some
OPEN = "saber_plus_sva.activity_billing"
#: what is the matter
REASONS = [
    ("no_user", "Invoiced, but there is no SVA user"),
    ("switched_off", "Invoiced, but the SVA user is switched off"),
    ("quantity", "More is invoiced than the one SVA user of the contract"),
    ("free", "Used, but the price is zero"),
    ("not_sold", "Active, but no line of the contract sells it today"),
]


class SvaBillingMismatch(models.Model):
    """A worklist that is true whenever it is read: nothing of it is stored.

    A row is a line of a contract or an SVA user, with one thing that is the matter.
    Contracts whose access was taken are left out: there, dunning has the word.
    """

    _name = "sva.billing.mismatch"
    _description = "Bill without Access, or Access without Bill"
    _auto = False
    _order = "contract_id desc, id"
    _rec_name = "contract_id"

    _depends = {
        "contract.contract": [
            "access_status",
            "active",
            "company_id",
            "contract_status",
            "contract_type",
            "partner_id",
        ],
        "contract.line": [
            "automatic_price",
            "contract_id",
            "date_end",
            "date_start",
            "discount",
            "is_canceled",
            "product_id",
            "quantity",
            "service_type",
            "specific_price",
        ],
        "product.template": ["sva_integration_id"],
        "sva.user": [
            "contract_id",
            "integration_id",
            "manually_disabled",
            "product_id",
            "state",
        ],
    }

    contract_id = fields.Many2one("contract.contract", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    integration_id = fields.Many2one("sva.integration", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    contract_line_id = fields.Many2one("contract.line", readonly=True)
    sva_user_id = fields.Many2one("sva.user", string="SVA User", readonly=True)
    reason = fields.Selection(REASONS, readonly=True)

    @property
    def _table_query(self):
        # sudo: each company has its own day, whoever is asking
        companies = self.env["res.company"].sudo().search([(1, "=", 1)])
        today = SQL(", ").join(
            SQL("(%s, %s::date)", company.id, company._today()) for company in companies
        )
        # whoever asks for a few does not wait until all that run have been gathered
        is_few = self.env.context.get("sva_few")
        few = SQL("NOT MATERIALIZED" if is_few else "MATERIALIZED")
        return SQL(
            """
            WITH today (company_id, day) AS (VALUES %(today)s),
            running AS %(few)s (
                SELECT line.id,
                       line.contract_id,
                       line.product_id,
                       line.quantity,
                       COALESCE(line.automatic_price, FALSE)
                       OR (
                           COALESCE(line.specific_price, 0) > 0
                           AND COALESCE(line.discount, 0) < 100
                       ) AS priced,
                       template.sva_integration_id AS integration_id
                  FROM contract_line AS line
                  JOIN contract_contract AS contract ON contract.id = line.contract_id
                  JOIN today ON today.company_id = contract.company_id
                  JOIN product_product AS product ON product.id = line.product_id
                  JOIN product_template AS template
                    ON template.id = product.product_tmpl_id
                 WHERE line.service_type = 'sva'
                   AND line.is_canceled IS NOT TRUE
                   AND contract.contract_type = 'sale'
                   AND COALESCE(line.date_start, today.day) <= today.day
                   AND COALESCE(line.date_end, today.day) >= today.day
            ),
            found AS (
                SELECT line.id AS line_id,
                       sva.id AS user_id,
                       line.contract_id,
                       line.integration_id,
                       line.product_id,
                       CASE WHEN NOT line.priced
                            THEN CASE WHEN sva.state = 'active' THEN 'free' END
                            WHEN sva.id IS NULL THEN 'no_user'
                            WHEN sva.manually_disabled THEN 'switched_off'
                            WHEN line.quantity > 1 THEN 'quantity'
                       END AS reason
                  FROM running AS line
             LEFT JOIN sva_user AS sva
                    ON sva.contract_id = line.contract_id
                   AND sva.integration_id = line.integration_id
                 UNION ALL
                SELECT NULL, sva.id, sva.contract_id, sva.integration_id,
                       sva.product_id, 'not_sold'
                  FROM sva_user AS sva
                 WHERE sva.state = 'active'
                   AND NOT EXISTS (
                        SELECT FROM running AS line
                         WHERE line.contract_id = sva.contract_id
                           AND line.product_id = sva.product_id
                       )
            )
            SELECT COALESCE(2 * found.line_id, 2 * found.user_id + 1) AS id,
                   found.contract_id,
                   contract.partner_id,
                   contract.company_id,
                   found.integration_id,
                   found.product_id,
                   found.line_id AS contract_line_id,
                   found.user_id AS sva_user_id,
                   found.reason
              FROM found
              JOIN contract_contract AS contract ON contract.id = found.contract_id
             WHERE found.reason IS NOT NULL
               AND contract.active
               AND contract.contract_status = 'active'
               AND contract.access_status IN ('active', 'overdue')
            """,
            today=today,
            few=few,
        )

    @api.model
    def _of_few(self, domain):
        """What is the matter with a few contracts or lines, without a look at others.

        :param domain: about a field that says which contracts or lines
        """
        # sudo: of these, whoever reads them; what is read later is looked for by id,
        # which takes a look at all
        return (
            self.sudo()
            .with_context(sva_few=True)
            .search_fetch(
                domain, ["contract_id", "contract_line_id", "product_id", "reason"]
            )
        )

    @on_one_record
    def action_mend(self):
        """Open where a person can put it right.

        :return: the form of a new SVA user, of the one there is, or of the contract
        """
        if self.reason == "no_user":
            return self.contract_id.action_new_sva_user()
        user = self.reason in ("switched_off", "not_sold")
        record = self.sva_user_id if user else self.contract_id
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "view_mode": "form",
        }

    @api.model
    def _tell(self):
        """Tell who is responsible for a platform, for as long as there is something."""
        integrations = self.env["sva.integration"].search([(1, "=", 1)])
        counts = dict(self._read_group([], ["integration_id"], ["__count"]))
        found = integrations.filtered(counts.get)
        found._open_occasion(
            OPEN,
            lambda integration: integration.env._(
                "Bill and access disagree %s times: see SVA > Bill and Access.",
                counts[integration],
            ),
        )
        (integrations - found)._close_occasion(OPEN)
