# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider's account on an SVA platform."""

import logging
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.service.model import retrying
from odoo.tools.misc import format_datetime

from ..client import (
    InvalidBaseUrl,
    PlatformError,
    RateLimited,
    Unauthorized,
    Unavailable,
    check_base_url,
    connect,
)
from ..exceptions import PlatformAway
from ..sync.backoff import LONGEST_PAUSE, wait_before_retry
from ..sync.converge import failure_of_the_whole
from ..tools import throttle, vault

_logger = logging.getLogger(__name__)

#: what the web client listens to
CHANGED_NOTIFICATION = "saber_plus_sva/changed"
#: the activity that says that work stands still
INCIDENT = "saber_plus_sva.activity_incident"
#: the activity that says that users are still there who were to be deleted
NOT_REMOVED = "saber_plus_sva.activity_removal"
#: what decides where and as whom we ask: a change voids what was known
CONNECTION_FIELDS = {"base_url", "token"}
#: seconds that a person waits for a free seat
PATIENCE = 30.0
#: seconds that a person waits for the first pages of a reconciliation
FIRST_PAGES = 10.0


class SvaIntegration(models.Model):
    """One account on one platform, per company."""

    _name = "sva.integration"
    _description = "SVA Integration"
    _inherit = [
        "sva.chatter.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "sva.activity.mixin",
    ]
    _order = "company_id, platform"

    active = fields.Boolean(default=True)
    name = fields.Char(string="Description", required=True, tracking=True)
    platform = fields.Selection(
        selection=[("saber_plus", "Saber+")],
        required=True,
        default="saber_plus",
        help="The platform cannot be changed after the integration has been saved.",
    )
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when the platform cannot be reached or refuses the "
        "token.",
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
        help="Seconds that the platform has for each answer.",
    )
    max_concurrency = fields.Integer(
        string="Calls at once",
        default=8,
        required=True,
        help="How many calls may be under way at the same time.",
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
    error_code = fields.Char(readonly=True, copy=False)
    error_message = fields.Char(readonly=True, copy=False)
    connection_error = fields.Char(
        string="Reason",
        compute="_compute_connection_error",
        help="Why no calls are made.",
    )
    paused_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="No call is made before this moment; then the platform is asked whether "
        "it is back before work goes on.",
    )
    package_ids = fields.One2many(
        comodel_name="sva.package", inverse_name="integration_id", string="Packages"
    )
    reconciliation_ids = fields.One2many(
        comodel_name="sva.reconciliation",
        inverse_name="integration_id",
        string="Reconciliations",
        groups="saber_plus_sva.group_sva_manager",
    )
    reconciliation_id = fields.Many2one(
        comodel_name="sva.reconciliation",
        string="Latest Reconciliation",
        compute="_compute_reconciliation_id",
        groups="saber_plus_sva.group_sva_manager",
    )
    divergence_count = fields.Integer(
        compute="_compute_divergence_count",
        groups="saber_plus_sva.group_sva_manager",
    )
    package_count = fields.Integer(compute="_compute_counts")
    user_count = fields.Integer(compute="_compute_counts")
    pending_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")
    failed_removal_count = fields.Integer(compute="_compute_failed_removal_count")

    _unique_platform = models.UniqueIndex(
        "(platform, company_id)",
        "This company has an integration with this platform already. There can be "
        "only one; look among the archived ones too.",
    )
    _check_timeout = models.Constraint(
        "CHECK (request_timeout BETWEEN 1 AND 120)",
        "The time-out must be between 1 and 120 seconds.",
    )
    _check_concurrency = models.Constraint(
        "CHECK (max_concurrency BETWEEN 1 AND 64)",
        "Between 1 and 64 calls may be under way at once.",
    )
    _check_rate = models.Constraint(
        "CHECK (max_requests_per_second >= 0)",
        "The number of calls per second cannot be negative.",
    )

    @api.constrains("token_sealed")
    def _check_token(self):
        # sudo: whether there is a token is no secret, the field is
        if any(not integration.token_sealed for integration in self.sudo()):
            raise ValidationError(
                self.env._("Enter the token that the platform gave you.")
            )

    def _compute_token(self):
        self.token = False

    def _inverse_token(self):
        for integration in self:
            token = (integration.token or "").strip()
            # sudo: nobody may read the stored token, but managers may replace it
            integration.sudo().token_sealed = token and integration._seal(token)
        # what was written must not be read back, not even in this transaction
        self.invalidate_recordset(["token"], flush=False)

    @api.depends("token_sealed")
    def _compute_has_token(self):
        for integration in self:
            integration.has_token = bool(integration.token_sealed)

    @api.depends("error_code", "error_message")
    @api.depends_context("lang")
    def _compute_connection_error(self):
        for integration in self:
            integration.connection_error = integration.error_code and self._explain(
                integration.error_code, integration.error_message
            )

    @api.depends("package_ids")
    def _compute_counts(self):
        counts = {
            (integration, state): count
            for integration, state, count in self.env["sva.user"]._read_group(
                [("integration_id", "in", self.ids)],
                ["integration_id", "sync_state"],
                ["__count"],
            )
        }
        for integration in self:
            integration.package_count = len(integration.package_ids)
            integration.pending_count = counts.get((integration, "pending"), 0)
            integration.failed_count = counts.get((integration, "failed"), 0)
            integration.user_count = (
                counts.get((integration, "synced"), 0)
                + integration.pending_count
                + integration.failed_count
            )

    def _compute_failed_removal_count(self):
        counts = dict(
            self.env["sva.user.removal"]._read_group(
                [("integration_id", "in", self.ids), ("sync_state", "=", "failed")],
                ["integration_id"],
                ["__count"],
            )
        )
        for integration in self:
            integration.failed_removal_count = counts.get(integration, 0)

    @api.depends("reconciliation_ids")
    def _compute_reconciliation_id(self):
        for integration in self:
            integration.reconciliation_id = integration.reconciliation_ids[:1]

    def _compute_divergence_count(self):
        counts = dict(
            self.env["sva.divergence"]._read_group(
                [("integration_id", "in", self.ids)], ["integration_id"], ["__count"]
            )
        )
        for integration in self:
            integration.divergence_count = counts.get(integration, 0)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._clean_base_url(vals) for vals in vals_list]
        for vals in vals_list:
            # without it the constraint would not see that there is none
            vals.setdefault("token", False)
        return super().create(vals_list)

    def write(self, vals):
        if "platform" in vals and any(
            integration.platform != vals["platform"] for integration in self
        ):
            raise UserError(
                self.env._(
                    "The platform of an integration cannot be changed after it has "
                    "been saved."
                )
            )
        vals = self._clean_base_url(vals)
        if CONNECTION_FIELDS & vals.keys():
            vals = {**vals, **self._connection_values("unknown")}
        result = super().write(vals)
        if CONNECTION_FIELDS & vals.keys() or vals.get("active"):
            self._sva_close_activity(INCIDENT)
            self.env["sva.sync"]._wake()
        if vals.get("token"):
            note = self.env._("A new token was entered.")
            self._message_log_batch(dict.fromkeys(self.ids, note))
        return result

    def action_test_connection(self):
        """Ask the platform whether it takes the token.

        :return: a notification for the web client
        :raises UserError: it does not, or it does not answer; the connection's state
            tells which, and is kept
        """
        names = [
            integration._ask(lambda platform: platform.account(), is_probe=True).name
            for integration in self
        ]
        return self._notification(
            self.env._("Connected to the account “%s”.", "”, “".join(names))
        )

    def action_fetch_packages(self):
        """Take over the catalogue of packages that the platform offers this account.

        A package that is no longer offered stays, marked as not available.

        :return: a notification for the web client
        :raises UserError: the platform refuses the token or does not answer
        """
        available = self.env["sva.package"]
        for integration in self:
            packages = integration._ask(lambda platform: [*platform.packages()])
            available += available._take_over(integration, packages)
        return self._notification(
            self.env._("%s packages are available on the platform.", len(available))
        )

    @api.model
    def _cron_fetch_packages(self):
        """The daily action: take over what each platform offers.

        An account that fails is no obstacle to the others.
        """
        engine = self.env["sva.sync"].sudo()
        # sudo: the action runs for all companies; the token is only asked whether it is
        for integration in self.sudo().search([("token_sealed", "!=", False)]):
            try:
                if engine._is_ready(integration):
                    integration._refresh_packages()
            except UserError as error:
                self.env.cr.rollback()
                # what it means for the connection has been written down
                _logger.warning(
                    "The packages of the SVA integration %s could not be fetched: %s",
                    integration.id,
                    error,
                )
            except Exception:
                self.env.cr.rollback()
                _logger.exception(
                    "The packages of the SVA integration %s could not be taken over",
                    integration.id,
                )

    def _refresh_packages(self):
        packages = self._ask(lambda platform: [*platform.packages()])
        retrying(partial(self.env["sva.package"]._take_over, self, packages), self.env)
        self.env["ir.cron"]._commit_progress()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        for integration in self.sudo().with_context(active_test=False):
            mine = Domain("integration_id", "=", integration.id)
            removals = self.env["sva.user.removal"].sudo()
            products = self.env["product.template"].sudo()
            products = products.with_context(active_test=False)
            uses = {
                self.env._("SVA users"): integration.user_count,
                self.env._("Products"): products.search_count(
                    [("sva_integration_id", "=", integration.id)]
                ),
                self.env._("Removals"): removals.search_count(
                    removals._open_domain() & mine
                ),
            }
            in_use = [f"{label}: {count}" for label, count in uses.items() if count]
            if in_use:
                raise UserError(
                    self.env._(
                        "The SVA integration “%(name)s” cannot be deleted, because it "
                        "is in use (%(uses)s). Archive it instead.",
                        name=integration.name,
                        uses=", ".join(in_use),
                    )
                )

    def unlink(self):
        paces = self.env["sva.pace"].sudo()  # sudo: nobody may, see there
        paces.search([("integration_id", "in", self.ids)]).unlink()
        return super().unlink()

    def action_reconcile(self):
        """Read all of the platform's users and compare them with ours.

        What differs is put right. What no SVA user stands for is listed as a
        divergence. A large base is read on in the background, see
        ``reconciliation_id``.

        :return: a notification for the web client
        :raises UserError: the platform refuses the token or does not answer
        """
        self.check_access("write")
        # sudo: runs are written by the system only
        runs = self.env["sva.reconciliation"].sudo()
        for integration in self:
            run = runs._start(integration)
            run.next_date = False
            integration._wait_for(run)
            if run.state == "running" and not run.next_date:
                run._wake()
            if run.error:
                reason = run.with_env(self.env).error
                if run.state == "running":
                    raise integration._away(reason, run.next_date)
                raise UserError(reason)
        runs = self.reconciliation_id
        if any(run.state != "done" for run in runs):
            return self._notification(
                self.env._("The platform's users are being read in the background.")
            )
        unknown = sum(runs.mapped("unknown_count"))
        return self._notification(
            self.env._(
                "%(seen)s users read, %(drifted)s differed and are being put right, "
                "%(missing)s were missing, %(unknown)s are not known here.",
                seen=sum(runs.mapped("seen_count")),
                drifted=sum(runs.mapped("drift_count")),
                missing=sum(runs.mapped("missing_count")),
                unknown=unknown,
            ),
            unknown and "saber_plus_sva.sva_divergence_action",
        )

    def _wait_for(self, run):
        """Read the first pages while the person waits."""
        deadline = time.monotonic() + FIRST_PAGES
        self._check_ready()
        while run._advance(FIRST_PAGES) and time.monotonic() < deadline:
            pass

    def action_view_divergences(self):
        """Open the platform's users that are not known here."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_divergence_action"
        )
        return {**action, "domain": [("integration_id", "=", self.id)]}

    def action_open_adoption(self):
        """Open the wizard that adopts the users that the platform has already."""
        self.ensure_one()
        adoption = self.env["sva.adoption"].create({"integration_id": self.id})
        return adoption._open()

    def action_view_users(self):
        """Open this integration's SVA users."""
        return self._view_users()

    def action_view_pending_users(self):
        """Open this integration's SVA users that are not in step yet."""
        return self._view_users("pending")

    def action_view_failed_users(self):
        """Open this integration's SVA users that the platform has refused."""
        return self._view_users("failed")

    def _view_users(self, *filters):
        """Open this integration's SVA users.

        :param filters: names of filters of the search view that are set
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_action"
        )
        return {
            **action,
            "domain": [("integration_id", "=", self.id)],
            "context": {
                "default_integration_id": self.id,
                **{f"search_default_{name}": 1 for name in filters},
            },
        }

    def action_view_failed_removals(self):
        """Open the removals that the platform has refused."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_removal_action"
        )
        return {
            **action,
            "domain": [("integration_id", "=", self.id)],
            "context": {"search_default_failed": 1},
        }

    def action_view_packages(self):
        """Open this integration's packages."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_package_action"
        )
        return {**action, "domain": [("integration_id", "=", self.id)]}

    def _notification(self, message, leads_to=None):
        """What a button answers that went well.

        :param leads_to: the xml id of an action that the message links to
        """
        params = {
            "title": ", ".join(self.mapped("name")),
            "message": message,
            "type": "success",
            "sticky": False,
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        }
        if leads_to:
            action = self.env["ir.actions.act_window"]._for_xml_id(leads_to)
            # the web client puts the link where the %s is
            params["message"] = f"{message} %s"
            params["links"] = [
                {"label": action["name"], "url": f"/odoo/{action['path']}"}
            ]
            params["sticky"] = True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": params,
        }

    @api.model
    def _clean_base_url(self, vals):
        if not vals.get("base_url"):
            return vals
        try:
            return {**vals, "base_url": check_base_url(vals["base_url"])}
        except InvalidBaseUrl as error:
            raise ValidationError(self._explain_base_url(error.code)) from None

    @api.model
    def _explain_base_url(self, code):
        if code == "not_https":
            return self.env._(
                "The base URL must start with https://, because the token must not "
                "cross the network in clear."
            )
        if code == "has_credentials":
            return self.env._(
                "The base URL must not contain a user name or a password."
            )
        if code == "has_query":
            return self.env._("The base URL must end before any “?” or “#”.")
        return self.env._(
            "The base URL is not a web address. It looks like https://host/path."
        )

    @api.model
    def _seal(self, secret):
        try:
            return vault.seal(secret)
        except vault.VaultError:
            raise UserError(
                self.env._(
                    "There is no usable encryption key on this server. Its "
                    "administrator must check the environment variable %s.",
                    vault.KEYS_VARIABLE,
                )
            ) from None

    def _connect(self, on_call=None):
        """A client for this account.

        :param on_call: called with each :class:`..client.Call`
        :raises Unauthorized: there is no token that could be sent
        """
        self.ensure_one()
        # sudo: the token is sent to the platform, and goes nowhere else
        sealed = self.sudo().token_sealed
        if not sealed:
            raise Unauthorized("no_token", "There is no token.")
        try:
            token = vault.unseal(sealed)
        except vault.VaultError:
            raise Unauthorized("wrong_key", "The token cannot be read.") from None
        return connect(
            self.platform,
            self.base_url,
            token,
            timeout=self.request_timeout,
            pool_size=self.max_concurrency,
            pace=throttle.Pace(
                self.env.cr.dbname, self.id, self.max_requests_per_second
            ),
            on_call=on_call,
        )

    def _seats(self, wanted, keep=0):
        """Take seats at this account: so many calls may be made at once.

        All processes share the account's :attr:`max_concurrency` seats.

        :param wanted: how many at most
        :param keep: how many are left to others, unless the account has no more
        :return: a context that gives the number of seats taken, perhaps 0
        """
        self.ensure_one()
        total = self.max_concurrency
        allowed = range(min(keep, total - 1), total)
        return throttle.seats(self.env.cr, self.id, allowed, wanted)

    @contextmanager
    def _seat_for_a_person(self):
        deadline = time.monotonic() + PATIENCE
        while True:
            with self._seats(1) as seat:
                if seat:
                    yield
                    return
            if time.monotonic() > deadline:
                raise UserError(
                    self.env._(
                        "The platform is busy with other calls. Try again in a moment."
                    )
                )
            self.env["ir.cron"]._commit_progress()
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
        self.env["ir.cron"]._commit_progress()
        with self._seat_for_a_person():
            # sudo: the connection's state and the calls are the system's to write
            answer, error = self.sudo()._call(question, is_probe)
        if isinstance(error, Unauthorized | Unavailable):
            raise self._away(self._explain(error.code, str(error)))
        if error:
            raise UserError(self._explain(error.code, str(error)))
        return answer

    def _check_ready(self):
        """Ask the platform whether it is there, where it had been away.

        :raises UserError: it is not, or the integration is archived
        """
        # sudo: the connection's state is the system's to write
        if self.env["sva.sync"].sudo()._is_ready(self.sudo(), now=True):
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
                "Nothing is lost: what is waiting goes on as soon as the token is "
                "accepted again."
            )
        elif next_date:
            after = self.env._(
                "Nothing is lost: what is waiting goes on by itself. Next attempt: %s.",
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

    def _call(self, question, is_probe=False):
        """Ask the platform one thing, and write down what was learnt of the connection.

        The transaction is ended before, so that none is open while the platform takes
        its time, and after, so that what was learnt is kept.

        :param question: called with the client
        :param is_probe: whether its failure is in itself one of the platform as a whole
        :return: what ``question`` returned, and the failure if there was one
        """
        end_transaction = self.env["ir.cron"]._commit_progress
        recorder = self.env["sva.api.call"]._recorder()
        account = self._account()
        error = away = answer = None
        try:
            with self._connect(recorder) as platform:
                end_transaction()
                try:
                    answer = question(platform)
                except PlatformError as failure:
                    error = away = failure
                    if not is_probe:
                        away = failure_of_the_whole(platform, failure)
        except Unauthorized as failure:
            error = away = failure
        retrying(partial(self._settle_call, recorder, account, error, away), self.env)
        end_transaction()
        return answer, error

    def _settle_call(self, recorder, account, error, away):
        if not error or away:
            self._observe_connection(away, account)
        self.env["sva.api.call"]._write_down(self, recorder)

    def _account(self):
        """Where and as whom the platform is asked."""
        self.ensure_one()
        # sudo: to be compared, and told to nobody
        return (self.base_url, self.sudo().token_sealed)

    def _observe_connection(self, error, account):
        """Write down what a call told of the connection; wake the engine on good news.

        :param error: the failure that concerns the account or the platform as a whole,
            or none where the platform answered as it should
        :param account: where and as whom it was asked: what is learnt of a token says
            nothing of the one that has replaced it meanwhile
        """
        if account != self._account():
            return
        if isinstance(error, Unauthorized):
            self._pause("unauthorized", error)
        elif error:
            # also where it was refused: whoever answers there is not the platform
            self._pause("unreachable", error)
        elif self.connection_state != "connected" or self.paused_until:
            self.write(self._connection_values("connected"))
            self._sva_close_activity(INCIDENT)
            self.env["sva.sync"]._wake()

    @api.model
    def _connection_values(self, state):
        return {
            "connection_state": state,
            "connection_failures": 0,
            "paused_until": False,
            "error_code": False,
            "error_message": False,
        }

    def _pause(self, state, error):
        failures = self.connection_failures + 1
        until = False
        if state == "unreachable":
            wait = wait_before_retry(failures, error.retry_after, LONGEST_PAUSE)
            until = fields.Datetime.now() + timedelta(seconds=wait)
            self.env["sva.sync"]._wake(until)
        values = {
            "paused_until": until,
            "error_code": error.code,
            "error_message": str(error),
        }
        if isinstance(error, RateLimited):
            # the platform is well, and asked for a pause: no incident
            self.write(values)
            return
        self.write(
            {**values, "connection_state": state, "connection_failures": failures}
        )
        self._open_incident()

    def _notify_changed(self):
        """Have the forms that show these integrations, or their work, load again."""
        self.env.ref("saber_plus_sva.group_sva_manager")._bus_send(
            CHANGED_NOTIFICATION, {"integration_ids": self.ids}
        )

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

    def _sva_responsible(self):
        return self._sva_person(self.user_id, self.company_id)

    def _open_incident(self):
        """Tell the responsible, once, that work stands still."""
        self._sva_open_activity(
            INCIDENT, lambda integration: integration.connection_error
        )

    def _tell_refused_removals(self):
        """Tell the responsible of removals that were refused, for as long as any is."""
        self.invalidate_recordset(["failed_removal_count"])
        failing = self.filtered("failed_removal_count")
        failing._sva_open_activity(
            NOT_REMOVED,
            lambda integration: integration.env._(
                "Refused deletions: %s. These users are still on the platform, and "
                "nothing here stands for them any more. See the list of removals.",
                integration.failed_removal_count,
            ),
        )
        (self - failing)._sva_close_activity(NOT_REMOVED)

    @api.autovacuum
    def _encrypt_by_the_newest_key(self):
        """Make older keys dispensable, a day after a newer one was put before them."""
        for integration in self.sudo().search([("token_sealed", "!=", False)]):
            try:
                integration.token_sealed = vault.reseal(integration.token_sealed)
            except vault.VaultError:
                _logger.warning(
                    "The token of the SVA integration %s cannot be read", integration.id
                )

    @api.model
    def _explain(self, code, message):
        """What a failure means, in the user's language.

        :param code: the code of a :class:`..client.PlatformError`
        :param message: its message, which is the platform's own where it answered
        """
        known = {
            "timeout": self.env._(
                "The platform did not answer in time. The call will be repeated."
            ),
            "connection_failed": self.env._(
                "The platform cannot be reached. Check the base URL and the network."
            ),
            "connection_lost": self.env._(
                "The connection to the platform broke. The call will be repeated."
            ),
            "tls_failed": self.env._(
                "The platform's certificate could not be verified. Nothing was sent."
            ),
            "unavailable": self.env._(
                "The platform is not available. The call will be repeated."
            ),
            "rate_limited": self.env._(
                "The platform asks for fewer calls. The call will be repeated."
            ),
            "redirected": self.env._(
                "The platform answered from another address, which was not followed. "
                "Check the base URL."
            ),
            "malformed_answer": self.env._(
                "The platform's answer could not be understood. Check the base URL."
            ),
            "answer_too_large": self.env._(
                "The platform's answer was too large. Check the base URL."
            ),
            "cursor_loop": self.env._("The platform's list of pages does not end."),
            "unstable": self.env._("The platform's answers contradict each other."),
            "no_token": self.env._(
                "There is no token. Enter it in the SVA integration."
            ),
            "wrong_key": self.env._(
                "What was stored encrypted cannot be read with this server's key. "
                "Enter the token (or the password) again."
            ),
            "malformed_token": self.env._(
                "The token has characters that no token has. Enter it again in the "
                "SVA integration."
            ),
            "unauthorized": self.env._(
                "The platform refused the token. Check it in the SVA integration."
            ),
            "invalid_token": self.env._(
                "The platform refused the token. Check it in the SVA integration."
            ),
            "account_suspended": self.env._(
                "The platform has suspended this account. Contact the platform."
            ),
            "malformed_request": self.env._(
                "The user's data have characters that cannot be sent."
            ),
            "refused": self.env._("The platform refused the request."),
            "not_found": self.env._("The platform does not know this address or user."),
            "cpf_already_registered": self.env._(
                "CPF já cadastrado. The platform has a user with this CPF that was not "
                "created from here."
            ),
        }
        return known.get(code) or message or code
