# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""When the next call to an account may be made."""

from odoo import fields, models


class SvaPace(models.Model):
    """Kept by :class:`..tools.throttle.Pace`, and by nothing else.

    Not a field of the integration: each call writes it, whatever else is being written
    there.
    """

    _name = "sva.pace"
    _description = "SVA Pace"
    _log_access = False

    integration_id = fields.Integer(required=True)
    next_call = fields.Float(required=True, help="Seconds since the epoch.")

    _unique_integration = models.UniqueIndex("(integration_id)")
