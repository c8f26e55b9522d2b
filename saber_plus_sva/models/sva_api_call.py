# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What crossed the wire."""

import threading
from contextlib import contextmanager
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

RETENTION_PARAMETER = "saber_plus_sva.call_retention_days"
DEFAULT_RETENTION_DAYS = 90
#: a hundred years; beyond it there may be no such day to count back to
MOST_RETENTION_DAYS = 36_500


class CallRecorder:
    """Gathers the calls of a client, from all of its threads, with whom they concern.

    Only what is in :class:`..client.transport.Call` is kept: no body, no address, no
    secret.
    """

    def __init__(self):
        #: what each call was about, and the call
        self.calls = []
        self._thread = threading.local()

    def __call__(self, call):
        self.calls.append((getattr(self._thread, "about", (None, 1)), call))

    @contextmanager
    def about(self, key, attempt):
        """Calls made in this thread meanwhile concern the row of a model and an id."""
        self._thread.about = (key, attempt)
        try:
            yield
        finally:
            del self._thread.about

    @property
    def went_well(self):
        """Whether the platform has answered a call as it should."""
        return any(call.outcome == "ok" for _about, call in self.calls)


class SvaApiCall(models.Model):
    """One call to a platform."""

    _name = "sva.api.call"
    _description = "SVA Platform Call"
    _inherit = "write.guard.mixin"
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
    operation = fields.Selection(
        selection="_selection_operation",
        required=True,
        readonly=True,
        index=True,
        help="What was asked of the platform.",
    )
    method = fields.Char(readonly=True)
    http_status = fields.Integer(string="Status", readonly=True)
    duration = fields.Float(
        string="Duration (s)", readonly=True, digits=(10, 3), aggregator="avg"
    )
    outcome = fields.Selection(
        selection="_selection_outcome",
        readonly=True,
        index=True,
        help="“ok”, or the code of what went wrong.",
    )
    is_failure = fields.Boolean(readonly=True)
    attempt = fields.Integer(readonly=True, aggregator=None)
    request_id = fields.Char(
        string="Request ID",
        readonly=True,
        help="The platform's ID of the call; quote it to the platform's support.",
    )

    @api.model
    def _selection_operation(self):
        labels = {
            "getAccount": self.env._("Test the account"),
            "listPackages": self.env._("List packages"),
            "listUsers": self.env._("List users"),
            "getUser": self.env._("Look up a user"),
            "createUser": self.env._("Create a user"),
            "updateUser": self.env._("Change a user's data"),
            "setUserStatus": self.env._("Change a user's status"),
            "deleteUser": self.env._("Delete a user"),
        }
        return self._with_unknown_codes("operation", labels)

    @api.model
    def _selection_outcome(self):
        labels = {
            "ok": self.env._("Done"),
            "timeout": self.env._("No answer in time"),
            "connection_failed": self.env._("Not reached"),
            "connection_lost": self.env._("Connection broken"),
            "tls_failed": self.env._("No secure connection"),
            "unavailable": self.env._("Not available"),
            "internal_error": self.env._("Error of the platform"),
            "rate_limited": self.env._("Too many calls"),
            "redirected": self.env._("Answered from another address"),
            "malformed_answer": self.env._("Answer not understood"),
            "answer_too_large": self.env._("Answer too large"),
            "cursor_loop": self.env._("List without an end"),
            "unauthorized": self.env._("Token refused"),
            "invalid_token": self.env._("Token refused"),
            "malformed_token": self.env._("Token not usable"),
            "account_suspended": self.env._("Account suspended"),
            "refused": self.env._("Refused"),
            "forbidden": self.env._("Not allowed"),
            "malformed_request": self.env._("Data cannot be sent"),
            "validation_failed": self.env._("Data refused"),
            "idempotency_mismatch": self.env._("Repeated with other data"),
            "not_found": self.env._("Not found"),
            "cpf_already_registered": self.env._("CPF registered already"),
        }
        return self._with_unknown_codes("outcome", labels)

    @api.model
    def _with_unknown_codes(self, name, labels):
        """Labels as a selection; a platform's code that has none stands for itself."""
        return [
            *labels.items(),
            *((c, c) for c in self._codes(name) if c not in labels),
        ]

    @api.model
    def _codes(self, name):
        """The codes there are, found from one to the next in the field's index."""
        self.flush_model([name])
        rows = self.env.execute_query(
            SQL(
                """
                WITH RECURSIVE codes AS (
                    SELECT min(%(code)s) AS code FROM sva_api_call
                     UNION ALL
                    SELECT (
                        SELECT min(%(code)s)
                          FROM sva_api_call
                         WHERE %(code)s > codes.code
                    ) FROM codes WHERE codes.code IS NOT NULL
                )
                SELECT code FROM codes WHERE code IS NOT NULL
                """,
                code=SQL.identifier(name),
            )
        )
        return [code for [code] in rows]

    @api.model
    def _write_down(self, integration, recorder):
        """Store what a recorder gathered."""
        users = self.env["sva.user"]
        about = {
            key[1]
            for (key, _attempt), _call in recorder.calls
            if key and key[0] == users._name
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
                    "attempt": attempt,
                    "request_id": call.request_id,
                }
                for (key, attempt), call in recorder.calls
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
