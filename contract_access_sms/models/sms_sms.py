# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import models


class SmsSms(models.Model):
    _inherit = "sms.sms"

    def _send(self, *arguments, **options):
        """Odoo's queue takes those of several companies at once, and fails so."""
        if "sms_api" in self.env.context:
            return super()._send(*arguments, **options)
        # each by its company's account
        return self.send(*arguments, **options)
