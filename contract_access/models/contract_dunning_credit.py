# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a payer has open in his favour holds dunning back: a person reconciles it."""

from odoo import api, models
from odoo.tools import SQL

from ..rules import ENDED

#: the activity that says that a payer's credit is to be reconciled
RECONCILE = "contract_access.activity_reconcile"
#: the receivables of those who have something open in their favour, which are few
GIVEN = SQL(
    """
    entry.partner_id IN (
        SELECT given.partner_id
          FROM account_move_line AS given
          JOIN account_account AS account
            ON account.id = given.account_id
           AND account.account_type = 'asset_receivable'
         WHERE given.amount_residual < 0
           AND given.reconciled IS NOT TRUE
           AND given.parent_state = 'posted'
    )
    """
)


class ContractDunning(models.AbstractModel):
    _inherit = "contract.dunning"

    @api.model
    def _credits(self, rules, contracts=None):
        """What was taken off overdue invoices, because their payers have it open.

        :param rules: :class:`..rules.DunningRules` by company
        :param contracts: of these; without it, of all
        :return: amounts in the company's currency, by contract's id
        """
        rules = {company: wanted for company, wanted in rules.items() if wanted}
        if not rules or (contracts is not None and not contracts.ids):
            return {}
        rows = self._query(
            SQL(
                """
                SELECT claim.contract_id,
                       SUM(claim.open - GREATEST(claim.amount, 0))
                  FROM claim
                  JOIN contract_contract AS contract
                    ON contract.id = claim.contract_id
                   AND contract.active
                   AND contract.contract_type = 'sale'
                   AND contract.contract_status NOT IN %s
              GROUP BY claim.contract_id
                HAVING SUM(claim.open) >= MIN(claim.minimum)
                   AND SUM(claim.open) > SUM(GREATEST(claim.amount, 0))
                """,
                tuple(status for status, _access in ENDED),
            ),
            rules,
            contracts,
            GIVEN,
        )
        return dict(rows)

    @api.model
    def _look_at_credits(self):
        """Have somebody reconcile what holds dunning back: the daily action calls it.

        Where it is over, the activity closes.
        """
        credit = self._credits(self._rules())
        held = self.env["contract.contract"].browse(credit)
        told = self._told_to_reconcile()
        (told - held)._close_occasion(RECONCILE)
        (held - told)._open_occasion(
            RECONCILE,
            lambda contract: contract.env._(
                "%(payer)s has %(amount)s open in his favour, which holds dunning back "
                "from overdue invoices. Reconcile them.",
                payer=contract._payers().name,
                amount=contract.company_currency_id.format(credit[contract.id]),
            ),
            lambda contract: contract._accountant(),
        )

    @api.model
    def _close_reconciled(self, told):
        """Close the activity of contracts that nothing holds back any more.

        :param told: contracts that have one
        """
        if told:
            rules = told.company_id._dunning_rules_by_company()
            held = told.browse(self._credits(rules, told))
            (told - held)._close_occasion(RECONCILE)

    @api.model
    def _told_to_reconcile(self, contracts=None):
        """The contracts, of these or of all, that somebody is to look at for that."""
        kind = self.env["ir.model.data"]._xmlid_to_res_id(RECONCILE)
        domain = [
            ("activity_type_id", "=", kind),
            ("res_model", "=", "contract.contract"),
        ]
        if contracts is not None:
            domain.append(("res_id", "in", contracts.ids))
        # sudo: whoever they are assigned to
        activities = self.env["mail.activity"].sudo().search(domain)
        if contracts is None:
            contracts = self.env["contract.contract"]
        return contracts.browse(activities.mapped("res_id"))
