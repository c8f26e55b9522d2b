# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who looks at a form of ours hears of its changes, and nobody else does."""

from odoo import models

from .sva_live import WATCHERS

GROUPS = ("saber_plus_sva.group_sva_user", "saber_plus_sva.group_sva_manager")


class IrWebsocket(models.AbstractModel):
    _inherit = "ir.websocket"

    def _build_bus_channel_list(self, channels):
        if WATCHERS in channels:
            channels = [channel for channel in channels if channel != WATCHERS]
            channels += [
                (self.env.ref(group), WATCHERS)
                for group in GROUPS
                if self.env.user.has_group(group)
            ]
        return super()._build_bus_channel_list(channels)
