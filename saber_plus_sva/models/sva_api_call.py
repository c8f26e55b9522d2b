# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What crossed the wire."""

import threading
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.constants import GC_UNLINK_LIMIT

RETENTION_PARAMETER = "saber_plus_sva.call_retention_days"
DEFAULT_RETENTION_DAYS = 90
#: a hundred years; beyond it there may be no such day to count back to
MOST_RETENTION_DAYS = 36_500


class CallRecorder:
    """Gathers the calls of a client, from all of its threads, with whom they concern.

    Only what is in :class:`..client.Call` is kept: no body, no address, no secret.
    """

    def __init__(self):
        self.calls = []
        self._current = threading.local()

    def __call__(self, call):
        self.calls.append((getattr(self._current, "key", None), call))

    @contextmanager
    def about(self, key):
        """Calls made in this thread meanwhile concern the row of a model and an id."""
        self._current.key = key
        try:
            yield
        finally:
            self._current.key = None


class SvaApiCall(models.Model):
    """One call to a platform."""

    _name = "sva.api.call"
    _description = "SVA Platform Call"
    _order = "id desc"
    _rec_name = "operation"
    _log_access = False

    date = fields.Datetime(required=True, readonly=True, index=True)
    integration_id = fields.Many2one(
        comodel_name="sva.integration",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        related="integration_id.company_id", store=True, index=True
    )
    sva_user_id = fields.Many2one(
        comodel_name="sva.user",
        string="SVA User",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    operation = fields.Char(required=True, readonly=True)
    method = fields.Char(readonly=True)
    http_status = fields.Integer(string="Status", readonly=True)
    duration = fields.Float(
        string="Duration (s)", readonly=True, digits=(10, 3), aggregator="avg"
    )
    outcome = fields.Char(readonly=True, help="“ok”, or the code of what went wrong.")
    is_failure = fields.Boolean(readonly=True)
    attempt = fields.Integer(readonly=True, aggregator=None)
    request_id = fields.Char(
        string="Request ID",
        readonly=True,
        help="The platform's name for the call; quote it to the platform's support.",
    )

    @api.model
    def _recorder(self):
        return CallRecorder()

    @api.model
    def _write_down(self, integration, recorder, attempts=None):
        """Store what a recorder gathered.

        :param attempts: the number of the attempt for each row's model and id
        """
        attempts = attempts or {}
        users = self.env["sva.user"]
        about = {
            key[1] for key, _call in recorder.calls if key and key[0] == users._name
        }
        existing = {(users._name, id_) for id_ in users.browse(about).exists().ids}
        now = fields.Datetime.now()
        return self.create(
            [
                {
                    "date": now,
                    "integration_id": integration.id,
                    "sva_user_id": key in existing and key[1],
                    "operation": call.operation,
                    "method": call.method,
                    "http_status": call.status,
                    "duration": call.duration_s,
                    "outcome": call.outcome,
                    "is_failure": call.outcome != "ok",
                    "attempt": attempts.get(key, 1),
                    "request_id": call.request_id,
                }
                for key, call in recorder.calls
            ]
        )

    @api.model
    def _retention_days(self):
        """For how many days calls are kept, whatever is in the system parameter."""
        # sudo: the parameter is no secret
        kept = self.env["ir.config_parameter"].sudo().get_param(RETENTION_PARAMETER)
        try:
            days = int(kept)
        except ValueError:
            return DEFAULT_RETENTION_DAYS
        return min(days, MOST_RETENTION_DAYS) if days > 0 else DEFAULT_RETENTION_DAYS

    @api.autovacuum
    def _gc_calls(self):
        before = fields.Datetime.now() - timedelta(days=self._retention_days())
        old = self.search([("date", "<", before)], limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
