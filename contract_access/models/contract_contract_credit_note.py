# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Credit notes are drafted where a contract ends; accounting checks and posts them."""

from odoo import models

ACCOUNTING = "account.group_account_invoice"
#: the activity that has accounting check a credit note
CREDIT_NOTE = "contract_access.activity_credit_note"


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def _have_accounting_check(self, note, text):
        """Tell accounting of a draft credit note.

        :param text: says why it was made, of the contract in the language of its
            environment
        """
        person = self._accountant()
        reader = self.with_context(lang=person.lang)
        note.activity_schedule(CREDIT_NOTE, note=text(reader), user_id=person.id)

    def _accountant(self):
        """Who checks what was drafted in the company's accounting."""
        # sudo: whom something is told is no secret
        accountants = (
            self.env.ref(ACCOUNTING)
            .sudo()
            .all_user_ids.filtered(
                lambda user: user.active and self.company_id in user.company_ids
            )
        )
        return self._responsible_among(
            (accountants & self.user_id) or accountants, self.company_id
        )
