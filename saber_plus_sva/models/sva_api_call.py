# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What crossed the wire."""

import logging
import queue
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from odoo.addons.contract_access.transaction import log_error

from ..client.errors import NotSent
from ..client.transport import Call

_logger = logging.getLogger(__name__)

#: the outcome of a call whose answer is not in yet
SENT = "sent"
#: … and of one whose answer was lost with the process that waited for it
KILLED = "killed"
#: … and of one that was not made, see ``sva.integration._rehearse``
PLANNED = "planned"
#: seconds for which a call that was written down ahead may be made; the integration
#: may have been stopped since
AHEAD_SECONDS = 0.5
RETENTION_PARAMETER = "saber_plus_sva.call_retention_days"
DEFAULT_RETENTION_DAYS = 90
#: a hundred years; beyond it there may be no such day to count back to
MOST_RETENTION_DAYS = 36_500


@dataclass(eq=False)
class RecordedCall:
    """A call, from the moment at which somebody wants to make it.

    :param key: the row that it is about, by its model and id; None for no row
    :param attempt: the number of the row's attempt
    :param record: the id under which it is written down; None where it is not
    :param answered: what became of it, once that is known
    :param since: when it was wanted, of the monotonic clock
    """

    key: tuple[str, int] | None
    attempt: int
    operation: str
    method: str
    record: int | None = None
    answered: Call | None = None
    decided: threading.Event = field(default_factory=threading.Event)
    since: float = field(default_factory=time.monotonic)

    @property
    def user_id(self):
        """The id of the SVA user that it is about, if it is about one."""
        return self.key[1] if self.key and self.key[0] == "sva.user" else None


class CallRecorder:
    """Has every call written down before it is made, and keeps what became of it.

    Calls are made in many threads; the one that has made the recorder has the cursor,
    and writes them down for all (see :meth:`attend`), in one go for those that wait at
    the same moment.

    Only what is in :class:`..client.transport.Call` is kept: no body, no address, no
    secret.

    :param write: writes calls down and sets their ``record``; one that it does not set
        must not be made. Without it nothing is written down
    """

    def __init__(self, write):
        #: those that are being made, and those of which the answer is not kept yet
        self.calls = []
        #: those that were written down ahead, and not made
        self.unused = []
        self._ahead = {}
        #: whether the platform has answered a call as it should
        self.went_well = False
        self._write = write
        self._owner = threading.get_ident()
        self._waiting = queue.SimpleQueue()
        self._is_closed = False
        self._thread = threading.local()

    @contextmanager
    def about(self, key, attempt):
        """Calls made in this thread meanwhile concern the row of a model and an id."""
        self._thread.about = (key, attempt)
        try:
            yield
        finally:
            self._leave_unused(key)
            del self._thread.about

    def write_ahead(self, calls):
        """Write the next calls about some rows down, for nobody to wait for it then.

        :param calls: :class:`RecordedCall` objects, one for each row
        """
        self._decide(calls)
        self._ahead |= {call.key: call for call in calls if call.record}

    def begin(self, operation, method):
        """Write a call down that this thread is about to make.

        :raises NotSent: it must not
        """
        key, attempt = getattr(self._thread, "about", (None, 1))
        call = self._written_ahead(key, operation, method) or self._admitted(
            RecordedCall(key, attempt, operation, method)
        )
        self.calls.append(call)
        self._thread.call = call

    def _written_ahead(self, key, operation, method):
        """This call, where it was written down ahead, and not too long ago."""
        call = self._ahead.get(key)
        if (
            call
            and (call.operation, call.method) == (operation, method)
            and time.monotonic() < call.since + AHEAD_SECONDS
            and not self._is_closed
        ):
            return self._ahead.pop(key, None)
        self._leave_unused(key)
        return None

    def _leave_unused(self, key):
        if call := self._ahead.pop(key, None):
            self.unused.append(call)

    def _leave_all_unused(self):
        for key in list(self._ahead):
            self._leave_unused(key)

    def _admitted(self, call):
        if threading.get_ident() == self._owner:
            self._write([call])
        else:
            self._waiting.put(call)
            while not self._is_closed and not call.decided.wait(1):
                pass
        if not call.record:
            raise NotSent("stopped")
        return call

    def __call__(self, answered):
        """Keep what became of the call that this thread has begun."""
        self._thread.call.answered = answered
        if answered.outcome == "ok":
            self.went_well = True

    def look_after(self, future):
        """Have :meth:`attend` return when this work of another thread is done."""
        future.add_done_callback(self._waiting.put)

    def attend(self, wait=True):
        """Write down what other threads want to call.

        :param wait: whether to wait where there is nothing to be done
        :return: the futures of work that is done, see :meth:`look_after`
        """
        items = [self._waiting.get()] if wait else []
        with suppress(queue.Empty):
            while True:
                items.append(self._waiting.get_nowait())
        self._decide([item for item in items if isinstance(item, RecordedCall)])
        return [item for item in items if isinstance(item, Future)]

    def close(self):
        """Nobody attends any more, so no other thread makes a call."""
        self._is_closed = True
        self._leave_all_unused()

    def _decide(self, calls):
        try:
            if calls and not self._is_closed:
                self._write(calls)
        except Exception as error:
            # what was done before is to be settled; nothing more is done
            self._is_closed = True
            log_error(_logger, error, "Calls to a platform cannot be written down")
        finally:
            if not all(call.record for call in calls):
                # stopped meanwhile
                self._leave_all_unused()
            for call in calls:
                call.decided.set()

    @property
    def unwritten(self):
        """The calls of which it is not written down yet what became of them."""
        return [call for call in self.calls if call.answered] + self.unused

    def written(self, calls):
        """What became of these calls is kept."""
        for call in calls:
            (self.calls if call.answered else self.unused).remove(call)


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
    http_status = fields.Integer(string="HTTP Status", readonly=True)
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
            "fetchToken": self.env._("Fetch a token"),
            "getSchema": self.env._("Ask what the server knows of a user"),
            "getConfiguration": self.env._("Ask what the server can do"),
            "listGroups": self.env._("List groups"),
            "getGroup": self.env._("Look up a group"),
            "updateGroup": self.env._("Change a group's members"),
        }
        return self._with_unknown_codes("operation", labels)

    @api.model
    def _selection_outcome(self):
        labels = {
            "ok": self.env._("Done"),
            SENT: self.env._("No answer yet"),
            KILLED: self.env._("Killed before the answer"),
            PLANNED: self.env._("Would be called"),
            "stopped": self.env._("Stopped"),
            "out_of_time": self.env._("No time left"),
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
            "username_taken": self.env._("User name taken"),
            "unknown_package": self.env._("Package unknown"),
            "invalid_client": self.env._("Client refused"),
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
    def _begin(self, integration, calls, over, whatever=False):
        """Write calls down that are about to be made, unless none may be made.

        It is one statement, because it comes before every call, and because the switch
        is to be looked at in the same moment.

        :param calls: :class:`RecordedCall` objects; those that may be made get a
            ``record``
        :param over: others, see :meth:`_complete`
        :param whatever: whether they may be made although the integration is stopped
        """
        answered = self._forget_unused(over)
        self.env.cr.execute(
            SQL(
                """
                WITH answered AS (%(answered)s)
                INSERT INTO sva_api_call (
                    date, integration_id, company_id, sva_user_id, operation, method,
                    outcome, is_failure, attempt
                )
                SELECT %(now)s, account.id, account.company_id, sva_user.id,
                       call.operation, call.method, %(sent)s, false, call.attempt
                  FROM sva_integration AS account
                  CROSS JOIN unnest(
                       %(users)s::int[], %(operations)s::varchar[],
                       %(methods)s::varchar[], %(attempts)s::int[]
                  ) WITH ORDINALITY AS call(
                       user_id, operation, method, attempt, number
                  )
                  LEFT JOIN sva_user ON sva_user.id = call.user_id
                 WHERE account.id = %(account)s
                   AND (%(whatever)s OR %(at_work)s)
                 ORDER BY call.number
                RETURNING id
                """,
                answered=self._answers(answered),
                now=fields.Datetime.now(),
                sent=SENT,
                users=[call.user_id for call in calls],
                operations=[call.operation for call in calls],
                methods=[call.method for call in calls],
                attempts=[call.attempt for call in calls],
                account=integration.id,
                whatever=whatever,
                at_work=integration._at_work_sql("account"),
            )
        )
        records = self.env.cr.fetchall() or [(None,)] * len(calls)
        for call, [record] in zip(calls, records, strict=True):
            call.record = record

    @api.model
    def _answers(self, calls):
        """The statement that writes down what became of calls."""
        answers = [call.answered for call in calls]
        return SQL(
            """
            UPDATE sva_api_call AS call
               SET http_status = answer.status,
                   duration = answer.duration,
                   outcome = answer.outcome,
                   is_failure = answer.outcome != 'ok',
                   request_id = answer.request_id
              FROM unnest(
                   %(records)s::int[], %(statuses)s::int[], %(durations)s::numeric[],
                   %(outcomes)s::varchar[], %(request_ids)s::varchar[]
              ) AS answer(record, status, duration, outcome, request_id)
             WHERE call.id = answer.record
            """,
            records=[call.record for call in calls],
            statuses=[answer.status or 0 for answer in answers],
            durations=[answer.duration_s for answer in answers],
            outcomes=[answer.outcome for answer in answers],
            request_ids=[answer.request_id for answer in answers],
        )

    @api.model
    def _complete(self, calls):
        """Write down what became of calls; one without an answer was not made."""
        answered = self._forget_unused(calls)
        if answered:
            self.env.cr.execute(self._answers(answered))
        if calls:
            self.invalidate_model()

    @api.model
    def _forget_unused(self, calls):
        """Delete the records of calls that were not made; return the others."""
        unused = [call.record for call in calls if not call.answered]
        if unused:
            self.env.cr.execute(
                SQL("DELETE FROM sva_api_call WHERE id = ANY(%s)", unused)
            )
        return [call for call in calls if call.answered]

    @api.model
    def _give_up(self, integration, before):
        """Mark the calls whose answers nobody waits for any more.

        :param before: a moment; who made a call before it is gone by now
        """
        lost = self.search(
            Domain("integration_id", "=", integration.id)
            & Domain("outcome", "=", SENT)
            & Domain("date", "<", before)
        )
        lost.write({"outcome": KILLED, "is_failure": True})

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
