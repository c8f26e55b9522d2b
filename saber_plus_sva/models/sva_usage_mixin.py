# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Rows whose place on the platform is written down for the supplier's bill."""

from odoo import fields, models

from ..engine.plan import ABSENT, UNKNOWN
from .sva_sync_mixin import SEEN_STATUSES

#: in the context under this key, where the rows of a batch are noted together in the
#: end; an object, which no context from outside can hold
NOTED_TOGETHER = "sva_usage_noted_together"
BY_THE_ENGINE = object()


class SvaUsageMixin(models.AbstractModel):
    """What was last written down of a row; see :class:`.sva_usage.SvaUsage`."""

    _name = "sva.usage.mixin"
    _description = "SVA Usage as It Was Last Seen"

    usage_state = fields.Selection(
        selection=[(ABSENT, "Absent"), *SEEN_STATUSES],
        default=ABSENT,
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        help="The status on the platform that was written down last.",
    )
    usage_package_id = fields.Many2one(
        comodel_name="sva.package",
        readonly=True,
        copy=False,
        groups=fields.NO_ACCESS,
        ondelete="set null",
        help="The package that was written down last.",
    )

    def _usage_seen(self):
        """State and package as the platform was seen to have them; None: not known."""
        self.ensure_one()
        if self.platform_state == UNKNOWN:
            return None
        return self.platform_state, self._usage_package()

    def _usage_package(self):
        return self.usage_package_id

    def write(self, vals):
        result = super().write(vals)
        is_seen = "platform_state" in vals or "platform_package_code" in vals
        if is_seen and self.env.context.get(NOTED_TOGETHER) is not BY_THE_ENGINE:
            # sudo: the log is the system's
            self.env["sva.usage"]._note(self.sudo())
        return result
