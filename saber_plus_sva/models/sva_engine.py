# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The engine: claims rows that are not in sync, converges them, settles the result."""

import logging
import random
import time
import uuid
from collections import Counter, defaultdict, deque
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.contract_access.exceptions import RefusedError
from odoo.addons.contract_access.transaction import (
    commit,
    guarded,
    run,
    together_or_one_by_one,
)

from .. import vault, worker
from ..client.errors import BadAnswer, Refused, Unavailable
from ..engine.backoff import wait_before_retry
from ..engine.converge import Outcome, Stream, Task, first_call
from ..engine.plan import UNKNOWN
from .sva_api_call import RecordedCall
from .sva_connection_mixin import LEAST_SECONDS
from .sva_sync_mixin import OWN_WORK

_logger = logging.getLogger(__name__)

#: in the order in which they are worked on: a removal makes room for a new user
MODELS = ("sva.user.removal", "sva.user")
#: rows per claim: few enough to settle often, many enough to fill the connections
BATCH_SIZE = 50
#: seconds in which each account that has work has its turn, while others have, too
ROUND_SECONDS = 5.0
#: seconds after which no further call of a turn is begun: what a crash leaves claimed
#: is free again soon after
BATCH_SECONDS = 20.0
#: seconds between two looks for work, while people are still to be told of the last
BREATH = 0.1
#: rows that are worked on while a person waits; more are left to scheduled actions
AT_ONCE = 50
#: seconds that a person waits for a row that the engine is working on
PATIENCE = 30.0


@dataclass(frozen=True)
class Work:
    """One row of a claim.

    :param attempt: the number of this attempt
    :param task: what to do, with what was observed before the claim; None where that is
        to begin with a password that cannot be decrypted
    :param sealed: the pending password that goes out with the row, encrypted
    :param is_unreadable: it cannot be decrypted, and all else goes out without it
    """

    attempt: int
    task: Task | None
    sealed: str | bool
    is_unreadable: bool


@dataclass(frozen=True)
class Claim:
    """Rows that this process works on, and nobody else until the lease ends.

    :param token: names the claim on its rows
    :param works: the work on each row, by the row's model and id
    :param outcomes: what has become of it, likewise
    """

    token: str
    works: dict[tuple[str, int], Work] = field(default_factory=dict)
    outcomes: dict[tuple[str, int], Outcome] = field(default_factory=dict)

    @property
    def tasks(self):
        return [work.task for work in self.works.values() if work.task]

    @property
    def is_back(self):
        """Whether it is known what has become of all of its rows."""
        return len(self.outcomes) == len(self.tasks)

    @property
    def has_progressed(self):
        """Whether anything could be done at all."""
        outcomes = self.outcomes.values()
        return not outcomes or any(outcome.attempted for outcome in outcomes)


class SvaEngine(models.AbstractModel):
    """Convergence of SVA users and of removals, in batches of one integration each.

    No lock and no transaction is held while the platform is asked: a claim is
    committed (with the observation set to unknown, so that whoever comes after a crash
    looks first), the calls are made, and the result is committed.
    """

    _name = "sva.engine"
    _description = "SVA Engine"

    @api.model
    def _cron_sync_users(self):
        """Converge all that is due, until nothing is left or the time is up."""
        engine = self.sudo()
        live = self.env["sva.live"]
        is_done = engine._converge_due(
            engine.env["sva.integration"].search([("is_rehearsing", "=", True)])
        )
        while is_done and live._must_wait():
            # whoever looks is told a moment later; work that comes does not wait
            commit(self.env)
            time.sleep(BREATH)
            is_done = engine._converge_due()
        engine._wake_for_the_rest()
        commit(self.env)
        live._flush()
        commit(self.env)

    @api.model
    def _converge_due(self, others=()):
        """Converge what is due; where the time is up, another run goes on.

        :param others: further integrations that have a turn
        :return: whether nothing is left that could be worked on
        """
        turns = list(self._due_integrations().union(*others))
        # a run that is cut off must not begin with the same one each time
        random.shuffle(turns)
        # one batch of each in turn: a large one does not keep the others waiting
        while turns:
            integration = turns.pop(0)
            if not self._has_time(integration):
                self.env["sva.wakeup"]._engine()
                return False
            done = self._run_turn(integration)
            if done:
                turns.append(integration)
            if done and not commit(self.env, done):
                # a run of its own, before this one takes too long
                self.env["sva.wakeup"]._engine()
                return False
        return True

    @api.model
    def _has_time(self, integration):
        """Whether this worker has time for a batch, or would not have more later."""
        seconds = integration._seconds_for_work(BATCH_SECONDS)
        return (
            seconds >= BATCH_SECONDS or worker.is_fresh() or integration._is_at_rest()
        )

    @api.model
    def _run_turn(self, integration):
        """Run one batch; what one account fails with must not stop the others.

        :return: how many rows were worked on; 0 where this account has no more turn
        """
        # the rows that it had taken are free again when their lease is over
        failed = "A batch of SVA integration %s failed"
        with guarded(self.env, _logger, failed, integration.id):
            if integration.is_rehearsing:
                self.env["sva.wakeup"]._reconciliation()
            done = integration._is_ready() and self._run_batch(integration)
            return 0 if integration._is_paused() else done
        return 0

    @api.model
    def _run_batch(self, integration):
        """Claim, converge and settle rows that are due, for as long as a turn takes.

        Whoever drives the engine calls this until nothing is left: the scheduled
        action, or a job of a queue. Turns may run side by side in any number of
        processes. Commits; no transaction is open when it returns.

        :param integration: one ``sva.integration`` that is ready, see ``_is_ready``
        :return: how many rows have been worked on; 0 where it is no use to go on
        """
        due = self._due_integrations() | integration
        at_work = due.filtered(lambda account: not account._is_at_rest())
        over = time.monotonic() + ROUND_SECONDS / (len(at_work) or 1)

        def take():
            return None if integration._is_paused() else self._take(integration)

        def further():
            while time.monotonic() < over and (claim := run(self.env, take)):
                yield claim

        with integration._slots(self._slots_wanted(integration), keep=1) as slots:
            claim = slots and self._claim(integration)
            if not claim:
                return 0
            exchange = self._converge(integration, claim, slots, further())
            return 0 if exchange.halt else exchange.answer or 0

    @api.model
    def _slots_wanted(self, integration):
        """How many calls a batch may make at once.

        Whoever drives several batches of an account side by side has them share.
        """
        # a batch cannot use more; another process can
        return min(integration.max_concurrency, BATCH_SIZE)

    @api.model
    def _sync_now(self, users):
        """Look at the platform and converge these rows, whether due or not.

        A row that the engine is working on is waited for, and a removal that a row has
        to wait for is carried through. More than :data:`AT_ONCE` are left to the
        scheduled action, which is woken for them.

        :param users: the rows
        :raises UserError: the first few failures, in the user's language
        """
        engine = self.sudo()
        rows = users.sudo()
        in_background = len(rows) > AT_ONCE
        engine._begin_own_work()
        rows._look_again(later=in_background)
        commit(self.env)
        deadline = time.monotonic() + PATIENCE
        for integration, group in rows.grouped("integration_id").items():
            integration.with_env(users.env)._check_ready()
            if not in_background:
                engine._converge_these(integration, group, deadline)
        self.env["sva.live"]._flush()
        if in_background:
            self.env["sva.wakeup"]._engine()
            return
        # one that is pending without an error has been changed, or is being looked at
        # by somebody else, since it was in sync
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
            problems = [user._sync_problem() for user in failed]
            codes = {code for code, _error in problems}
            raise RefusedError(
                "\n".join(
                    self.env._("%(user)s: %(error)s", user=user.name, error=error)
                    for user, (_code, error) in zip(failed[:5], problems, strict=False)
                ),
                codes.pop() if len(codes) == 1 else "platform_refused",
                failed,
            )

    @api.model
    def _converge_these(self, integration, users, deadline):
        """Converge rows of one integration once, with the removals ahead of them."""
        removals = self.env["sva.user.removal"]._ahead_of(users)
        left = {row._sync_key() for rows in (removals, users) for row in rows}
        while left and not integration._is_paused():
            with integration._slots(len(left), keep=len(left) > 1) as slots:
                claim = slots and self._claim(integration, left)
                if claim:
                    self._converge(integration, claim, slots)
                    left -= claim.works.keys()
                    continue
            busy = not slots or self._are_busy(left)
            if not busy:
                return
            if time.monotonic() > deadline:
                raise users._busy()
            time.sleep(0.2)
            commit(self.env)

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
        accounts = self.env["sva.integration"].search([(1, "=", 1)])
        # each asked by itself, so that none of its rows is read but the first
        return accounts.filtered(
            lambda account: any(
                self._claimable(name, account, limit=1) for name in MODELS
            )
        )

    @api.model
    def _claimable(self, name, integration, limit, ids=None):
        """The first rows of a model that can be claimed.

        :param ids: of these, due or not; without it, of those that are due
        """
        return self._untracked(name).search(
            self.env[name]._claimable_domain(ids)
            & Domain("integration_id", "=", integration.id),
            limit=limit,
            order="next_sync_date NULLS FIRST, id",
        )

    @api.model
    def _wake_for_the_rest(self):
        """Come back when the work of others must be over, should they have crashed.

        And soon, where something was left because others had all the slots.
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
        due = self._due_integrations()
        if not all(integration._is_paused() for integration in due):
            dates.append(now + timedelta(minutes=1))
        if dates := [date for date in dates if date]:
            self.env["sva.wakeup"]._engine(min(dates))

    @api.model
    def _claim(self, integration, only=None):
        """Take rows to work on, and commit that they are taken.

        :param only: of these, due or not; without it, of those that are due
        :return: a :class:`Claim`; None where there is nothing to take
        """
        self._recover(integration)
        return run(self.env, partial(self._take, integration, only))

    @api.model
    def _take(self, integration, only=None):
        self._begin_own_work()
        claim = Claim(uuid.uuid4().hex)
        seconds = integration._longest_work(BATCH_SECONDS)
        until = fields.Datetime.now() + timedelta(seconds=seconds)
        for name in MODELS:
            ids = only and [key[1] for key in only if key[0] == name]
            # more than one batch: another process may be taking the first ones
            candidates = self._claimable(name, integration, 4 * BATCH_SIZE, ids)
            rows = candidates.try_lock_for_update(limit=BATCH_SIZE - len(claim.works))
            claim.works.update((row._sync_key(), self._work(row)) for row in rows)
            for attempts, some in rows.grouped("sync_attempts").items():
                some.write(
                    {
                        # counted now: whoever is killed does not come to count it
                        "sync_attempts": attempts + 1,
                        "lease_token": claim.token,
                        "lease_until": until,
                        "platform_state": UNKNOWN,
                    }
                )
        return claim if claim.works else None

    @api.model
    def _untracked(self, name):
        """A model whose rows are written without a look at what the chatter tracks.

        That is nothing of what the engine writes, and the look costs more than the
        writing does.
        """
        return self.env[name].with_context(tracking_disable=True)

    @api.model
    def _work(self, row):
        sealed, is_unreadable = row._sealed_password(), False
        try:
            task = row._task(vault.unseal(sealed) if sealed else None)
        except vault.VaultError:
            is_unreadable, task = True, None
            # whoever is there already is blocked and released meanwhile
            if row.platform_user_id:
                task = row._task(None)
                task = replace(task, desired=replace(task.desired, password=None))
        return Work(row.sync_attempts + 1, task, sealed, is_unreadable)

    @api.model
    def _converge(self, integration, claim, slots, further=()):
        """Take the steps for claims, and write down what became of them.

        :param claim: the first one
        :param slots: how many calls may be made at once
        :param further: others, each of which is taken when there is room for it
        :return: the :class:`.sva_connection_mixin.Exchange`; its answer is how many
            rows have been worked on, 0 where it is no use to go on
        """
        claims = [claim]  # those that are not settled yet
        seconds = max(integration._seconds_for_work(BATCH_SECONDS), LEAST_SECONDS)

        def talk(exchange):
            with (
                Stream(exchange.platform, slots, seconds) as stream,
                # its threads end when nobody attends to them any more
                closing(exchange.recorder),
            ):
                return self._stream(integration, exchange, stream, claims, further)

        def settle(exchange):
            for claim in claims:
                self._settle(integration, claim, exchange)

        return integration._exchange(talk, settle, seconds=seconds)

    @api.model
    def _stream(self, integration, exchange, stream, claims, further):
        """Keep the threads of a stream busy, and settle each claim when it is back.

        They make the calls, and this one has the cursor: it writes down what they are
        about to call, and takes further rows before they run out of work.

        :param stream: the :class:`..engine.converge.Stream`
        :param claims: those that are not settled yet; what is left in it in the end is
            for the caller to settle
        :return: how many rows have been worked on; 0 where it is no use to go on
        """
        recorder = exchange.recorder
        further = iter(further)
        under_way = {}
        chores = deque()

        def begin(claim):
            for task in claim.tasks:
                about = recorder.about(task.key, claim.works[task.key].attempt)
                future = stream.add(task, about)
                under_way[future] = claim
                recorder.look_after(future)
            return len(claim.works)

        def settle(claim):
            how = partial(self._settle, integration, claim)
            integration._write_down(exchange, how)
            claims.remove(claim)
            chores.appendleft(partial(integration._finish, exchange))

        count = begin(claims[0])
        while under_way or chores:
            # whoever wants to make a call waits for one chore at most
            for future in recorder.attend(wait=not chores):
                claim, outcome = under_way.pop(future), future.result()
                claim.outcomes[outcome.key] = outcome
                if claim.is_back and under_way:
                    chores.append(partial(settle, claim))
                if stream.halt or (claim.is_back and not claim.has_progressed):
                    exchange.halt = stream.halt
                    count, further = 0, iter(())
            is_low = len(under_way) < 2 * stream.workers
            if is_low and (claim := next(further, None)):
                claims.append(claim)
                # the platform is there, and it is soon their turn
                self._write_ahead(exchange, claim)
                count += begin(claim)
            elif chores:
                chores.popleft()()
        return count

    @api.model
    def _write_ahead(self, exchange, claim):
        """Write down what is called first for each row of a claim, where that is sure.

        Else each call would wait for this thread to have time for it.
        """
        exchange.recorder.write_ahead(
            [
                RecordedCall(task.key, claim.works[task.key].attempt, *call)
                for task in claim.tasks
                if (call := first_call(exchange.platform, task))
            ]
        )

    @api.model
    def _begin_own_work(self):
        """What the engine itself writes need not wake it; see :meth:`_wake_for`."""
        self.env.cr.precommit.data[OWN_WORK] = True

    @api.model
    def _settle(self, integration, claim, exchange):
        """Write the outcomes of a claim down on its rows, and free them."""
        self._begin_own_work()
        outcomes = {
            task.key: Outcome(task.key, task.observed, attempted=False)
            for task in claim.tasks
        } | claim.outcomes
        mine = Domain("lease_token", "=", claim.token)
        states = Counter()
        was_killed = False
        for name in MODELS:
            # rows deleted meanwhile, or taken over after the lease, are not ours; a
            # removal may have come to our lease with the row that it stands for
            rows = self._untracked(name).search(mine)
            if not rows:
                continue
            was_killed |= any(rows.mapped("kill_count"))
            together_or_one_by_one(
                rows,
                partial(self._settle_rows, claim, outcomes, exchange.halt),
                partial(self._settle_unforeseen, claim),
            )
            states.update(rows.mapped("sync_state"))
            if claim.has_progressed and not exchange.halt:
                self._wake_for(rows, integration)
            exchange.afterwards.append(rows.with_env(self.env)._notify_settled)
        self._log_refused(integration, outcomes.values())
        if was_killed:
            exchange.afterwards.append(integration._kills_are_over)
        _logger.log(
            logging.INFO if states["synced"] or states["failed"] else logging.DEBUG,
            "%s: %d rows converged, %d in sync, %d failed, %d pending",
            integration._log_name(),
            states.total(),
            *(states[state] for state in ("synced", "failed", "pending")),
        )

    @api.model
    def _log_refused(self, integration, outcomes):
        """Say in the log what the platform has refused, and of nobody."""
        codes = Counter(
            outcome.error.code
            for outcome in outcomes
            if isinstance(outcome.error, Refused)
        )
        if codes:
            _logger.warning(
                "%s: %d rows were refused (%s)",
                integration._log_name(),
                codes.total(),
                ", ".join(sorted(codes)),
            )

    @api.model
    def _settle_rows(self, claim, outcomes, halt, rows):
        alike = defaultdict(rows.browse)
        for row in rows:
            key = row._sync_key()
            values = self._settlement(
                row, claim.works.get(key), outcomes.get(key), halt
            )
            changes = ((name, new) for name, new in values.items() if row[name] != new)
            alike[frozenset(changes)] += row
        for changes, some in alike.items():
            some.write(dict(changes))

    @api.model
    def _settle_unforeseen(self, claim, row, error):
        """Free a row whose outcome cannot be written down; it is looked up again."""
        # its words may hold the values
        _logger.error("%s could not be settled: %s", row, type(error).__name__)
        key = row._sync_key()
        if outcome := claim.outcomes.get(key):
            row._not_settled(outcome, error)
        work = claim.works.get(key)
        attempt = work.attempt if work else 1
        wait = timedelta(seconds=wait_before_retry(attempt))
        row.write(
            {
                "lease_token": False,
                "lease_until": False,
                "kill_count": 0,
                "sync_attempts": attempt,
                "next_sync_date": fields.Datetime.now() + wait,
                **row._failure_values(BadAnswer("malformed_answer")),
            }
        )

    @api.model
    def _settlement(self, row, work, outcome, halt):
        """The values that write an outcome down on its row.

        While the platform as a whole is away, the integration's pause decides when to
        try again, and no attempt of the row is counted.

        :param work: what was claimed; None for a row that has come to the lease since
        :param outcome: what became of it; None where it was not tried
        :param halt: the failure of the platform as a whole
        """
        values = {"lease_token": False, "lease_until": False}
        if work:
            values["sync_attempts"] = work.attempt - 1
        if work and not work.task:
            return values | self._unreadable_password(row, work)
        if not outcome:
            return values
        values |= row._outcome_values(outcome, work.sealed)
        if not outcome.attempted:
            return values
        error = outcome.error
        values |= row._failure_values(error)
        values["next_sync_date"] = False
        values["refused_digest"] = False
        values["kill_count"] = 0
        if error is None:
            values["sync_attempts"] = 0
            values["last_sync_date"] = fields.Datetime.now()
            if work.is_unreadable:
                values |= self._unreadable_password(row, work)
        elif isinstance(error, Refused):
            values["sync_attempts"] = work.attempt
            values["refused_digest"] = self._digest_of(work, row)
        elif isinstance(error, Unavailable) and not halt:
            values["sync_attempts"] = work.attempt
            wait = wait_before_retry(work.attempt, error.retry_after)
            # what is wanted since then has not failed yet
            if self._digest_of(work, row):
                now = fields.Datetime.now()
                values["next_sync_date"] = now + timedelta(seconds=wait)
        return values

    @api.model
    def _unreadable_password(self, row, work):
        return {
            "refused_digest": self._digest_of(work, row),
            "error_code": "wrong_key",
            "error_message": False,
        }

    @api.model
    def _digest_of(self, work, row):
        """What was sent in vain, unless the row wants something else by now."""
        same = row._sealed_password() == work.sealed
        if same and work.task:
            sent = work.task.desired
            wanted = row._desired(sent.password)
            if work.is_unreadable:
                wanted = replace(wanted, password=None)
            same = sent == wanted
        return row._digest() if same else False

    @api.model
    def _wake_for(self, rows, integration):
        """Come back for the rows that are still pending, when they are due."""
        pending = rows.filtered(lambda row: row.sync_state == "pending")
        if not pending or integration._is_paused() or not integration.active:
            return
        dates = pending.mapped("next_sync_date")
        self.env["sva.wakeup"]._engine(min(dates) if all(dates) else None)
