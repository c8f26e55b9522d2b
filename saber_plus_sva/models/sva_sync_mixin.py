# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the engine keeps in sync: a desired side, an observed side, and a lease."""

import hashlib
import logging
import uuid
from dataclasses import astuple

from psycopg2 import DatabaseError

from odoo import api, fields, models
from odoo.fields import Domain

from odoo.addons.contract_access.exceptions import RefusedError
from odoo.addons.contract_access.transaction import guarded, log_error

from ..engine.converge import Task
from ..engine.plan import ABSENT, UNKNOWN, Observed, plan

_logger = logging.getLogger(__name__)

#: what a platform's user can be
STATUSES = [
    ("active", "Active"),
    ("blocked", "Blocked"),
    ("disabled", "Disabled"),
]
#: … and what it is seen as
SEEN_STATUSES = [
    *STATUSES,
    # blocked or disabled, and the platform does not tell which
    ("inactive", "Inactive"),
]
#: who sees what the engine keeps for itself: nobody who works at a desk
TECHNICIANS = "base.group_system"
#: set for the rest of a transaction that will wake the engine, and need not do so again
WOKEN = "saber_plus_sva.engine_is_woken"
#: set for the rest of a transaction of the engine's own, which decides by itself when
#: it is wanted again
OWN_WORK = "saber_plus_sva.engine_at_work"
#: what has come to be refused in a transaction, or is refused no more
TURNED = "saber_plus_sva.turned"
#: for the log
UNTOLD = "Nobody could be told of what a platform has refused"


class SvaSyncMixin(models.AbstractModel):
    """A row that stands for one user on a platform.

    ``sync_state`` is what comes out of comparing the two sides: a row that differs is
    pending, whatever made it differ. Who inherits adds ``integration_id`` and
    ``cpf_cnpj``, and says what is desired.
    """

    _name = "sva.sync.mixin"
    _description = "SVA Synchronised"
    _inherit = "sva.failure.mixin"

    external_ref = fields.Char(
        string="Our Reference",
        default=lambda self: uuid.uuid4().hex,
        required=True,
        readonly=True,
        copy=False,
        help="Our own reference of the user, kept on the platform.",
    )
    platform_state = fields.Selection(
        selection=[(ABSENT, "Absent"), (UNKNOWN, "Unknown"), *SEEN_STATUSES],
        string="On the Platform",
        default=ABSENT,
        required=True,
        readonly=True,
        copy=False,
        index=True,
        help="The last known status on the platform.",
    )
    platform_user_id = fields.Char(
        string="Platform's ID", readonly=True, copy=False, index="btree_not_null"
    )
    sync_state = fields.Selection(
        selection=[
            ("pending", "Pending"),
            ("synced", "In sync"),
            ("failed", "Failed"),
        ],
        string="Synchronisation",
        compute="_compute_sync_state",
        store=True,
        help="Pending: the change has not reached the platform yet. Failed: the "
        "platform refused it, and someone has to look at it.",
    )
    sync_error = fields.Char(
        string="Error",
        compute="_compute_sync_error",
        compute_sudo=True,
        help="Why it is not in sync.",
    )
    sync_attempts = fields.Integer(
        string="Attempts", readonly=True, copy=False, aggregator=None
    )
    next_sync_date = fields.Datetime(string="Next Attempt", readonly=True, copy=False)
    last_sync_date = fields.Datetime(string="Last in Sync", readonly=True, copy=False)
    refused_digest = fields.Char(
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="What the platform refused. Any change to it is worth a new attempt.",
    )
    lease_token = fields.Char(
        readonly=True, copy=False, index="btree_not_null", groups=TECHNICIANS
    )
    lease_until = fields.Datetime(readonly=True, copy=False, groups=TECHNICIANS)
    kill_count = fields.Integer(
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="How often in a row the process that worked on it did not come to its "
        "end.",
    )

    @api.depends("platform_state", "platform_user_id", "refused_digest")
    def _compute_sync_state(self):
        turned = self.browse()
        for row in self:
            before = row.id and row.sync_state
            row.sync_state = row._derive_sync_state()
            if row.id and (before == "failed") != (row.sync_state == "failed"):
                turned += row
        if any(row.sync_state == "pending" for row in self if row._origin):
            self._wake_engine()
        turned._watch_refusals()

    def _derive_sync_state(self):
        if not self._steps():
            return "synced"
        if self.refused_digest and self.refused_digest == self._digest():
            return "failed"
        return "pending"

    def _steps(self):
        """The steps that lead from the observed to the desired side."""
        return plan(self._desired(), self._observed())

    @api.depends("error_code", "error_message")
    @api.depends_context("lang")
    def _compute_sync_error(self):
        for row in self:
            row.sync_error = row._explain_failure()

    def _desired(self, password=None):
        """What the platform must hold.

        :param password: the pending password in clear; without it, the sealed one
            stands for it
        :return: :class:`..engine.plan.Desired`
        """
        raise NotImplementedError

    def _observed(self):
        """What the platform was last known to hold.

        :return: :class:`..engine.plan.Observed`
        """
        self.ensure_one()
        return Observed(
            state=self.platform_state, user_id=self.platform_user_id or None
        )

    def _sealed_password(self):
        """The password that waits for the platform, encrypted; False if none does."""
        return False

    def _task(self, password):
        """What the engine has to do.

        :param password: the pending password in clear, None if there is none
        :return: :class:`..engine.converge.Task`
        """
        self.ensure_one()
        return Task(
            key=self._sync_key(),
            cpf=self.cpf_cnpj,
            external_ref=self.external_ref,
            desired=self._desired(password),
            observed=self._observed(),
        )

    def _sync_key(self):
        """The name of this row among those of all models."""
        return (self._name, self.id)

    def _outcome_values(self, outcome, sealed):
        """The values that write down what was observed.

        :param outcome: :class:`..engine.converge.Outcome`
        :param sealed: the password that went out with the row, encrypted
        """
        observed = outcome.observed
        return {
            "platform_state": observed.state,
            "platform_user_id": observed.user_id or False,
        }

    def _not_settled(self, outcome, error):
        """Mend what has kept an outcome from being written down, for the next time."""

    def _notify_settled(self):
        """Tell whoever looks at these rows that they have been worked on."""

    def _watch_refusals(self):
        """Have a person told of what is refused, once this transaction is over."""
        if not self:
            return
        precommit = self.env.cr.precommit
        turned = precommit.data.setdefault(TURNED, {})
        if self._name not in turned:
            precommit.add(self.env[self._name]._tell_refusals)
        turned.setdefault(self._name, set()).update(self.ids)

    @api.model
    def _tell_refusals(self):
        # sudo: somebody is told, whoever is at work
        ids = self.env.cr.precommit.data[TURNED].pop(self._name)
        rows = self.sudo().browse(ids)
        try:
            with self.env.cr.savepoint():
                rows.exists()._refusals_changed()
        except DatabaseError:
            # another transaction tells the same; a new one sees it
            self.env.cr.postcommit.add(rows._tell_refusals_again)
        except Exception as error:
            # what became of the calls must be kept, even if nobody is told
            log_error(_logger, error, UNTOLD)

    def _tell_refusals_again(self):
        with self.env.registry.cursor() as cr:
            rows = self.with_env(self.env(cr=cr))
            with guarded(rows.env, _logger, UNTOLD):
                rows.exists()._refusals_changed()

    def _refusals_changed(self):
        """Tell a person which of these rows the platform has refused.

        :param self: rows that it has refused, or does so no more
        """
        raise NotImplementedError

    def _digest(self):
        """A name for what is desired, to know it again after it was refused."""
        self.ensure_one()
        desired = self._desired()
        profile = desired.profile and astuple(desired.profile)
        whole = repr((desired.state, profile, self._sealed_password()))
        return hashlib.sha256(whole.encode()).hexdigest()

    @api.model
    def _claimable_domain(self, only=None):
        """The pending rows that nobody is working on.

        :param only: of these ids, due or not; without it, those that are due
        """
        now = fields.Datetime.now()
        due = Domain("next_sync_date", "=", False) | Domain("next_sync_date", "<=", now)
        free = Domain("lease_until", "=", False) | Domain("lease_until", "<=", now)
        which = due if only is None else Domain("id", "in", only)
        return Domain("sync_state", "=", "pending") & which & free

    def _look_again(self, later=False):
        """Forget what was observed and refused, so that the engine looks anew.

        Rows that it is working on are left alone.

        :param later: they come after whatever has just been changed: of many, nobody
            waits for one
        """
        self.filtered(lambda row: not row._is_leased()).write(
            {
                "refused_digest": False,
                "platform_state": UNKNOWN,
                "next_sync_date": later and fields.Datetime.now(),
            }
        )

    def _is_leased(self):
        """Whether somebody is working on this row."""
        return bool(self.lease_until and self.lease_until > fields.Datetime.now())

    def _busy(self):
        """What to raise where somebody would have to wait too long for a row."""
        return RefusedError(
            self.env._(
                "This SVA user is being synchronised right now. Try again in a moment."
            ),
            "busy",
            self,
        )

    def _wake_engine(self):
        """Have the engine run as soon as this transaction is committed."""
        data = self.env.cr.precommit.data
        if data.get(WOKEN) or data.get(OWN_WORK):
            return
        data[WOKEN] = True

        def wake():
            self.env["sva.wakeup"]._engine()
            self.env.flush_all()

        self.env.cr.precommit.add(wake)
