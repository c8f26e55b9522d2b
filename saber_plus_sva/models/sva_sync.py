# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The engine: claims rows that are not in step, converges them, settles the result."""

import logging
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import retrying

from ..client import Refused, Unauthorized, Unavailable
from ..sync.backoff import wait_before_retry
from ..sync.converge import Outcome, Report, Task, converge_batch
from ..sync.plan import UNKNOWN
from ..tools import vault
from .sva_sync_mixin import AWAKE

_logger = logging.getLogger(__name__)

#: in the order in which they are worked on: a removal makes room for a new user
MODELS = ("sva.user.removal", "sva.user")
#: rows per claim: few enough to settle often, many enough to fill the connections
BATCH_SIZE = 50
#: seconds after which no further call of a batch is begun: what a crash leaves claimed
#: is free again soon after
BATCH_SECONDS = 20.0
#: seconds that a person waits for a row that the engine is working on
PATIENCE = 30.0
#: seconds of a lease beyond what the calls themselves can take
LEASE_MARGIN = 10


@dataclass(frozen=True)
class Claim:
    """Rows that this process works on, and nobody else until the lease ends.

    Rows are named by their model and id.

    :param token: names the claim on its rows
    :param account: where and as whom the platform is asked
    :param tasks: what to do, with what was observed before the claim
    :param unreadable: the rows whose pending password cannot be decrypted
    :param sealed: the pending password that goes out with each row
    :param attempts: the number of the attempt for each row
    """

    token: str
    account: tuple[str, str]
    tasks: dict[tuple[str, int], Task]
    unreadable: list[tuple[str, int]]
    sealed: dict[tuple[str, int], str]
    attempts: dict[tuple[str, int], int]

    def __len__(self):
        return len(self.tasks) + len(self.unreadable)


class SvaSync(models.AbstractModel):
    """Convergence of SVA users and of removals, in batches of one integration each.

    No lock and no transaction is held while the platform is asked: a claim is
    committed (with the observation set to unknown, so that whoever comes after a crash
    looks first), the calls are made, and the result is committed.
    """

    _name = "sva.sync"
    _description = "SVA Synchronisation"

    @api.model
    def _wake(self, at=None):
        """Run the engine after this transaction, or at a moment to come."""
        # sudo: whoever changes what a user must be sets the engine to work
        cron = self.env.ref("saber_plus_sva.cron_sync_users").sudo()
        cron._trigger(at)

    @api.model
    def _cron_sync_users(self):
        """Converge all that is due, until nothing is left or the time is up."""
        engine = self.sudo()
        commit = self.env["ir.cron"]._commit_progress
        turns = [
            integration
            for integration in engine._due_integrations()
            if engine._is_ready(integration)
        ]
        # one batch of each in turn: a large one does not keep the others waiting
        while turns:
            integration = turns.pop(0)
            # a batch cannot use more seats; another process can
            wanted = min(integration.max_concurrency, BATCH_SIZE)
            with integration._seats(wanted, keep=1) as seats:
                claim = seats and engine._claim(integration)
                if claim:
                    engine._converge(integration, claim, seats)
            if claim and not integration._is_paused():
                turns.append(integration)
            if claim and not commit(len(claim)):
                # a run of its own, before this one takes too long
                engine._wake()
                break
        engine._wake_for_the_rest()
        commit()

    @api.model
    def _sync_now(self, users):
        """Look at the platform and converge these rows, whether due or not.

        A row that the engine is working on is waited for, and a removal that a row has
        to wait for is carried through.

        :param users: the rows
        :raises UserError: the first few failures, in the user's language
        """
        engine = self.sudo()
        rows = users.sudo()
        engine._keep_awake()
        rows._look_again()
        self.env["ir.cron"]._commit_progress()
        deadline = time.monotonic() + PATIENCE
        for integration, group in rows.grouped("integration_id").items():
            integration.with_env(users.env)._check_ready()
            engine._converge_these(integration, group, deadline)
        # one that is pending without an error has been changed, or is being looked at
        # by somebody else, since it was in step
        failed = users.exists().filtered(
            lambda user: (
                user.sync_state == "failed"
                or user.sync_state == "pending"
                and (user.sync_error or user.integration_id._is_paused())
            )
        )
        away = failed.integration_id.filtered(lambda account: account._is_paused())
        if failed and all(user.sync_state == "pending" for user in failed) and away:
            raise away[0].with_env(users.env)._away()
        if failed:
            raise UserError(
                "\n".join(
                    self.env._(
                        "%(user)s: %(error)s",
                        user=user.name,
                        error=user.sync_error
                        or user.integration_id.connection_error
                        or self.env._("not in step with the platform yet"),
                    )
                    for user in failed[:5]
                )
            )

    @api.model
    def _converge_these(self, integration, users, deadline):
        """Converge rows of one integration once, with the removals ahead of them."""
        removals = self.env["sva.user.removal"]._ahead_of(users)
        left = {row._sync_key() for rows in (removals, users) for row in rows}
        while left and not integration._is_paused():
            with integration._seats(len(left), keep=len(left) > 1) as seats:
                claim = seats and self._claim(integration, left)
                if claim:
                    self._converge(integration, claim, seats)
                    left -= {*claim.tasks, *claim.unreadable}
                    continue
            busy = not seats or self._are_busy(left)
            if not busy:
                return
            if time.monotonic() > deadline:
                raise users._busy()
            time.sleep(0.2)
            self.env["ir.cron"]._commit_progress()

    @api.model
    def _are_busy(self, keys):
        """Whether somebody works on one of these, or has it locked for a moment."""
        for rows in self._rows(keys):
            pending = rows.filtered(lambda row: row.sync_state == "pending")
            if any(row._is_leased() for row in pending):
                return True
            if rows.search_count(rows._claimable_domain(pending.ids)):
                return True
        return False

    @api.model
    def _rows(self, keys):
        """The existing rows of these names, one recordset for each model."""
        return [
            self.env[name].browse([key[1] for key in keys if key[0] == name]).exists()
            for name in MODELS
        ]

    @api.model
    def _due_integrations(self):
        due = self.env["sva.integration"]
        for name in MODELS:
            rows = self.env[name]
            for [integration] in rows._read_group(
                rows._claimable_domain(), ["integration_id"]
            ):
                due |= integration
        return due

    @api.model
    def _wake_for_the_rest(self):
        """Come back when the work of others must be over, should they have crashed.

        And soon, where something was left because others had all the seats.
        """
        now = fields.Datetime.now()
        dates = [
            self.env[name]
            .search(
                [("sync_state", "=", "pending"), ("lease_until", ">", now)],
                order="lease_until",
                limit=1,
            )
            .lease_until
            for name in MODELS
        ]
        due = self._due_integrations().filtered("active")
        if not all(integration._is_paused() for integration in due):
            dates.append(now + timedelta(minutes=1))
        if dates := [date for date in dates if date]:
            self._wake(min(dates))

    @api.model
    def _is_ready(self, integration, now=False):
        """Whether the platform may be called; asks it, where it had been away.

        :param now: ask before the pause is over, or although the token was refused
        """
        if not integration.active:
            return False
        if not integration._is_paused():
            return True
        over = (
            integration.paused_until
            and integration.paused_until <= fields.Datetime.now()
        )
        rate_limited = integration.connection_state == "connected"
        if not over and (rate_limited or not now):
            return False
        with integration._seats(1) as seat:
            if not seat:
                return False
            _account, error = integration._call(
                lambda platform: platform.account(), is_probe=True
            )
        return error is None

    @api.model
    def _claim(self, integration, only=None):
        """Take rows to work on, and commit that they are taken.

        :param only: of these, due or not; without it, of those that are due
        :return: a :class:`Claim`; empty where there is nothing to take
        """
        claim = retrying(partial(self._take, integration, only), self.env)
        self.env["ir.cron"]._commit_progress()
        return claim

    @api.model
    def _take(self, integration, only):
        self._keep_awake()
        claim = Claim(uuid.uuid4().hex, integration._account(), {}, [], {}, {})
        until = fields.Datetime.now() + timedelta(seconds=self._lease(integration))
        for name in MODELS:
            ids = only and [key[1] for key in only if key[0] == name]
            candidates = self.env[name].search(
                self.env[name]._claimable_domain(ids)
                & Domain("integration_id", "=", integration.id),
                # more than one batch: another process may be taking the first ones
                limit=4 * BATCH_SIZE,
                order="next_sync_date NULLS FIRST, id",
            )
            rows = candidates.try_lock_for_update(limit=BATCH_SIZE - len(claim))
            for row in rows:
                self._add(claim, row)
            rows.write(
                {
                    "lease_token": claim.token,
                    "lease_until": until,
                    "platform_state": UNKNOWN,
                }
            )
        return claim

    @api.model
    def _add(self, claim, row):
        key = row._sync_key()
        claim.attempts[key] = row.sync_attempts + 1
        sealed = row._sealed_password()
        if sealed:
            claim.sealed[key] = sealed
        try:
            password = vault.unseal(sealed) if sealed else None
        except vault.VaultError:
            claim.unreadable.append(key)
            return
        claim.tasks[key] = row._task(password)

    @api.model
    def _lease(self, integration, seconds=BATCH_SECONDS):
        """Seconds in which work is over, whatever the platform does.

        :param seconds: after which no further call is begun
        """
        # a call that was begun in time is brought to its end, once it is its turn
        turn = integration.max_requests_per_second and (
            integration.max_concurrency / integration.max_requests_per_second
        )
        # … and after it failed, the platform is asked whether it is there
        return seconds + 2 * (turn + integration.request_timeout) + LEASE_MARGIN

    @api.model
    def _converge(self, integration, claim, seats):
        """Make the calls for a claim, and write down what became of them.

        :param seats: how many calls may be made at once
        """
        recorder = self.env["sva.api.call"]._recorder()
        tasks = list(claim.tasks.values())
        try:
            platform = integration._connect(recorder)
        except Unauthorized as error:
            untouched = [
                Outcome(task.key, task.observed, attempted=False) for task in tasks
            ]
            report = Report(untouched, error)
        else:
            self.env["ir.cron"]._commit_progress()
            with platform:
                report = converge_batch(
                    platform,
                    tasks,
                    seats,
                    seconds=BATCH_SECONDS,
                    about=recorder.about,
                )
        settle = partial(self._settle, integration, claim, report, recorder)
        retrying(settle, self.env)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _keep_awake(self):
        """What the engine itself writes need not wake it; see :meth:`_wake_for`."""
        self.env.cr.precommit.data[AWAKE] = True

    @api.model
    def _settle(self, integration, claim, report, recorder):
        self._keep_awake()
        outcomes = {outcome.key: outcome for outcome in report.outcomes}
        mine = Domain("lease_token", "=", claim.token)
        settled = []
        for name in MODELS:
            # rows deleted meanwhile, or taken over after the lease, are not ours; a
            # removal may have come to our lease with the row that it stands for
            rows = self.env[name].search(mine)
            for row in rows:
                row.write(self._settlement(row, claim, outcomes, report.halt))
            settled += rows
            self._wake_for(rows, integration)
            rows._notify_settled()
        went_well = any(
            outcome.attempted and not outcome.error for outcome in report.outcomes
        )
        if report.halt or (went_well and not integration._is_told_to_wait()):
            # what went well was begun before another process was asked to wait
            integration._observe_connection(report.halt, claim.account)
        self.env["sva.api.call"]._write_down(integration, recorder, claim.attempts)
        states = Counter(row.sync_state for row in settled)
        _logger.info(
            "%s: %d rows converged, %d in step, %d failed, %d pending",
            integration.platform,
            len(settled),
            *(states[state] for state in ("synced", "failed", "pending")),
        )

    @api.model
    def _settlement(self, row, claim, outcomes, halt):
        """The values that write an outcome down on its row.

        While the platform as a whole is away, the integration's pause decides when to
        try again, and no attempt of the row is counted.
        """
        key = row._sync_key()
        values = {"lease_token": False, "lease_until": False}
        if key in claim.unreadable:
            same = row._sealed_password() == claim.sealed[key]
            return values | {
                "refused_digest": same and row._digest(),
                "error_code": "wrong_key",
                "error_message": False,
            }
        if key not in outcomes:
            return values
        outcome = outcomes[key]
        values |= row._outcome_values(outcome, claim.sealed.get(key))
        if not outcome.attempted:
            return values
        error = outcome.error
        values["error_code"] = error.code if error else False
        values["error_message"] = self._message(error) if error else False
        values["next_sync_date"] = False
        values["refused_digest"] = False
        if error is None:
            values["sync_attempts"] = 0
            values["last_sync_date"] = fields.Datetime.now()
        elif isinstance(error, Refused):
            values["sync_attempts"] = claim.attempts[key]
            values["refused_digest"] = self._digest_of(claim, row)
        elif isinstance(error, Unavailable) and not halt:
            values["sync_attempts"] = claim.attempts[key]
            wait = wait_before_retry(values["sync_attempts"], error.retry_after)
            values["next_sync_date"] = fields.Datetime.now() + timedelta(seconds=wait)
        return values

    @api.model
    def _message(self, error):
        """The platform's words, with what it says of single fields."""
        return "; ".join([str(error), *dict.fromkeys(error.fields.values())])

    @api.model
    def _digest_of(self, claim, row):
        """What was refused, unless the row wants something else by now."""
        key = row._sync_key()
        sent = claim.tasks[key].desired
        same_password = row._sealed_password() == claim.sealed.get(key, False)
        same = same_password and sent == row._desired(sent.password)
        return row._digest() if same else False

    @api.model
    def _wake_for(self, rows, integration):
        """Come back for the rows that are still pending, when they are due."""
        pending = rows.filtered(lambda row: row.sync_state == "pending")
        if not pending or integration._is_paused():
            return
        dates = pending.mapped("next_sync_date")
        self._wake(min(dates) if all(dates) else None)
