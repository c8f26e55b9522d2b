# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Setting background work going: the one thing that whoever changes a row must know."""

from odoo import api, models


class SvaWakeup(models.AbstractModel):
    """Wakes the scheduled actions; another driver of the engine extends it."""

    _name = "sva.wakeup"
    _description = "SVA Wake-up"

    @api.model
    def _engine(self, at=None):
        """Run the engine after this transaction, or at a moment to come.

        :param at: a naive datetime in UTC
        """
        self._trigger("saber_plus_sva.cron_sync_users", at)

    @api.model
    def _reconciliation(self, at=None):
        """Go on with reconciliations and adoptions, likewise."""
        self._trigger("saber_plus_sva.cron_reconcile_go_on", at)

    @api.model
    def _bulk(self, at=None):
        """Go on with bulk operations, likewise."""
        self._trigger("saber_plus_sva.cron_bulk_operations", at)

    @api.model
    def _webhooks(self, at=None):
        """Tell other programs what there is to tell, likewise."""
        self._trigger("saber_plus_sva.cron_webhooks", at)

    @api.model
    def _trigger(self, xml_id, at):
        action = self.env.ref(xml_id, raise_if_not_found=False)
        if action:  # else somebody has deleted it, and nothing is done at once
            # sudo: whoever changes what a platform must hold sets the work going
            action.sudo()._trigger(at)
