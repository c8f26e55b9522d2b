# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whether an SVA user could be created, without creating it."""

from odoo import api, models
from odoo.exceptions import ValidationError

from odoo.addons.contract_access.exceptions import message_of


class SvaUser(models.Model):
    _inherit = "sva.user"

    @api.model
    def _why_not(self, vals_list):
        """Why SVA users could not be created from the registration data.

        By the checks that creating them makes, and as whoever asks; constant in its
        queries where contracts and customers have been read. A line that is still to
        be added to a contract is not looked for.

        :param vals_list: for each user ``contract_id``, ``integration_id`` and
            ``product_id``
        :return: a list with a sentence for each, False where it could
        """
        return [
            self.new({**vals, "use_partner_data": True})._find_problem()
            or (message_of(duplicate) if duplicate else False)
            for vals, duplicate in zip(
                vals_list, self._find_duplicates(vals_list), strict=True
            )
        ]

    def _find_problem(self):
        try:
            self._check_registration()
            if self.product_id in self.allowed_product_ids._origin:
                self._check_sold()
        except ValidationError as error:
            return message_of(error)
        return False
