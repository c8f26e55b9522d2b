# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A platform's user is gone when its removal has gone through."""

from odoo import models


class SvaUserRemoval(models.Model):
    _name = "sva.user.removal"
    _inherit = ["sva.usage.mixin", "sva.user.removal"]
