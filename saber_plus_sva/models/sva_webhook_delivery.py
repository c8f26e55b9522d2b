# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""One thing that one other program is told."""

import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from odoo.addons.contract_access.remote import on_records

from ..client.errors import Unavailable
from ..engine.backoff import wait_before_retry

#: what other programs are told of
EVENTS = [
    ("settled", "User in sync"),
    ("failed", "User refused"),
    ("deleted", "User deleted"),
    ("test", "Test"),
]
#: how long a post is tried again that the receiver refuses; see `_is_refusal`
GIVEN_UP_AFTER = timedelta(days=7)
#: days that a post is kept which was taken, or will not be made any more
KEPT_DAYS = {"delivered": 30, "failed": 90}


class SvaWebhookDelivery(models.Model):
    """Written in the transaction that it tells of; posted when that is committed.

    What is told of one SVA user is posted in the order in which it happened.
    """

    _name = "sva.webhook.delivery"
    _description = "SVA Webhook Delivery"
    _inherit = "write.guard.mixin"
    _order = "id desc"
    _rec_name = "event"

    webhook_id = fields.Many2one(
        comodel_name="sva.webhook",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(
        related="webhook_id.company_id", store=True, index=True
    )
    key = fields.Char(
        string="Post's ID",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: uuid.uuid4().hex,
        help="By which the receiver knows it again; the same at each attempt.",
    )
    event = fields.Selection(selection=EVENTS, required=True, readonly=True, index=True)
    user_ref = fields.Integer(
        string="User's ID",
        readonly=True,
        aggregator=None,
        help="The id that the SVA user has, or had.",
    )
    # it has nulls, which XML-RPC cannot carry
    content = fields.Json(readonly=True, groups=fields.NO_ACCESS)
    content_text = fields.Text(
        string="What is posted", compute="_compute_content_text", compute_sudo=True
    )
    state = fields.Selection(
        selection=[
            ("pending", "Pending"),
            ("delivered", "Delivered"),
            ("failed", "Given up"),
        ],
        string="Status",
        default="pending",
        required=True,
        readonly=True,
        index=True,
    )
    attempts = fields.Integer(readonly=True, aggregator=None)
    next_date = fields.Datetime(string="Next Attempt", readonly=True)
    refused_since = fields.Datetime(
        readonly=True, help="Since when the receiver has refused it at each attempt."
    )
    delivered_on = fields.Datetime(readonly=True)
    http_status = fields.Integer(
        string="Answer", readonly=True, aggregator=None, help="The HTTP status."
    )
    error_code = fields.Char(readonly=True, groups="base.group_system")
    error = fields.Char(compute="_compute_error", compute_sudo=True)

    _unique_key = models.UniqueIndex("(key)")
    _pending = models.Index("(webhook_id, id) WHERE state = 'pending'")
    _pending_of_user = models.Index(
        "(webhook_id, user_ref, id) WHERE state = 'pending'"
    )

    @api.depends("content")
    def _compute_content_text(self):
        for post in self:
            lines = (post.content or {}).get("data") or {}
            post.content_text = "\n".join(f"{k}: {v}" for k, v in lines.items())

    @api.depends("error_code", "http_status")
    @api.depends_context("lang")
    def _compute_error(self):
        for post in self:
            post.error = post.webhook_id._explain(post.error_code, post.http_status)

    @on_records
    def action_retry(self):
        """Post once more what was given up, or waits for its next attempt.

        :return: True
        """
        self.check_access("read")
        self.webhook_id.check_access("write")
        # sudo: posts are written by the system only
        left = self.sudo().filtered(lambda post: post.state != "delivered")
        left.write(
            {
                "state": "pending",
                "next_date": False,
                "attempts": 0,
                "refused_since": False,
            }
        )
        left.webhook_id._end_pause()
        return True

    @api.model
    def _due_domain(self):
        """The posts that may be made now, if the receiver is not away."""
        now = fields.Datetime.now()
        due = Domain("next_date", "=", False) | Domain("next_date", "<=", now)
        return Domain("state", "=", "pending") & due

    @api.model
    def _next(self, webhook, count):
        """The next posts to a receiver: of each SVA user the oldest one, if it is due.

        :param count: how many at most
        """
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                  SELECT id
                    FROM sva_webhook_delivery AS post
                   WHERE webhook_id = %(webhook)s
                     AND state = 'pending'
                     AND (next_date IS NULL OR next_date <= %(now)s)
                     AND NOT EXISTS (
                         SELECT
                           FROM sva_webhook_delivery AS earlier
                          WHERE earlier.webhook_id = post.webhook_id
                            AND earlier.user_ref = post.user_ref
                            AND earlier.state = 'pending'
                            AND earlier.id < post.id)
                ORDER BY id
                   LIMIT %(count)s
                """,
                webhook=webhook.id,
                now=fields.Datetime.now(),
                count=count,
            )
        )
        return self.browse(id_ for [id_] in rows)

    def _settle(self, error):
        """Write down what became of an attempt.

        :param error: a :class:`..client.errors.PlatformError`; None where the receiver
            has taken it
        """
        self.ensure_one()
        now = fields.Datetime.now()
        refused_since = self._is_refusal(error) and (self.refused_since or now)
        values = {
            "attempts": self.attempts + 1,
            "refused_since": refused_since,
            "http_status": error.status if error else False,
            "error_code": error.code if error else False,
            "next_date": False,
        }
        if not error:
            values |= {"state": "delivered", "delivered_on": now}
        elif refused_since and refused_since < now - GIVEN_UP_AFTER:
            values["state"] = "failed"
        else:
            wait = wait_before_retry(values["attempts"], error.retry_after)
            values["next_date"] = now + timedelta(seconds=wait)
        self.write(values)

    def _is_refusal(self, error):
        """Whether it is this post that is not taken: not where nothing at all is."""
        if not isinstance(error, Unavailable):
            return bool(error)
        yesterday = fields.Datetime.now() - timedelta(days=1)
        since = min(self.refused_since or yesterday, yesterday)
        lately = Domain("delivered_on", ">", since)
        mine = Domain("webhook_id", "=", self.webhook_id.id)
        return bool(self.search_count(mine & lately, limit=1))

    @api.autovacuum
    def _gc_old_posts(self):
        domain = Domain.OR(
            Domain("state", "=", state)
            & Domain("write_date", "<", fields.Datetime.now() - timedelta(days=days))
            for state, days in KEPT_DAYS.items()
        )
        old = self.sudo().search(domain, limit=GC_UNLINK_LIMIT)
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
