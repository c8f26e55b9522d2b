# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How a platform is reached, and what is known of the connection."""

import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import LazyTranslate, format_datetime

from odoo.addons.contract_access.transaction import commit, run

from .. import limits, vault
from ..client.base_url import InvalidBaseUrl, check_base_url
from ..client.errors import PlatformError, RateLimited, Unauthorized, Unavailable
from ..client.platform import Platform
from ..client.registry import PLATFORMS, connect
from ..engine.backoff import LONGEST_PAUSE, wait_before_retry
from ..engine.converge import whom_it_concerns
from ..exceptions import PlatformAway
from .sva_api_call import CallRecorder

_lt = LazyTranslate(__name__)

#: seconds that a person waits for a free slot
PATIENCE = 30.0
#: seconds of a lease beyond what the calls themselves can take
LEASE_MARGIN = 10
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
    """

    platform: Platform | None
    recorder: CallRecorder
    answer: object = None
    error: PlatformError | None = None
    halt: PlatformError | None = None


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
        default=10,
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

    @api.constrains("token_sealed")
    def _check_credentials(self):
        for account in self:
            # sudo: whether there is a token is no secret, the field is
            if not all(account.sudo()._sealed_credentials().values()):
                raise ValidationError(
                    self.env._("Enter the token that the platform gave you.")
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

    def _connect(self, recorder=None):
        """A client for this account.

        :param recorder: called with each :class:`..client.transport.Call`
        :raises Unauthorized: there are no credentials that could be sent
        """
        # sudo: they are sent to the platform, and go nowhere else
        sealed = self.sudo()._sealed_credentials()
        if not all(sealed.values()):
            raise Unauthorized("no_token", "There is no token.")
        try:
            credentials = {name: vault.unseal(text) for name, text in sealed.items()}
        except vault.VaultError:
            raise Unauthorized("wrong_key", "The token cannot be read.") from None
        return connect(
            self._adapter(),
            self.base_url,
            credentials,
            timeout=self.request_timeout,
            pool_size=self.max_concurrency,
            wait_for_turn=limits.RateLimit(
                self.env.cr.dbname, self.id, self.max_requests_per_second
            ),
            on_call=recorder,
        )

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
    ) -> Exchange:
        """Talk with the platform, and write down what was learnt.

        The transaction is ended before, so that none is open while the platform takes
        its time; what was learnt is committed afterwards, in one transaction.

        :param talk: has the conversation and returns its result; may raise
            `PlatformError`, or set the exchange's ``halt``
        :param settle: writes the result down, in the transaction that keeps the calls
            and the connection's state
        :param is_probe: whether a failure is in itself one of the platform as a whole
        :param ends_pause: whether it is asked in spite of a pause that the platform
            asked for, so that a good answer ends it; other work may have been begun
            before another process was asked to wait
        """
        self.ensure_one()
        account = self._account()
        exchange = Exchange(None, CallRecorder())
        try:
            exchange.platform = self._connect(exchange.recorder)
        except Unauthorized as failure:
            exchange.error = exchange.halt = failure
        else:
            commit(self.env)
            with exchange.platform:
                self._converse(exchange, talk, is_probe)

        def write_down():
            settle(exchange)
            self._learn(exchange, account, ends_pause)
            self.env["sva.api.call"]._write_down(self, exchange.recorder)

        run(self.env, write_down)
        return exchange

    def _converse(self, exchange, talk, is_probe):
        try:
            exchange.answer = talk(exchange)
        except PlatformError as failure:
            commit(self.env)
            exchange.error = exchange.halt = failure
            if not is_probe:
                exchange.error, exchange.halt = whom_it_concerns(
                    exchange.platform, failure
                )

    def _learn(self, exchange, account, ends_pause):
        """Write down what a conversation told of the connection.

        :param account: where and as whom it was asked: what is learnt of a token says
            nothing of the one that has replaced it meanwhile
        """
        if account != self._account():
            return
        went_well = exchange.recorder.went_well and (
            ends_pause or not self._is_told_to_wait()
        )
        if exchange.halt or went_well:
            self._observe_connection(exchange.halt)

    def _observe_connection(self, error):
        """Write down the state of the connection; wake the engine on good news.

        :param error: the failure that concerns the account or the platform as a whole,
            or none where the platform answered as it should
        """
        if isinstance(error, Unauthorized):
            self._pause("unauthorized", error)
        elif error:
            # also where it was refused: whoever answers there is not the platform
            self._pause("unreachable", error)
        elif self.connection_state != "connected" or self.paused_until:
            self.write(self._connection_values("connected"))
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

    def _pause(self, state, error):
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
        self._connection_is_lost()

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

    def _is_ready(self, now=False):
        """Whether the platform may be called; asks it, where it had been away.

        :param now: ask before the pause is over, or although the token was refused
        """
        self.ensure_one()
        if not self.active:
            return False
        if not self._is_paused():
            return True
        over = self.paused_until and self.paused_until <= fields.Datetime.now()
        rate_limited = self.connection_state == "connected"
        if not over and (rate_limited or not now):
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
            raise UserError(
                self.env._("The SVA integration “%s” is archived.", self.name)
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
            )
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

    def _longest_work(self, seconds):
        """Seconds in which work is over, whatever the platform does: a lease's length.

        :param seconds: after which no further call is begun
        """
        # a call that was begun in time is brought to its end, once it is its turn
        turn = self.max_requests_per_second and (
            self.max_concurrency / self.max_requests_per_second
        )
        # … and after it failed, the platform is asked whether it is there
        return seconds + 2 * (turn + self.request_timeout) + LEASE_MARGIN

    @contextmanager
    def _slot_for_a_person(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._slots(1) as slot:
                if slot:
                    yield
                    return
            if time.monotonic() > deadline:
                raise UserError(
                    self.env._(
                        "The platform is busy with other calls. Try again in a moment."
                    )
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
            )
        error = exchange.error
        if isinstance(error, Unauthorized | Unavailable):
            raise self._away(self._explain(error.code, str(error)))
        if error:
            raise UserError(self._explain(error.code, str(error)))
        return exchange.answer

    @api.model
    def _clean_base_url(self, vals):
        if not vals.get("base_url"):
            return vals
        try:
            return {**vals, "base_url": check_base_url(vals["base_url"])}
        except InvalidBaseUrl as error:
            problem = BASE_URL_PROBLEMS[error.code]
            raise ValidationError(self.env._(problem)) from None
