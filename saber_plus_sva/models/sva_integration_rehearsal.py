# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The dry run: what would be called, if anything were."""

import logging
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import split_every

from odoo.addons.contract_access.transaction import guarded, run

from ..engine.plan import Create, Delete, LookUp, SetStatus, Update
from .sva_api_call import PLANNED

_logger = logging.getLogger(__name__)

#: rows that are looked at per transaction
BATCH_SIZE = 500
#: what the list of calls has for each step
OPERATIONS = {
    LookUp: "listUsers",
    Create: "createUser",
    Update: "updateUser",
    SetStatus: "setUserStatus",
    Delete: "deleteUser",
}


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    @api.model
    def _rehearse_all(self):
        """Write down what would be called by now, where there is a dry run. Commits."""
        failed = "The dry run of SVA integration %s failed"
        for integration in self.search([("is_rehearsing", "=", True)]):
            with guarded(self.env, _logger, failed, integration.id):
                integration._rehearse()

    def _rehearse(self):
        """Write down what would be called by now. Commits.

        Of a user that has to be looked up first, no more than that is known.
        """
        self.ensure_one()
        pending = [("integration_id", "=", self.id), ("sync_state", "=", "pending")]
        run(self.env, self._rehearse_removals)
        ids = self.env["sva.user"].search(pending).ids
        for some in split_every(BATCH_SIZE, ids, list):
            run(self.env, partial(self._rehearse_users, some))
        run(self.env, partial(self._forget_rehearsal, ids))

    def _planned_calls(self):
        """The domain of what was written down."""
        return Domain("integration_id", "=", self.id) & Domain("outcome", "=", PLANNED)

    def _rehearse_users(self, ids):
        calls = self.env["sva.api.call"]
        users = self.env["sva.user"].browse(ids).exists()
        known = {}
        for call in calls.search(
            self._planned_calls() & Domain("sva_user_id", "in", users.ids), order="id"
        ):
            known.setdefault(call.sva_user_id, calls)
            known[call.sva_user_id] += call
        values = []
        for user in users:
            planned = [OPERATIONS[type(step)] for step in user._steps()]
            before = known.get(user, calls)
            if before.mapped("operation") != planned:
                before.unlink()
                values += [self._planned(name, user) for name in planned]
        calls.create(values)

    def _rehearse_removals(self):
        calls = self.env["sva.api.call"]
        of_nobody = self._planned_calls() & Domain("sva_user_id", "=", False)
        removals = self.env["sva.user.removal"].search(
            [("integration_id", "=", self.id), ("sync_state", "=", "pending")]
        )
        planned = [OPERATIONS[type(step)] for row in removals for step in row._steps()]
        before = calls.search(of_nobody, order="id")
        if before.mapped("operation") != planned:
            before.unlink()
            calls.create([self._planned(name) for name in planned])

    def _planned(self, operation, user=None):
        return {
            "date": fields.Datetime.now(),
            "integration_id": self.id,
            "sva_user_id": user and user.id,
            "operation": operation,
            "outcome": PLANNED,
        }

    def _forget_rehearsal(self, but_of=()):
        """Strike out what would be called no more.

        :param but_of: the ids of the SVA users that still wait
        """
        for integration in self:
            done = integration._planned_calls()
            if integration.is_rehearsing:
                done &= Domain("sva_user_id", "!=", False)
                done &= Domain("sva_user_id", "not in", but_of)
            self.env["sva.api.call"].search(done).unlink()
