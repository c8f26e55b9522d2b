# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a platform is reached, and what is known of the connection."""

import logging
import math
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL, LazyTranslate, format_datetime

from odoo.addons.contract_access.exceptions import InvalidError, RefusedError
from odoo.addons.contract_access.transaction import commit, log_error, run

from .. import limits, vault, worker
from ..client.base_url import InvalidBaseUrl, check_base_url
from ..client.errors import (
    NotSent,
    PlatformError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from ..client.platform import Platform
from ..client.registry import PLATFORMS, connect
from ..engine.backoff import LONGEST_PAUSE, wait_before_retry
from ..engine.converge import whom_it_concerns
from ..exceptions import PlatformAway
from .sva_api_call import CallRecorder

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

#: seconds that a person waits for a free slot
PATIENCE = 30.0
#: seconds of a lease beyond what the calls themselves can take
LEASE_MARGIN = 10
#: seconds that there must be for work, beside what it takes to bring it to an end
LEAST_SECONDS = 2.0
#: what is wrong with a base URL, by the code of an :class:`InvalidBaseUrl`
BASE_URL_PROBLEMS = {
    "not_a_url": _lt(
        "The base URL is not a web address. It looks like https://host/path."
    ),
    "not_https": _lt(
        "The base URL must start with https://, because the token must not be sent "
        "unencrypted."
    ),
    "has_credentials": _lt("The base URL must not contain a user name or a password."),
    "has_query": _lt("The base URL must end before any “?” or “#”."),
}


@dataclass
class Exchange:
    """A conversation with a platform, and what came of it.

    :param platform: the client; none where no connection could be thought of
    :param recorder: the calls that were made
    :param answer: what the conversation returned
    :param error: what ended it before its time
    :param halt: the failure that concerns the account or the platform as a whole
    :param deadline: of the monotonic clock; no call is begun after it
    :param afterwards: what is left to do when the result is written down and committed,
        and must not cost it
    """

    platform: Platform | None
    recorder: CallRecorder
    deadline: float
    answer: object = None
    error: PlatformError | None = None
    halt: PlatformError | None = None
    afterwards: list[Callable[[], None]] = field(default_factory=list)


class SvaConnectionMixin(models.AbstractModel):
    """An account on a platform: address, credentials, limits, state of the connection.

    All that is ever asked of a platform goes through :meth:`_exchange`.
    """

    _name = "sva.connection.mixin"
    _description = "SVA Connection"
    _inherit = "sva.failure.mixin"

    active = fields.Boolean(default=True)
    platform = fields.Selection(
        selection="_selection_platform",
        required=True,
        default="saber_plus",
        help="The platform cannot be changed after the integration has been saved.",
    )
    base_url = fields.Char(
        string="Base URL",
        required=True,
        tracking=True,
        help="Where the platform's API is, as given by the platform when you signed "
        "up. It must start with https://.",
    )
    token = fields.Char(
        compute="_compute_token",
        inverse="_inverse_token",
        exportable=False,
        help="The platform gives it to you when you sign up; it does not expire. It is "
        "stored encrypted and cannot be read back, only replaced.",
    )
    token_sealed = fields.Char(
        groups=fields.NO_ACCESS, copy=False, exportable=False, prefetch=False
    )
    has_token = fields.Boolean(compute="_compute_has_token", compute_sudo=True)
    request_timeout = fields.Integer(
        string="Time-out (s)",
        default=lambda self: int(max(min(10, self._most_patient()), 1)),
        required=True,
        help="How many seconds to wait for each answer of the platform.",
    )
    max_concurrency = fields.Integer(
        string="Simultaneous calls",
        default=8,
        required=True,
        help="How many calls may run at the same time.",
    )
    max_requests_per_second = fields.Float(
        string="Calls per second",
        default=0.0,
        help="How many calls may be started in a second. 0 is no limit.",
    )
    connection_state = fields.Selection(
        selection=[
            ("unknown", "Not tested"),
            ("connected", "Connected"),
            ("unauthorized", "Token refused"),
            ("unreachable", "Unreachable"),
        ],
        string="Connection",
        default="unknown",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    connection_failures = fields.Integer(readonly=True, copy=False)
    connection_error = fields.Char(
        string="Reason",
        compute="_compute_connection_error",
        compute_sudo=True,
        help="Why no calls are made.",
    )
    paused_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="No call is made before this moment; then one call checks whether the "
        "platform is back.",
    )

    _check_timeout = models.Constraint(
        "CHECK (request_timeout BETWEEN 1 AND 120)",
        "The time-out must be between 1 and 120 seconds.",
    )
    _check_concurrency = models.Constraint(
        "CHECK (max_concurrency BETWEEN 1 AND 64)",
        "The number of simultaneous calls must be between 1 and 64.",
    )
    _check_rate = models.Constraint(
        "CHECK (max_requests_per_second >= 0)",
        "The number of calls per second cannot be negative.",
    )

    @api.constrains("request_timeout")
    def _check_worker_waits(self):
        most = self._most_patient()
        for account in self:
            if account.request_timeout > most:
                raise ValidationError(
                    self.env._(
                        "The time-out must be at most %(most)s seconds: this server "
                        "ends work that takes longer than %(limit)s seconds "
                        "(limit_time_real, limit_time_real_cron).",
                        most=int(most),
                        limit=int(worker.shortest_limit()),
                    )
                )

    @api.constrains("token_sealed")
    def _check_credentials(self):
        for account in self:
            # sudo: whether there is a token is no secret, the field is
            if not all(account.sudo()._sealed_credentials().values()):
                raise InvalidError(
                    self.env._("Enter the token that the platform gave you."),
                    "field_missing",
                    account,
                )

    def _compute_token(self):
        self.token = False

    def _inverse_token(self):
        for account in self:
            token = (account.token or "").strip()
            # sudo: nobody may read the stored token, but managers may replace it
            account.sudo().token_sealed = token and vault.seal_for(self.env, token)
        # what was written must not be read back, not even in this transaction
        self.invalidate_recordset(["token"], flush=False)

    @api.depends("token_sealed")
    def _compute_has_token(self):
        for account in self:
            account.has_token = bool(account.token_sealed)

    @api.depends("error_code", "error_message")
    @api.depends_context("lang")
    def _compute_connection_error(self):
        for account in self:
            account.connection_error = account._explain_failure()

    # reaching the platform

    @api.model
    def _platforms(self):
        """The adapters by the values of ``platform``.

        An addon that brings a platform extends this.

        :return: a dict of subclasses of :class:`..client.platform.Platform`
        """
        return PLATFORMS

    @api.model
    def _selection_platform(self):
        return [(key, adapter.label) for key, adapter in self._platforms().items()]

    def _adapter(self):
        self.ensure_one()
        return self._platforms()[self.platform]

    def _sealed_credentials(self):
        """What opens the account, encrypted, by the names that its platform uses."""
        return {name: self[f"{name}_sealed"] for name in self._adapter().credentials}

    def _credentials(self):
        """What opens the account, in clear, by the names that its platform uses.

        :raises Unauthorized: there is nothing that could be sent from here
        """
        # sudo: they are sent to the platform, and go nowhere else
        sealed = self.sudo()._sealed_credentials()
        if not all(sealed.values()):
            raise Unauthorized("no_token", "There is no token.")
        try:
            return {name: vault.unseal(text) for name, text in sealed.items()}
        except vault.NoKey as failure:
            raise Unauthorized("no_key", str(failure)) from None
        except vault.VaultError:
            raise Unauthorized("wrong_key", "The token cannot be read.") from None

    def _connect(self, exchange=None):
        """A client for this account.

        :param exchange: the :class:`Exchange` that its calls are part of
        :raises Unauthorized: there are no credentials that could be sent
        """
        options = {}
        if exchange:
            recorder = exchange.recorder
            options = {"on_begin": recorder.begin, "on_call": recorder}
        return connect(
            self._adapter(),
            self.base_url,
            self._credentials(),
            timeout=self._patience(),
            pool_size=self.max_concurrency,
            wait_for_turn=limits.RateLimit(
                self.env.cr.dbname,
                self.id,
                self.max_requests_per_second,
                exchange.deadline if exchange else math.inf,
            ),
            **options,
        )

    def _log_name(self):
        """What the log calls this account."""
        self.ensure_one()
        return f"SVA integration {self.id} ({self.name}, {self.company_id.name})"

    def _account(self):
        """Where and as whom the platform is asked."""
        self.ensure_one()
        # sudo: to be compared, and told to nobody
        return (self.base_url, *self.sudo()._sealed_credentials().values())

    def _exchange(
        self,
        talk: Callable[[Exchange], object],
        settle: Callable[[Exchange], None] = lambda exchange: None,
        is_probe: bool = False,
        ends_pause: bool = False,
        seconds: float = math.inf,
        whatever: bool = False,
    ) -> Exchange:
        """Talk with the platform, and write down what was learnt.

        The transaction is ended before, so that none is open while the platform takes
        its time. The result is committed afterwards; then, in a transaction of its own,
        what was learnt of the connection, and whoever is to be told of it.

        :param talk: has the conversation and returns its result; may raise
            `PlatformError`, or set the exchange's ``halt``
        :param settle: writes the result down, in the transaction that keeps the calls
        :param is_probe: whether a failure is in itself one of the platform as a whole
        :param ends_pause: whether it is asked in spite of a pause that the platform
            asked for, so that a good answer ends it; other work may have been begun
            before another process was asked to wait
        :param seconds: after which no further work is begun; what was begun is brought
            to its end
        :param whatever: whether calls are made although the integration is stopped
        """
        self.ensure_one()
        account = self._account()
        calls = self.env["sva.api.call"]

        def admit(recorded):
            over = recorder.unwritten
            run(self.env, partial(calls._begin, self, recorded, over, whatever))
            recorder.written(over)

        recorder = CallRecorder(admit)
        exchange = Exchange(None, recorder, self._deadline(seconds))
        try:
            exchange.platform = self._connect(exchange)
        except Unauthorized as failure:
            exchange.error = exchange.halt = failure
        else:
            commit(self.env)
            with exchange.platform:
                self._converse(exchange, talk, is_probe)
        self._write_down(exchange, settle)
        learnt = (exchange, account, ends_pause)
        if not self._afterwards(partial(self._learn, *learnt)):
            # without telling anybody
            quietly = self.with_context(tracking_disable=True)
            self._afterwards(partial(quietly._learn, *learnt, tell=False))
        self._finish(exchange)
        return exchange

    def _write_down(self, exchange, settle):
        """Write a result down, with the calls that have led to it; commits.

        A long conversation may do so as it goes, and then :meth:`_finish`.
        """
        recorder = exchange.recorder
        calls = self.env["sva.api.call"]

        def write_down():
            exchange.afterwards.clear()
            settle(exchange)
            over = recorder.unwritten
            calls._complete(over)
            return over

        recorder.written(run(self.env, write_down))

    def _finish(self, exchange):
        """Do what is left to do when a result is written down; commits."""
        for work in exchange.afterwards:
            self._afterwards(work)

    def _afterwards(self, work):
        """Do what must not cost what was done before.

        Another transaction may have told the same people of the same thing; then it is
        looked at once more.

        :return: whether it was done
        """
        for _attempt in range(2):
            try:
                run(self.env, work)
                return True
            except Exception as failure:
                self.env.cr.rollback()
                error = failure
        log_error(_logger, error, "%s: what followed failed", self._log_name())
        return False

    def _converse(self, exchange, talk, is_probe):
        try:
            exchange.answer = talk(exchange)
        except NotSent as failure:
            exchange.error = failure
        except PlatformError as failure:
            commit(self.env)
            exchange.error = exchange.halt = failure
            if not is_probe:
                exchange.error, exchange.halt = whom_it_concerns(
                    exchange.platform, failure
                )

    def _learn(self, exchange, account, ends_pause, tell=True):
        """Write down what a conversation told of the connection.

        :param tell: whether people are told, too

        :param account: where and as whom it was asked: what is learnt of a token says
            nothing of the one that has replaced it meanwhile
        """
        if account != self._account():
            return
        went_well = exchange.recorder.went_well and (
            ends_pause or not self._is_told_to_wait()
        )
        if exchange.halt or went_well:
            self._observe_connection(exchange.halt, tell)

    def _observe_connection(self, error, tell=True):
        """Write down the state of the connection; wake the engine on good news.

        :param error: the failure that concerns the account or the platform as a whole,
            or none where the platform answered as it should
        :param tell: whether people are told, too
        """
        was_paused = self._is_paused()
        if isinstance(error, Unauthorized):
            self._pause("unauthorized", error, tell)
        elif error:
            # also where it was refused: whoever answers there is not the platform
            self._pause("unreachable", error, tell)
        elif self.connection_state != "connected" or self.paused_until:
            self.write(self._connection_values("connected"))
            if was_paused:
                _logger.warning("%s: calls are made again", self._log_name())
            if tell:
                self._connection_is_back()
            self.env["sva.wakeup"]._engine()

    @api.model
    def _connection_values(self, state):
        return {
            "connection_state": state,
            "connection_failures": 0,
            "paused_until": False,
            **self._failure_values(),
        }

    def _pause(self, state, error, tell=True):
        if not self._is_paused():
            _logger.warning(
                "%s: no calls are made for now (%s)",
                self._log_name(),
                self._log_reason(error),
            )
        failures = self.connection_failures + 1
        until = False
        if state == "unreachable":
            wait = wait_before_retry(failures, error.retry_after, LONGEST_PAUSE)
            until = fields.Datetime.now() + timedelta(seconds=wait)
            self.env["sva.wakeup"]._engine(until)
        values = {"paused_until": until, **self._failure_values(error)}
        if isinstance(error, RateLimited):
            # the platform is well, and asked for a pause: no incident
            self.write(values)
            return
        self.write(
            {**values, "connection_state": state, "connection_failures": failures}
        )
        if tell:
            self._connection_is_lost()

    def _log_reason(self, error):
        """What the log says of a failure that stops all calls."""
        # its words may be the platform's, and name somebody
        return error.code

    def _connection_is_back(self):
        """Called where calls are made again."""

    def _connection_is_lost(self):
        """Called, also repeatedly, where no more calls are made."""

    def _is_told_to_wait(self):
        """Whether the platform has asked for a pause, and it is not over."""
        self.ensure_one()
        return (
            self.connection_state == "connected"
            and bool(self.paused_until)
            and self.paused_until > fields.Datetime.now()
        )

    def _is_paused(self):
        self.ensure_one()
        return self.connection_state == "unauthorized" or bool(self.paused_until)

    def _is_at_rest(self):
        """Whether nothing is asked for now, not even whether the platform is there."""
        self.ensure_one()
        over = self.paused_until and self.paused_until <= fields.Datetime.now()
        return not self.active or (self._is_paused() and not over)

    def _pause_code(self):
        """Why no calls are made, for programs; see ``CODES``."""
        is_refused = self.connection_state == "unauthorized"
        return "token_refused" if is_refused else "platform_away"

    def _is_ready(self, now=False):
        """Whether the platform may be called; asks it, where it had been away.

        :param now: ask before the pause is over, or although the token was refused
        """
        self.ensure_one()
        if not self.active:
            return False
        if not self._is_paused():
            return True
        rate_limited = self.connection_state == "connected"
        if self._is_at_rest() and (rate_limited or not now):
            return False
        with self._slots(1) as slot:
            if not slot:
                return False
            probe = self._exchange(
                lambda exchange: exchange.platform.account(),
                is_probe=True,
                ends_pause=True,
            )
        return probe.error is None

    def _check_ready(self):
        """Ask the platform whether it is there, where it had been away.

        :raises UserError: it is not, or the integration is archived
        """
        # sudo: the connection's state is the system's to write
        if self.sudo()._is_ready(now=True):
            return
        if not self.active:
            raise RefusedError(
                self.env._("The SVA integration “%s” is archived.", self.name),
                "integration_archived",
                self,
            )
        raise self._away()

    def _away(self, reason=None, next_date=None):
        """What to raise where this account cannot be worked with for now.

        :param reason: why not, where it is not that no calls are made at all
        :param next_date: when it is tried again, where it is not once the pause is over
        :return: a :class:`..exceptions.PlatformAway`, in the user's language and time
        """
        self.ensure_one()
        next_date = self.paused_until or next_date
        if self.connection_state == "unauthorized":
            after = self.env._(
                "Nothing is lost: pending changes are sent as soon as the token is "
                "accepted again."
            )
        elif next_date:
            after = self.env._(
                "Nothing is lost: pending changes are sent automatically. Next "
                "attempt: %s.",
                format_datetime(
                    self.env,
                    next_date,
                    tz=self.env.context.get("tz") or self.env.user.tz,
                ),
            )
        else:
            after = self.env._("Nothing is lost. Try again in a moment.")
        return PlatformAway(
            self.env._(
                "%(integration)s: %(reason)s. %(after)s",
                integration=self.name,
                # ours are sentences; the platform's own words may end without a stop
                reason=(reason or self.connection_error).rstrip("."),
                after=after,
            ),
            self._pause_code(),
            self,
        )

    # one's turn

    def _slots(self, wanted, keep=0):
        """Take slots of this account: so many calls may be made at once.

        All processes share the account's :attr:`max_concurrency` slots.

        :param wanted: how many at most
        :param keep: how many are left to others, unless the account has no more
        :return: a context that gives the number of slots taken, perhaps 0
        """
        self.ensure_one()
        total = self.max_concurrency
        allowed = range(min(keep, total - 1), total)
        return limits.slots(self.env.cr, self.id, allowed, wanted)

    def _turn(self):
        """Seconds until it is one's turn to make a call, at most."""
        return self.max_requests_per_second and (
            self.max_concurrency / self.max_requests_per_second
        )

    def _longest_work(self, seconds):
        """Seconds in which work is over, whatever the platform does: a lease's length.

        :param seconds: after which no further step is begun
        """
        # a call that was begun in time is brought to its end, once it is its turn; and
        # after it failed, the platform is asked whether it is there
        return seconds + 2 * (self._turn() + self._patience()) + LEASE_MARGIN

    @api.model
    def _most_patient(self):
        """Seconds that any worker can wait for an answer, and then for another one."""
        return (worker.shortest_limit() - LEASE_MARGIN - LEAST_SECONDS) // 2

    def _patience(self):
        """Seconds that are waited for an answer, whatever the server's limits are."""
        return max(min(self.request_timeout, self._most_patient()), 1.0)

    def _seconds_for_work(self, seconds):
        """Seconds after which no further step is begun, for this worker to see the end.

        :param seconds: how many it is to be at most
        :return: perhaps 0 or less
        """
        end = 2 * self._patience() + LEASE_MARGIN
        return min(seconds, worker.seconds_left() - end)

    def _deadline(self, seconds):
        """When to begin no further call, of the monotonic clock.

        :param seconds: after which no further step is begun
        """
        patience = self._patience()
        return time.monotonic() + min(
            seconds + self._turn() + patience,
            worker.seconds_left() - LEASE_MARGIN - patience,
        )

    @api.model
    def _at_work_sql(self, alias):
        """The condition on which calls are made at all."""
        return SQL("%s", SQL.identifier(alias, "active"))

    @contextmanager
    def _slot_for_a_person(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._slots(1) as slot:
                if slot:
                    yield
                    return
            if time.monotonic() > deadline:
                raise RefusedError(
                    self.env._(
                        "The platform is busy with other calls. Try again in a moment."
                    ),
                    "busy",
                    self,
                )
            commit(self.env)
            time.sleep(0.2)

    def _ask(self, question, is_probe=False):
        """Ask the platform one thing while a person waits for the answer.

        :param question: called with the client
        :param is_probe: whether its failure is in itself one of the platform as a whole
        :return: what ``question`` returned
        :raises UserError: it failed; says why
        """
        self.ensure_one()
        self.check_access("write")
        commit(self.env)
        with self._slot_for_a_person():
            # sudo: the connection's state and the calls are the system's to write
            exchange = self.sudo()._exchange(
                lambda exchange: question(exchange.platform),
                is_probe=is_probe,
                ends_pause=True,
                # whoever is to end a stop tests the connection first
                whatever=is_probe,
            )
        error = exchange.error
        if isinstance(error, Unauthorized | Unavailable):
            raise self._away(self._explain(error.code, str(error)))
        if error:
            raise RefusedError(
                self._explain(error.code, str(error)), "platform_refused", self
            )
        return exchange.answer

    @api.model
    def _clean_base_url(self, vals):
        if not vals.get("base_url"):
            return vals
        try:
            return {**vals, "base_url": check_base_url(vals["base_url"])}
        except InvalidBaseUrl as error:
            problem = BASE_URL_PROBLEMS[error.code]
            raise InvalidError(self.env._(problem), "base_url_invalid") from None
