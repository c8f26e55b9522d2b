# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a contract shows of SVA in its customer's portal."""

from odoo import models


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def _sva_portal_users(self):
        """The SVA users of a contract, for its own customer to see.

        A contract's page can be seen by others: by followers, and by whoever was given
        its link. The access is the customer's own.

        :return: readable whatever the rights; none for anybody else
        """
        self.ensure_one()
        # sudo: customers have no rights on SVA users
        contract = self.sudo()
        customer = contract.partner_id.commercial_partner_id
        if self.env.user.partner_id.commercial_partner_id != customer:
            return contract.sva_user_ids.browse()
        return contract.sva_user_ids
