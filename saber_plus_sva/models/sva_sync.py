# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The engine: claims rows that are not in step, converges them, settles the result."""

import logging
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import retrying

from ..client import PlatformError, Refused, Unauthorized, Unavailable
from ..sync.backoff import wait_before_retry
from ..sync.converge import MAX_CALLS, Outcome, Report, Task, converge_batch
from ..sync.plan import UNKNOWN
from ..tools import vault

_logger = logging.getLogger(__name__)

#: rows per claim: few enough to settle often, many enough to fill the connections
BATCH_SIZE = 50
#: seconds after which no further row of a batch is begun: well within the time that
#: Odoo gives a worker by default
BATCH_SECONDS = 60.0
#: seconds that a person waits for a row that the engine is working on
PATIENCE = 30.0
#: seconds of a lease beyond what the calls themselves can take
LEASE_MARGIN = 60
CHANGED_NOTIFICATION = "saber_plus_sva/changed"


@dataclass(frozen=True)
class Claim:
    """Rows that this process works on, and nobody else until the lease ends.

    :param token: names the claim on its rows
    :param account: where and as whom the platform is asked
    :param tasks: what to do, with what was observed before the claim
    :param unreadable: ids of rows whose pending password cannot be decrypted
    :param sealed: the pending password that goes out with each row's id
    :param attempts: the number of the attempt for each row's id
    """

    token: str
    account: tuple[str, str]
    tasks: list[Task]
    unreadable: list[int]
    sealed: dict[int, str]
    attempts: dict[int, int]

    def __len__(self):
        return len(self.tasks) + len(self.unreadable)


class SvaSync(models.AbstractModel):
    """Convergence of SVA users, in batches of one integration each.

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
        engine = self.sudo().with_context(sva_engine=True)
        rows = engine.env["sva.user"]
        commit = self.env["ir.cron"]._commit_progress
        due = rows._read_group(self._claimable_domain(), ["integration_id"])
        for [integration] in due:
            if not engine._is_ready(integration):
                continue
            while claim := engine._claim(integration):
                engine._converge(integration, claim)
                left = rows.search_count(
                    self._claimable_domain()
                    & Domain("integration_id", "=", integration.id)
                )
                if not commit(len(claim), remaining=left):
                    return
                if integration._is_paused():
                    break

    @api.model
    def _sync_now(self, users):
        """Look at the platform and converge these rows, whether due or not.

        A row that the engine is working on is waited for.

        :param users: the rows
        :raises UserError: the first few failures, in the user's language
        """
        engine = self.sudo().with_context(sva_engine=True)
        rows = users.sudo().with_context(sva_engine=True)
        rows.filtered(lambda row: not row.lease_until).write(
            {"refused_digest": False, "platform_state": UNKNOWN}
        )
        self.env["ir.cron"]._commit_progress()
        deadline = time.monotonic() + PATIENCE
        for integration, group in rows.grouped("integration_id").items():
            if not engine._is_ready(integration, now=True):
                raise UserError(
                    integration.with_env(users.env).connection_error
                    or self.env._(
                        "The SVA integration “%s” is archived.", integration.name
                    )
                )
            left = group
            while left and not integration._is_paused():
                claim = engine._claim(integration, left)
                if claim:
                    engine._converge(integration, claim)
                    left -= rows.browse(
                        [*(task.key for task in claim.tasks), *claim.unreadable]
                    )
                    continue
                # what is left is being worked on elsewhere
                left = left.exists().filtered(lambda row: row.sync_state == "pending")
                if left and time.monotonic() > deadline:
                    raise UserError(
                        self.env._(
                            "This SVA user is being synchronised right now. Try again "
                            "in a moment."
                        )
                    )
                if left:
                    time.sleep(0.2)
                    self.env["ir.cron"]._commit_progress()
                    self.env.invalidate_all()
        failed = users.exists().filtered(lambda user: user.sync_state != "synced")
        if failed:
            raise UserError(
                "\n".join(
                    self.env._(
                        "%(user)s: %(error)s",
                        user=user.name,
                        error=user.sync_error
                        or self.env._("not in step with the platform yet"),
                    )
                    for user in failed[:5]
                )
            )

    @api.model
    def _claimable_domain(self, users=None):
        """The pending rows that nobody is working on.

        :param users: of these, due or not; without it, those that are due
        """
        now = fields.Datetime.now()
        due = Domain("next_sync_date", "=", False) | Domain("next_sync_date", "<=", now)
        free = Domain("lease_until", "=", False) | Domain("lease_until", "<=", now)
        which = due if users is None else Domain("id", "in", users.ids)
        return Domain("sync_state", "=", "pending") & which & free

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
        error = None
        recorder = self.env["sva.api.call"]._recorder()
        try:
            with integration._connect(recorder) as platform:
                self.env["ir.cron"]._commit_progress()
                platform.account()
        except PlatformError as failure:
            error = failure
        retrying(partial(self._settle_probe, integration, recorder, error), self.env)
        self.env["ir.cron"]._commit_progress()
        return error is None

    @api.model
    def _settle_probe(self, integration, recorder, error):
        integration._observe_connection(error)
        self.env["sva.api.call"]._write_down(integration, recorder)

    @api.model
    def _claim(self, integration, users=None):
        """Take rows to work on, and commit that they are taken.

        :param users: take of these, due or not; without it, of those that are due
        :return: a :class:`Claim`; empty where there is nothing to take
        """
        claim = retrying(partial(self._take, integration, users), self.env)
        self.env["ir.cron"]._commit_progress()
        return claim

    @api.model
    def _take(self, integration, users):
        now = fields.Datetime.now()
        candidates = self.env["sva.user"].search(
            self._claimable_domain(users)
            & Domain("integration_id", "=", integration.id),
            # more than one batch: another process may be taking the first ones
            limit=4 * BATCH_SIZE,
            order="next_sync_date NULLS FIRST, id",
        )
        rows = candidates.try_lock_for_update(limit=BATCH_SIZE)
        claim = Claim(uuid.uuid4().hex, self._account(integration), [], [], {}, {})
        for row in rows:
            claim.attempts[row.id] = row.sync_attempts + 1
            sealed = row.password_sealed
            try:
                password = vault.unseal(sealed) if sealed else None
            except vault.VaultError:
                claim.unreadable.append(row.id)
                continue
            if sealed:
                claim.sealed[row.id] = sealed
            claim.tasks.append(
                Task(
                    key=row.id,
                    cpf=row.cpf_cnpj,
                    username=row.username,
                    external_ref=row.external_ref,
                    desired=row._desired(password),
                    observed=row._observed(),
                )
            )
        # after the time for a batch, what is under way is still brought to its end
        last = MAX_CALLS * integration.request_timeout
        seconds = BATCH_SECONDS + last + LEASE_MARGIN
        rows.write(
            {
                "lease_token": claim.token,
                "lease_until": now + timedelta(seconds=seconds),
                "platform_state": UNKNOWN,
            }
        )
        return claim

    @api.model
    def _account(self, integration):
        return (integration.base_url, integration.token_sealed)

    @api.model
    def _converge(self, integration, claim):
        """Make the calls for a claim, and write down what became of them."""
        recorder = self.env["sva.api.call"]._recorder()
        workers = integration.max_concurrency
        try:
            platform = integration._connect(recorder)
        except Unauthorized as error:
            untouched = [
                Outcome(task.key, task.observed, attempted=False)
                for task in claim.tasks
            ]
            report = Report(untouched, error)
        else:
            self.env["ir.cron"]._commit_progress()
            with platform:
                report = converge_batch(
                    platform,
                    claim.tasks,
                    workers,
                    seconds=BATCH_SECONDS,
                    about=recorder.about,
                )
        settle = partial(self._settle, integration, claim, report, recorder)
        retrying(settle, self.env)
        self.env["ir.cron"]._commit_progress()

    @api.model
    def _settle(self, integration, claim, report, recorder):
        outcomes = {outcome.key: outcome for outcome in report.outcomes}
        rows = self.env["sva.user"].search(
            # rows deleted meanwhile, or taken over after the lease, are not ours
            [
                ("id", "in", [*outcomes, *claim.unreadable]),
                ("lease_token", "=", claim.token),
            ]
        )
        for row in rows:
            row.write(self._settlement(row, claim, outcomes.get(row.id), report.halt))
        if claim.account == self._account(integration) and (
            report.halt
            or any(
                outcome.attempted and not outcome.error for outcome in report.outcomes
            )
        ):
            # else what was learnt is of a token that has been replaced meanwhile
            integration._observe_connection(report.halt)
        self.env["sva.api.call"]._write_down(integration, recorder, claim.attempts)
        self._wake_for(rows, integration)
        self._notify(rows)
        _logger.info(
            "%s: %d SVA users converged, %d in step, %d failed, %d pending",
            integration.platform,
            len(rows),
            *(
                len(rows.filtered(lambda row, state=state: row.sync_state == state))
                for state in ("synced", "failed", "pending")
            ),
        )

    @api.model
    def _settlement(self, row, claim, outcome, halt):
        """The values that write an outcome down on its row.

        While the platform as a whole is away, the integration's pause decides when to
        try again, and no attempt of the row is counted.
        """
        values = {"lease_token": False, "lease_until": False}
        if outcome is None:
            return values | {
                "refused_digest": row._digest(),
                "error_code": "wrong_key",
                "error_message": False,
            }
        observed = outcome.observed
        values["platform_state"] = observed.state
        values["platform_user_id"] = observed.user_id or False
        if observed.profile:
            values["platform_name"] = observed.profile.name
            values["platform_phone"] = observed.profile.phone
            values["platform_package_code"] = observed.profile.package_code
        if outcome.password_delivered and row.password_sealed == claim.sealed.get(
            row.id
        ):
            values["password_sealed"] = False
        if not outcome.attempted:
            return values
        error = outcome.error
        values["conflicting_user_id"] = outcome.conflicting_user_id or False
        values["error_code"] = error.code if error else False
        values["error_message"] = self._message(error) if error else False
        values["next_sync_date"] = False
        values["refused_digest"] = False
        if error is None:
            values["sync_attempts"] = 0
            values["last_sync_date"] = fields.Datetime.now()
        elif isinstance(error, Refused):
            values["sync_attempts"] = claim.attempts[row.id]
            values["refused_digest"] = self._digest_of(claim, row)
        elif isinstance(error, Unavailable) and not halt:
            values["sync_attempts"] = claim.attempts[row.id]
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
        sent = next(task for task in claim.tasks if task.key == row.id).desired
        wanted = row._desired(sent.password)
        same_password = row.password_sealed == claim.sealed.get(row.id, False)
        return row._digest() if sent == wanted and same_password else False

    @api.model
    def _wake_for(self, rows, integration):
        """Come back for the rows that are still pending, when they are due."""
        pending = rows.filtered(lambda row: row.sync_state == "pending")
        if not pending or integration._is_paused():
            return
        dates = pending.mapped("next_sync_date")
        self._wake(min(dates) if all(dates) else None)

    @api.model
    def _notify(self, rows):
        """Have the forms that show these rows load them again."""
        self.env.ref("saber_plus_sva.group_sva_user")._bus_send(
            CHANGED_NOTIFICATION,
            {"user_ids": rows.ids, "contract_ids": rows.contract_id.ids},
        )
