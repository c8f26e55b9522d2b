# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Reading all of a platform's users, page by page, and comparing them with ours."""

import logging
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from odoo.addons.contract_access.transaction import commit, guarded, run, touch

from ..client.errors import BadAnswer, NotSent, Refused
from ..engine.backoff import LONGEST_PAUSE, wait_before_retry
from ..engine.converge import seen
from ..engine.plan import ABSENT, UNKNOWN

_logger = logging.getLogger(__name__)

#: seconds for which one process goes on with a run before it lets others have a turn
TURN = 15.0
#: rows that are set to be looked up, per transaction
BATCH_SIZE = 500
#: how often a run may begin anew because the platform has forgotten its cursor
MOST_RESTARTS = 3
#: for the log
FAILED = "The users of SVA integration %s could not be compared"
#: how often in a row a page may fail
MOST_ATTEMPTS = 20
#: items that could not be understood, of which so many are named
MOST_LISTED = 100
#: a list that is longer has no end
MOST_PAGES = 50_000
#: seconds between two messages about the progress
NEWS_EVERY = 2.0
KEPT_DAYS = 90


class SvaReconciliation(models.Model):
    """One reading of an account's users.

    It only ever looks. What differs from ours is noted, and marked as unknown once all
    has been read. The engine, which looks before it acts, does the rest: so a page that
    is out of date by the time it is read costs a look-up, and does no harm. Users that
    no row knows become divergences, which wait for a person.

    Where it would change more than is usual, one side is likely to have been restored
    from a backup: then a person decides which, before the first change.

    The cursor of the next page is stored with what the last one has brought: a run that
    was interrupted goes on from there.
    """

    _name = "sva.reconciliation"
    _description = "SVA Reconciliation"
    _inherit = ["sva.failure.mixin", "write.guard.mixin"]
    _order = "id desc"
    _rec_name = "start_date"

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
    state = fields.Selection(
        selection=[
            ("running", "Running"),
            ("waiting", "Waits for a manager"),
            ("done", "Done"),
            ("discarded", "Left as it was"),
            ("failed", "Failed"),
        ],
        default="running",
        required=True,
        readonly=True,
    )
    start_date = fields.Datetime(
        string="Started", default=fields.Datetime.now, required=True, readonly=True
    )
    end_date = fields.Datetime(string="Finished", readonly=True)
    seen_count = fields.Integer(
        string="Users read", readonly=True, help="Users that the platform has listed."
    )
    drift_count = fields.Integer(
        string="Different",
        readonly=True,
        help="SVA users that were different on the platform.",
    )
    missing_count = fields.Integer(
        string="Missing",
        readonly=True,
        help="SVA users that the platform should have, and has not listed.",
    )
    unknown_count = fields.Integer(
        string="Not known here",
        readonly=True,
        help="Users of the platform that have no SVA user here.",
    )
    unread_count = fields.Integer(
        string="Not understood",
        readonly=True,
        help="Users of the platform's list that are not what its API promises. They "
        "are left as they are, here and there.",
    )
    unread = fields.Text(
        string="What was not understood",
        readonly=True,
        help="The platform's IDs of these users, and what is wrong with them.",
    )
    cursor = fields.Char(readonly=True, help="Where the next page begins.")
    is_read = fields.Boolean(readonly=True, help="All pages have been read.")
    page_count = fields.Integer(readonly=True)
    page_ids = fields.One2many(
        comodel_name="sva.reconciliation.page",
        inverse_name="reconciliation_id",
        string="Pages",
        groups=fields.NO_ACCESS,
    )
    restarts = fields.Integer(readonly=True)
    attempts = fields.Integer(readonly=True)
    next_date = fields.Datetime(string="Next Attempt", readonly=True)
    error = fields.Char(
        compute="_compute_error", compute_sudo=True, help="Why it has stopped."
    )
    lease_token = fields.Char(readonly=True)
    lease_until = fields.Datetime(readonly=True)

    _one_running = models.UniqueIndex(
        "(integration_id) WHERE state = 'running'",
        "A reconciliation of this integration is running already.",
    )

    @api.depends("error_code", "error_message")
    @api.depends_context("lang")
    def _compute_error(self):
        for reconciliation in self:
            reconciliation.error = reconciliation._explain_failure()

    @api.model
    def _cron_reconcile(self):
        """The daily action: prove our side, and compare every account with it."""
        runs = self.sudo()
        for integration in runs.integration_id.search([("token_sealed", "!=", False)]):
            with guarded(self.env, _logger, FAILED, integration.id):
                run(self.env, partial(runs._start, integration))
        # they have begun by now, should the worker be killed before they go on
        with guarded(self.env, _logger, "Bill and access could not be compared"):
            run(runs.env, runs.env["sva.billing.mismatch"]._tell)
        with guarded(self.env, _logger, "The SVA users' states could not be proved"):
            runs.env["sva.user"]._prove_states()
        runs._go_on()

    @api.model
    def _cron_go_on(self):
        """Go on with what has been begun, and with the adoptions asked for."""
        self.sudo()._go_on()
        self.env["sva.divergence"].sudo()._adopt_queued()
        self.env["sva.integration"].sudo()._rehearse_all()

    @api.model
    def _go_on(self):
        commit(self.env)
        now = fields.Datetime.now()
        due = Domain("next_date", "=", False) | Domain("next_date", "<=", now)
        # the one that has waited longest comes first
        running = self.search(Domain("state", "=", "running") & due, order="write_date")
        for reconciliation in running:
            while reconciliation._advance_guarded():
                if not commit(self.env):
                    self.env["sva.wakeup"]._reconciliation()
                    return

    def _advance_guarded(self):
        """Read pages for a while; what nobody foresaw puts it off."""
        with guarded(self.env, _logger, FAILED, self.integration_id.id):
            return self._advance(TURN)
        with guarded(self.env, _logger, FAILED, self.integration_id.id):
            run(self.env, partial(self._postpone, BadAnswer("unforeseen")))
        return False

    @api.model
    def _start(self, integration):
        """The run of an integration that is under way, or a new one.

        One that waits for a person is of the past then: the new one asks again.
        """
        open_runs = self.search(
            [
                ("integration_id", "=", integration.id),
                ("state", "in", ["running", "waiting"]),
            ]
        )
        waiting = open_runs.filtered(lambda run: run.state == "waiting")
        waiting.write({"state": "discarded"})
        return open_runs - waiting or self.create({"integration_id": integration.id})

    def _advance(self, seconds):
        """Read pages for a while.

        :param seconds: after which no further page is asked for
        :return: whether to go on at once
        """
        self.ensure_one()
        deadline = time.monotonic() + seconds
        integration = self.integration_id
        if self.state != "running" or not integration._is_ready():
            return False
        with integration._slots(1) as slot:
            token = uuid.uuid4().hex
            if not slot or not run(self.env, partial(self._lease, token, seconds)):
                return False
            try:
                self._read(integration, deadline)
                while (
                    self.state == "running"
                    and self.is_read
                    and time.monotonic() < deadline
                ):
                    run(self.env, self._conclude)
            finally:
                run(self.env, partial(self._release, token))
        return self.state == "running" and not self.next_date

    def _lease(self, token, seconds):
        """Keep others from reading the same pages; a crash ends it by itself."""
        now = fields.Datetime.now()
        if not self.try_lock_for_update():
            return False
        self.invalidate_recordset()
        if self.state != "running" or (self.lease_until and self.lease_until > now):
            return False
        lasting = self.integration_id._longest_work(seconds)
        self.write(
            {
                "lease_token": token,
                "lease_until": now + timedelta(seconds=lasting),
            }
        )
        return True

    def _release(self, token):
        if self.lease_token == token:
            self.write({"lease_token": False, "lease_until": False})

    def _read(self, integration, deadline):
        if not self.is_read and time.monotonic() < deadline:
            integration._exchange(partial(self._read_pages, deadline), self._settle)

    def _read_pages(self, deadline, exchange):
        """Compare pages; while one is compared, the next one is on its way.

        One thread makes the calls, and this one has the cursor. What is compared with a
        page is read when the page is there, so that it is not older.

        :param deadline: of the monotonic clock; no page is asked for after it
        """
        recorder = exchange.recorder
        integration = self.integration_id
        told = 0.0

        def ask(cursor):
            if self.state != "running" or integration._is_paused():
                return None, ()
            # nothing is open while it is not known how long there is to wait
            commit(self.env)
            coming = pool.submit(exchange.platform.page_of_users, cursor)
            recorder.look_after(coming)
            # until the call is written down
            return coming, recorder.attend()

        with (
            ThreadPoolExecutor(max_workers=1) as pool,
            # its thread ends when nobody attends to it any more
            closing(recorder),
        ):
            cursor = self.cursor or None
            coming, done = ask(cursor)
            while coming:
                while coming not in done:
                    done = recorder.attend()
                page = coming.result()
                if page.next_cursor and page.next_cursor == cursor:
                    raise BadAnswer("cursor_loop")
                coming, cursor = None, page.next_cursor
                if cursor and time.monotonic() < deadline:
                    coming, done = ask(cursor)
                run(self.env, partial(self._take_page, page))
                if time.monotonic() - told > NEWS_EVERY:
                    told = time.monotonic()
                    integration._notify_changed()
                    commit(self.env)

    def _settle(self, exchange):
        if isinstance(exchange.error, NotSent):
            self.next_date = fields.Datetime.now()
            if exchange.error.code == "out_of_time":
                self.env["sva.wakeup"]._reconciliation()
        elif exchange.error:
            self._postpone(exchange.error, exchange.halt)
        else:
            self.write({"next_date": False, **self._failure_values()})

    def _postpone(self, error, halt=None):
        if self.state != "running":
            return
        failure = {"next_date": False, **self._failure_values(error)}
        self.write(failure | self._after(error, halt))
        if self.state == "failed":
            _logger.warning(
                "%s: the comparison has failed (%s)",
                self.integration_id._log_name(),
                error.code,
            )

    def _after(self, error, halt):
        """What becomes of the run after a failure.

        :param halt: the failure of the platform as a whole, if it is one
        """
        failed = {"state": "failed", "end_date": fields.Datetime.now()}
        if isinstance(error, Refused):
            # without a cursor there is nothing to refuse but the question itself
            if not self.cursor or self.restarts >= MOST_RESTARTS:
                return failed
            self.difference_ids.unlink()
            self.page_ids.unlink()
            return self._from_the_start() | {"restarts": self.restarts + 1}
        # a platform that is away comes back; an answer that cannot be read stays so
        if not halt and (
            self.attempts >= MOST_ATTEMPTS or self.page_count >= MOST_PAGES
        ):
            return failed
        wait = wait_before_retry(self.attempts + 1, error.retry_after, LONGEST_PAUSE)
        date = fields.Datetime.now() + timedelta(seconds=wait)
        self.env["sva.wakeup"]._reconciliation(date)
        return {"attempts": self.attempts + 1, "next_date": date}

    @api.model
    def _from_the_start(self):
        counts = (
            "page_count",
            "seen_count",
            "drift_count",
            "missing_count",
            "unknown_count",
            "unread_count",
        )
        return {"cursor": False, "unread": False, **dict.fromkeys(counts, 0)}

    def _take_page(self, page):
        """Compare a page with our rows, in a constant number of queries.

        :param page: :class:`..client.types.UserPage`
        """
        if self.state != "running":
            return
        if self.page_count >= MOST_PAGES:
            raise BadAnswer("cursor_loop")
        agreeing = self.env["sva.reconciliation.page"]._note(self, page.items)
        others = [user for user in page.items if user.id not in agreeing]
        if others:
            self._take_others(others)
        self._skip(page.unread)
        self.write(
            {
                "cursor": page.next_cursor or False,
                "is_read": not page.next_cursor,
                "attempts": 0,
                "page_count": self.page_count + 1,
                "seen_count": self.seen_count + len(page.items),
            }
        )

    def _take_others(self, users):
        """Compare users that are not as one of our rows has last seen them."""
        integration = self.integration_id
        ours = self._rows_of(integration, users)
        rows = {row: user for user, row in ours.items() if row._name == "sva.user"}
        drifted = self.env["sva.user"].union(
            *(row for row, user in rows.items() if self._has_drifted(row, user))
        )
        removals = self.env["sva.user.removal"].union(*({*ours.values()} - rows.keys()))
        again = removals.filtered(self._has_come_back)
        differences = self.env["sva.reconciliation.difference"]
        differences._note(self, "different", drifted, rows)
        differences._note(self, "back", again)
        self._mark_as_seen(self.env["sva.user"].union(*rows))
        strangers = [user for user in users if user not in ours]
        theirs = self._rows_of(integration._of_same_account() - integration, strangers)
        unknown = [user for user in strangers if user not in theirs]
        self.env["sva.divergence"]._list(self, unknown)
        self.drift_count += len(drifted) + len(again)
        self.unknown_count += len(unknown)

    def _rows_of(self, integrations, users):
        """The rows that stand for the platform's users: SVA users, or removals.

        :return: a dict of rows by user; who is not in it is not known here
        """
        found = {}
        mine = Domain("integration_id", "in", integrations.ids)
        which = Domain("platform_user_id", "in", [user.id for user in users]) | Domain(
            "external_ref", "in", [user.external_ref for user in users]
        )
        for name in ("sva.user.removal", "sva.user"):
            rows = integrations.env[name].search(mine & which)
            by_id = {row.platform_user_id: row for row in rows}
            # a row that knows its user by the id stands for no other one
            by_ref = {row.external_ref: row for row in rows if not row.platform_user_id}
            for user in users:
                row = by_id.get(user.id) or by_ref.get(user.external_ref)
                if row:
                    found[user] = row
        return found

    @api.model
    def _has_drifted(self, row, user):
        """Whether the platform holds a user otherwise than a row has last seen it.

        A row that is pending is looked up by the engine anyway.
        """
        return row.sync_state != "pending" and row._observed() != seen(user)

    def _has_come_back(self, removal):
        """Whether a user is there again that was deleted before the list was begun.

        Later than that, the list may be older than the deletion.
        """
        done = removal.sync_state == "synced" and removal.last_sync_date
        return bool(done and done < self.start_date)

    def _skip(self, unread):
        """Leave alone what stands for users that could not be understood.

        :param unread: :class:`..client.types.Unread` objects
        """
        if not unread:
            return
        mine = Domain("integration_id", "=", self.integration_id.id)
        which = Domain("platform_user_id", "in", [item.id for item in unread])
        for name in ("sva.user", "sva.divergence"):
            rows = self.env[name].with_context(active_test=False).search(mine & which)
            self._mark_as_seen(rows)
        self.unread_count += len(unread)
        listed = (self.unread or "").splitlines()
        listed += [f"{item.id or '?'}: {item.problem}" for item in unread]
        self.unread = "\n".join(listed[:MOST_LISTED])

    def _mark_as_seen(self, rows):
        """Remember which rows were in the list; it changes nothing else of them."""
        if rows:
            self.env.cr.execute(
                SQL(
                    "UPDATE %(table)s SET seen_in = %(run)s WHERE id IN %(ids)s"
                    " AND seen_in IS DISTINCT FROM %(run)s",
                    table=SQL.identifier(rows._table),
                    run=self.id,
                    ids=tuple(rows.ids),
                )
            )
            rows.invalidate_recordset(["seen_in"])

    def _conclude(self):
        """One step, once all pages are read: what is missing, and what becomes of it.

        Then the run is over.
        """
        # not beside whoever ends it
        touch(self)
        if self.state != "running":
            return
        if self._look_for_the_missing():
            return
        if not self.is_approved:
            if self._is_unusual():
                self._ask_a_manager()
                return
            self.is_approved = True
        if self._apply_differences():
            return
        self._finish()

    def _look_for_the_missing(self):
        """Note what was not in the list; whether there was anything."""
        users = self.env["sva.user"]
        users.flush_model()
        ids = self.env.execute_query(
            SQL(
                """
                WITH noted AS MATERIALIZED (%(noted)s)
                SELECT ours.id
                  FROM sva_user AS ours
                 WHERE ours.integration_id = %(integration)s
                   AND ours.seen_in IS DISTINCT FROM %(run)s
                   AND ours.sync_state != 'pending'
                   AND ours.platform_state NOT IN %(nowhere)s
                   -- else it came to the platform after the list was begun
                   AND ours.last_sync_date <= %(start)s
                   AND NOT EXISTS (SELECT FROM noted WHERE noted.id = ours.id)
                 LIMIT %(limit)s
                """,
                noted=self.env["sva.reconciliation.page"]._noted(self),
                integration=self.integration_id.id,
                run=self.id,
                nowhere=(ABSENT, UNKNOWN),
                start=self.start_date,
                limit=BATCH_SIZE,
            )
        )
        missing = users.browse(user_id for [user_id] in ids)
        self.env["sva.reconciliation.difference"]._note(self, "missing", missing)
        self._mark_as_seen(missing)
        self.missing_count += len(missing)
        return bool(missing)

    def _finish(self):
        mine = Domain("integration_id", "=", self.integration_id.id)
        unseen = Domain("seen_in", "=", False) | Domain("seen_in", "!=", self.id)
        # users that were not known here, and are gone
        self.env["sva.divergence"].with_context(active_test=False).search(
            mine & unseen & Domain("create_date", "<", self.start_date)
        ).unlink()
        self.page_ids.unlink()
        self.write({"state": "done", "end_date": fields.Datetime.now()})
        self.integration_id._notify_changed()
        differs = self.drift_count or self.missing_count or self.unknown_count
        _logger.log(
            logging.INFO if differs or self.unread_count else logging.DEBUG,
            "%s: %d users read, %d drifted, %d missing, %d not known here, "
            "%d not understood",
            self.integration_id._log_name(),
            self.seen_count,
            self.drift_count,
            self.missing_count,
            self.unknown_count,
            self.unread_count,
        )

    @api.autovacuum
    def _gc_runs(self):
        before = fields.Datetime.now() - timedelta(days=KEPT_DAYS)
        old = self.sudo().search(
            [("state", "!=", "running"), ("start_date", "<", before)],
            limit=GC_UNLINK_LIMIT,
        )
        old.unlink()
        return len(old), len(old) == GC_UNLINK_LIMIT
