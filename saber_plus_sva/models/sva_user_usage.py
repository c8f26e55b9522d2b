# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is written down of an SVA user on its platform."""

from odoo import models

from ..engine.plan import ABSENT


class SvaUser(models.Model):
    _name = "sva.user"
    _inherit = ["sva.usage.mixin", "sva.user"]

    def _usage_package(self):
        code = self.platform_package_code
        if self.platform_state == ABSENT or not code:
            return self.usage_package_id
        if self.package_id.code == code:
            return self.package_id
        return self.integration_id.with_context(active_test=False).package_ids.filtered(
            lambda package: package.code == code
        )[:1]

    def _take_over(self):
        result = super()._take_over()
        # whoever was on the platform before us was not activated by us
        before_us = self.filtered(lambda user: user.usage_state == ABSENT)
        if before_us:
            before_us.usage_state = False
            self.env["sva.usage"]._note(before_us)
        return result

    def write(self, vals):
        result = super().write(vals)
        # people may give it again, which changes nothing
        if self.env.su and "contract_id" in vals:
            self.env["sva.usage"]._note_transfer(self)
        return result

    def _removal_values(self):
        return {
            **super()._removal_values(),
            "usage_state": self.usage_state,
            "usage_package_id": self.usage_package_id.id,
        }
