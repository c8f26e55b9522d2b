# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Another program that is told what becomes of the SVA users."""

import logging
import random
from datetime import UTC, timedelta
from functools import partial

from odoo import api, fields, models
from odoo.tools import SQL, LazyTranslate

from odoo.addons.contract_access.exceptions import InvalidError, RefusedError
from odoo.addons.contract_access.remote import (
    check_rows,
    check_values,
    on_one_record,
    on_records,
)
from odoo.addons.contract_access.transaction import commit, guarded, run

from .. import limits, vault, worker
from ..client.base_url import InvalidBaseUrl
from ..client.errors import Unavailable
from ..client.webhook import Receiver, check_receiver_url, deliver_all, new_secret
from ..engine.backoff import LONGEST_PAUSE, wait_before_retry
from .product_template import MANAGER
from .sva_integration_home import OTHER_DATABASE, differences, this_database

_lt = LazyTranslate(__name__)
_logger = logging.getLogger(__name__)

#: the activity that says that a receiver does not take what it is told
FAILING = "saber_plus_sva.activity_webhook"
#: attempts that may fail in a row before somebody is told
TOLERATED = 3
#: seconds that are waited for an answer
TIME_OUT = 10.0
#: posts that are made at once to one receiver
SIDE_BY_SIDE = 4
#: posts per transaction
BATCH_SIZE = 50
#: seconds after which no further post of a batch is begun
BATCH_SECONDS = 20.0
#: what a manager enters
SETTINGS = frozenset(
    {"name", "active", "url", "user_id", "on_settled", "on_failed", "on_deleted"}
)
#: what is wrong with an address, by the code of an :class:`InvalidBaseUrl`
URL_PROBLEMS = {
    "not_a_url": _lt("This is not a web address. It looks like https://host/path."),
    "not_https": _lt(
        "The address must start with https://, because nobody else may read what is "
        "posted."
    ),
    "has_credentials": _lt("The address must not contain a user name or a password."),
    "has_query": _lt("The address must end before any “?” or “#”."),
}
#: what keeps a post from being made, or taken, where there is no answer
EXPLANATIONS = {
    "timeout": _lt("The receiver did not answer in time."),
    "tls_failed": _lt("The receiver's certificate could not be verified."),
    OTHER_DATABASE: _lt(
        "The secret was made in another database: this one is a copy, or was restored "
        "or moved. Nothing is posted from here."
    ),
    "no_key": _lt("This server has no key to read the secret with."),
    "wrong_key": _lt(
        "The secret cannot be read with this server's key. Make a new one."
    ),
}


class SvaWebhook(models.Model):
    """A receiver: whom to tell, and of what.

    What there is to tell is written down as ``sva.webhook.delivery``, in the
    transaction that it tells of. The scheduled action posts it; no transaction is open
    meanwhile. A post may be made twice (its answer may be lost), and has an id by which
    the receiver knows it again.
    """

    _name = "sva.webhook"
    _description = "SVA Webhook"
    _inherit = [
        "write.guard.mixin",
        "chatter.language.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "activity.occasion.mixin",
    ]
    _order = "company_id, name, id"
    _managers = MANAGER

    name = fields.Char(string="Description", required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when the other program does not take what it is told.",
    )
    url = fields.Char(
        string="Address",
        required=True,
        tracking=True,
        help="Where the other program takes posts. It must start with https://.",
    )
    on_settled = fields.Boolean(
        string="Users in sync",
        default=True,
        help="A change has reached the platform: created, active, blocked, disabled, "
        "another package, name, phone or password.",
    )
    on_failed = fields.Boolean(
        string="Users refused",
        default=True,
        help="The platform has refused a change, and a person has to look at it.",
    )
    on_deleted = fields.Boolean(
        string="Users deleted",
        default=True,
        help="A user was deleted here, and the platform has followed.",
    )
    secret_sealed = fields.Char(
        groups=fields.NO_ACCESS, copy=False, exportable=False, prefetch=False
    )
    has_secret = fields.Boolean(compute="_compute_has_secret", compute_sudo=True)
    home = fields.Json(
        readonly=True,
        copy=False,
        exportable=False,
        groups=fields.NO_ACCESS,
        help="Where the secret was made, or confirmed to belong.",
    )
    is_elsewhere = fields.Boolean(
        string="Another Database", compute="_compute_is_elsewhere", compute_sudo=True
    )
    failure_count = fields.Integer(
        string="Failures in a Row", readonly=True, copy=False, aggregator=None
    )
    paused_until = fields.Datetime(
        string="Next Attempt", readonly=True, copy=False, help="No post before this."
    )
    http_status = fields.Integer(readonly=True, copy=False, aggregator=None)
    error_code = fields.Char(readonly=True, copy=False, groups="base.group_system")
    error = fields.Char(
        compute="_compute_error", compute_sudo=True, help="Why posts are not taken."
    )
    delivery_ids = fields.One2many(
        comodel_name="sva.webhook.delivery", inverse_name="webhook_id", readonly=True
    )
    delivered_count = fields.Integer(string="Delivered", compute="_compute_counts")
    pending_count = fields.Integer(string="Pending", compute="_compute_counts")
    failed_count = fields.Integer(string="Given up", compute="_compute_counts")

    @api.depends("secret_sealed")
    def _compute_has_secret(self):
        for webhook in self:
            webhook.has_secret = bool(webhook.secret_sealed)

    @api.depends("home", "secret_sealed")
    def _compute_is_elsewhere(self):
        for webhook in self:
            webhook.is_elsewhere = bool(webhook.secret_sealed) and bool(
                differences(this_database(self.env), webhook.home or {})
            )

    @api.depends("error_code", "http_status")
    @api.depends_context("lang")
    def _compute_error(self):
        for webhook in self:
            webhook.error = self._explain(webhook.error_code, webhook.http_status)

    @api.depends("delivery_ids.state")
    def _compute_counts(self):
        counts = {
            (webhook, state): count
            for webhook, state, count in self.env["sva.webhook.delivery"]._read_group(
                [("webhook_id", "in", self.ids)], ["webhook_id", "state"], ["__count"]
            )
        }
        for webhook in self:
            for state in ("delivered", "pending", "failed"):
                webhook[f"{state}_count"] = counts.get((webhook._origin, state), 0)

    @api.model
    def _explain(self, code, status):
        """Why a post was not taken, in the user's language; False where it was.

        :param code: of a `PlatformError`, or of our own
        :param status: the HTTP status; 0 where there was no answer
        """
        if not code:
            return False
        if status:
            return self.env._("The receiver has answered with the status %s.", status)
        words = EXPLANATIONS.get(code, _lt("The receiver cannot be reached."))
        return self.env._(words)

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | SETTINGS

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"company_id"}

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        return super().create([self._clean_url(vals) for vals in vals_list])

    def write(self, vals):
        check_values(self.env, vals)
        vals = self._clean_url(vals)
        result = super().write(vals)
        if {"url", "active"} & vals.keys():
            # sudo: what was known of the receiver is the system's to write
            self.sudo()._end_pause()
        return result

    @api.model
    def _clean_url(self, vals):
        url = vals.get("url")
        if not isinstance(url, str) or not url:
            return vals
        try:
            return {**vals, "url": check_receiver_url(url)}
        except InvalidBaseUrl as error:
            problem = URL_PROBLEMS[error.code]
            raise InvalidError(self.env._(problem), "url_invalid") from None

    # the secret

    @on_one_record
    def action_new_secret(self):
        """Make a secret that replaces the one there was.

        What is posted from now on is signed with it.

        :return: a dict of ``secret``; it is not shown again
        """
        self.check_access("write")
        secret = new_secret()
        # sudo: nobody may read the stored secret, but managers may replace it
        self.sudo().write(
            {
                "secret_sealed": vault.seal_for(self.env, secret),
                "home": this_database(self.env),
            }
        )
        self.sudo()._end_pause()
        self._message_log(body=self.env._("A new secret was made."))
        return {"secret": secret}

    def button_new_secret(self):
        """The same for the web client, which shows it once."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": self.env._("Copy it now: it is not shown again"),
                "message": self.action_new_secret()["secret"],
                "type": "warning",
                "sticky": True,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @on_records
    def action_confirm_database(self):
        """Say that this database is the real one, so that it posts.

        :return: True
        """
        self.check_access("write")
        elsewhere = self.filtered("is_elsewhere")
        # sudo: where the secret belongs is the system's to write
        elsewhere.sudo().home = this_database(self.env)
        elsewhere.sudo()._end_pause()
        for webhook in elsewhere:
            note = self.env._("Confirmed that this is the real database.")
            webhook._message_log(body=note)
        return True

    @on_records
    def action_send_test(self):
        """Post something that says nothing, to see whether it is taken.

        :return: True
        :raises UserError: there is no secret yet
        """
        self.check_access("write")
        if missing := self.filtered(lambda webhook: not webhook.has_secret):
            raise RefusedError(
                self.env._("Make the secret first: the other program needs it."),
                "field_missing",
                missing,
            )
        # sudo: posts are written by the system only
        webhooks = self.sudo()
        self.env["sva.webhook.delivery"].sudo().create(
            [webhook._post_values("test", 0, {}) for webhook in webhooks]
        )
        webhooks._end_pause()
        return True

    @api.autovacuum
    def _encrypt_by_the_newest_key(self):
        """Make older keys dispensable, a day after a newer one was put before them."""
        vault.reseal_all(self, "secret_sealed")

    # what there is to tell

    @api.model
    def _tell_of(self, rows):
        """Have the receivers told of rows that have come to rest.

        :param rows: SVA users or removals
        """
        webhooks = self.search(
            [
                ("company_id", "in", rows.company_id.ids),
                ("secret_sealed", "!=", False),
            ]
        ).grouped("company_id")
        values = []
        for row in rows if webhooks else ():
            event, user_ref, told = row._event()
            # 0 is a platform's user who never was one here
            for webhook in webhooks.get(row.company_id, ()) if user_ref else ():
                if webhook[f"on_{event}"]:
                    told = {"integration_id": row.integration_id.id, **told}
                    values.append(webhook._post_values(event, user_ref, told))
        if values:
            self.env["sva.webhook.delivery"].create(values)
            self.env["sva.wakeup"]._webhooks()

    def _post_values(self, event, user_ref, told):
        """The values of a new post.

        :param user_ref: the id of the SVA user that it is about, or 0
        :param told: what is told of it, a dict that can be kept as JSON
        """
        self.ensure_one()
        now = fields.Datetime.now().replace(tzinfo=UTC)
        data = {"id": user_ref, "company_id": self.company_id.id, **told}
        return {
            "webhook_id": self.id,
            "event": event,
            "user_ref": user_ref,
            "content": {
                "type": f"sva_user.{event}",
                "timestamp": now.isoformat().replace("+00:00", "Z"),
                "data": data,
            },
        }

    # telling it

    @api.model
    def _cron_deliver(self):
        """Make the posts that are due, a batch to each receiver in turn."""
        # sudo: for all companies
        webhooks = self.sudo()
        turns = list(webhooks._with_work())
        # a run that is cut off must not begin with the same one each time
        random.shuffle(turns)
        failed = "The posts to the SVA webhook %s could not be made"
        while turns:
            webhook = turns.pop(0)
            if not self._has_time():
                self.env["sva.wakeup"]._webhooks()
                break
            done = 0
            with guarded(self.env, _logger, failed, webhook.id):
                done = webhook._deliver_batch()
            if done:
                turns.append(webhook)
            if done and not commit(self.env, done):
                self.env["sva.wakeup"]._webhooks()
                break
        webhooks._wake_for_the_rest()
        commit(self.env)

    @api.model
    def _has_time(self):
        """Whether this worker has time for a batch, or would not have more later."""
        longest = BATCH_SECONDS + 2 * TIME_OUT
        return worker.seconds_left() >= longest or worker.is_fresh()

    @api.model
    def _with_work(self):
        """The receivers that are not away, and have posts that are due."""
        posts = self.env["sva.webhook.delivery"]
        groups = posts._read_group(posts._due_domain(), ["webhook_id"])
        return self.union(*(webhook for [webhook] in groups)).filtered(
            lambda webhook: webhook._is_open()
        )

    def _is_open(self):
        """Whether posts may be made now."""
        self.ensure_one()
        is_paused = self.paused_until and self.paused_until > fields.Datetime.now()
        return bool(self.active and self.secret_sealed and not is_paused)

    def _deliver_batch(self):
        """Make the next posts to this receiver; nobody else does so meanwhile. Commits.

        :return: how many were made; 0 where it is no use to go on
        """
        self.ensure_one()
        # in two processes at once, a user's second post could overtake the first one
        mine = limits.slots(self.env.cr, self.id, range(1), 1, limits.WEBHOOKS)
        with mine as is_mine:
            if not is_mine:
                return 0
            # whoever had it before has committed what we are about to read
            commit(self.env)
            webhook = self.exists()
            posts = webhook and webhook._is_open() and webhook._next_posts()
            if not posts:
                return 0
            if obstacle := webhook._obstacle():
                run(self.env, partial(webhook._pause, obstacle))
                webhook._tell_responsible()
                return 0
            secret = vault.unseal(webhook.secret_sealed)
            url, name = webhook.url, webhook._log_name()
            commit(self.env)
            outcomes = self._post(url, secret, posts)
            run(self.env, partial(webhook._settle, outcomes))
        webhook = webhook.exists()
        refused = [error for error in outcomes.values() if error]
        if refused:
            webhook._tell_responsible()
            codes = ", ".join(sorted({error.code for error in refused}))
            _logger.warning(
                "%s: %d posts were not taken (%s)", name, len(refused), codes
            )
        _logger.info("%s: %d posts", name, len(outcomes) - len(refused))
        return 0 if webhook.paused_until else len(outcomes)

    def _next_posts(self):
        posts = self.env["sva.webhook.delivery"]._next(self, BATCH_SIZE)
        return [(post.key, post.content) for post in posts]

    def _obstacle(self):
        """Why nothing can be posted from here, by its code; None if nothing."""
        if self.is_elsewhere:
            return OTHER_DATABASE
        try:
            vault.unseal(self.secret_sealed)
        except vault.NoKey:
            return "no_key"
        except vault.VaultError:
            return "wrong_key"
        return None

    @api.model
    def _post(self, url, secret, posts):
        receiver = Receiver(url, secret, timeout=TIME_OUT, pool_size=SIDE_BY_SIDE)
        try:
            return deliver_all(receiver, posts, SIDE_BY_SIDE, BATCH_SECONDS)
        finally:
            receiver.close()

    def _settle(self, outcomes):
        """Write down what became of posts, and what it says of the receiver."""
        webhook = self.exists()
        if not webhook:
            return
        posts = self.env["sva.webhook.delivery"].search(
            [("webhook_id", "=", webhook.id), ("key", "in", list(outcomes))]
        )
        for post in posts:
            post._settle(outcomes[post.key])
        errors = [error for error in outcomes.values() if error]
        is_there = len(errors) < len(outcomes)
        away = [error for error in errors if isinstance(error, Unavailable)]
        if errors and (away or not is_there):
            error = (away or errors)[0]
            if is_there:
                webhook.failure_count = 0
            webhook._pause(error.code, error.status, error.retry_after)
        elif is_there and webhook.error_code:
            webhook._end_pause()
        webhook._notify_changed()

    def _pause(self, code, status=None, retry_after=None):
        """Make no further post for a while.

        :param code: why; see :meth:`_explain`
        :param retry_after: seconds that the receiver asked for
        """
        count = self.failure_count + 1
        wait = wait_before_retry(count, retry_after, LONGEST_PAUSE)
        self.write(
            {
                "failure_count": count,
                "paused_until": fields.Datetime.now() + timedelta(seconds=wait),
                "error_code": code,
                "http_status": status or False,
            }
        )

    def _end_pause(self):
        """Post again: the receiver is there, or something was changed."""
        self.write(
            {
                "failure_count": 0,
                "paused_until": False,
                "error_code": False,
                "http_status": False,
            }
        )
        quiet = self.filtered(lambda webhook: not webhook.failed_count)
        quiet._close_occasion(FAILING)
        self.env["sva.wakeup"]._webhooks()

    def _tell_responsible(self):
        """Have a person look at what is not taken, if it lasts. Commits."""
        with guarded(self.env, _logger, "Nobody could be told of %s", self):
            run(self.env, self._open_failing)

    def _open_failing(self):
        failing = self.filtered(
            lambda webhook: webhook.failure_count >= TOLERATED or webhook.failed_count
        )
        failing._open_occasion(
            FAILING,
            lambda webhook: webhook.env._(
                "%(error)s Waiting: %(pending)s, given up: %(failed)s. Nothing is "
                "lost: what waits is posted as soon as it is taken again.",
                error=webhook.error or "",
                pending=webhook.pending_count,
                failed=webhook.failed_count,
            ),
        )

    @api.model
    def _wake_for_the_rest(self):
        """Come back when the next post is due."""
        self.env["sva.webhook.delivery"].flush_model()
        self.flush_model()
        now = fields.Datetime.now()
        [[due]] = self.env.execute_query(
            SQL(
                """
                SELECT min(GREATEST(post.next_date, webhook.paused_until, %(now)s))
                  FROM sva_webhook_delivery AS post
                  JOIN sva_webhook AS webhook ON webhook.id = post.webhook_id
                 WHERE post.state = 'pending'
                   AND webhook.active
                   AND webhook.secret_sealed IS NOT NULL
                   AND NOT EXISTS (
                       SELECT
                         FROM sva_webhook_delivery AS earlier
                        WHERE earlier.webhook_id = post.webhook_id
                          AND earlier.user_ref = post.user_ref
                          AND earlier.state = 'pending'
                          AND earlier.id < post.id)
                """,
                now=now,
            )
        )
        if due:
            # what is due now is being posted by another process
            later = now + timedelta(seconds=5)
            self.env["sva.wakeup"]._webhooks(max(due, later))

    def _log_name(self):
        return f"SVA webhook {self.id}"

    def _responsible(self):
        return self._responsible_among(self.user_id, self.company_id)

    def _notify_changed(self):
        """Have the forms that show these webhooks load again."""
        self.env["sva.live"]._send(
            "saber_plus_sva.group_sva_manager", {"webhook_ids": self.ids}
        )

    @on_one_record
    def action_view_pending(self):
        """Open the posts that have not been taken yet."""
        return self._view_deliveries("pending")

    @on_one_record
    def action_view_failed(self):
        """Open the posts that were given up."""
        return self._view_deliveries("failed")

    @on_one_record
    def action_view_deliveries(self):
        """Open all posts to this receiver."""
        return self._view_deliveries()

    def _view_deliveries(self, *filters):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_webhook_delivery_action"
        )
        return {
            **action,
            "domain": [("webhook_id", "=", self.id)],
            "context": {f"search_default_{name}": 1 for name in filters},
        }
