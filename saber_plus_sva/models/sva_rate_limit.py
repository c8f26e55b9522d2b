# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When the next call to an account may be made."""

from odoo import fields, models


class SvaRateLimit(models.Model):
    """Kept by :class:`..limits.RateLimit`, and by nothing else.

    Not a field of the integration, nor bound to it: each call writes it, in a session
    of its own, whatever else is being written there. What a deleted integration leaves
    behind is two numbers, and its id does not come back.
    """

    _name = "sva.rate.limit"
    _description = "SVA Rate Limit"
    _inherit = "write.guard.mixin"
    _log_access = False

    integration_id = fields.Integer(required=True)
    next_call = fields.Float(required=True, help="Seconds since the epoch.")

    _unique_integration = models.UniqueIndex("(integration_id)")
