# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Work in the background as jobs of OCA's queue, instead of scheduled actions."""

import time
from functools import partial

from odoo import SUPERUSER_ID, api, fields, models
from odoo.fields import Domain

from odoo.addons.contract_access.transaction import commit, run
from odoo.addons.queue_job.job import ENQUEUED, PENDING
from odoo.addons.saber_plus_sva.models.sva_engine import BATCH_SIZE, MODELS

from .ir_cron import JOB_END

#: the name of our job, as the queue has it
FUNCTION = "<sva.wakeup>._run_as_job"
WAITING = (PENDING, ENQUEUED)
ENGINE = "saber_plus_sva.cron_sync_users"
#: seconds after which a job begins nothing new: Odoo ends a request that takes longer
#: than ``limit_time_real``, and other work waits for the worker
TURN = 15.0
#: seconds after which a job that has found no slot looks for one again
PAUSE = 1.0
#: jobs that converge rows side by side, however many are due
MOST_HANDS = 8


class SvaWakeup(models.AbstractModel):
    """A job runs what the scheduled action would have run, for a short while.

    It is given the action's name and nothing else: what is to be done stands in the
    rows. The scheduled actions go on beside it, so that a queue that stands still, or a
    job that was lost, costs minutes and no change.
    """

    _inherit = "sva.wakeup"

    @api.model
    def _trigger(self, xml_id, at):
        self._queue(at, xml_id)

    @api.model
    def _queue(self, at, xml_id, *hand):
        """Have a scheduled action run as a job.

        :param at: a naive datetime in UTC; None: as soon as this is committed
        """
        waker = self.with_user(SUPERUSER_ID)
        action = waker.env.ref(xml_id, raise_if_not_found=False)
        if not (action and action.active):
            return  # somebody has deleted it or switched it off
        # what is to come is asked for again and again; a job that is to run now might
        # have begun to look before the change that this one is about was committed
        key = at and f"{xml_id} {at.isoformat(timespec='seconds')}"
        name = action.with_context(lang=None).name
        job = waker.with_delay(eta=at, identity_key=key, description=name)
        job._run_as_job(xml_id, *hand)

    @api.model
    def _run_as_job(self, xml_id, hand=1):
        """Run a scheduled action; it wakes itself again where something is left.

        :param xml_id: the action's
        :param hand: which of the jobs it is that work side by side
        """
        scheduled = self.env.ref(xml_id, raise_if_not_found=False)
        if not (scheduled and scheduled.active):
            return
        run(self.env, partial(self._take_turn, xml_id, hand))
        over = time.monotonic() + TURN
        action = scheduled.ir_actions_server_id.with_context(**{JOB_END: over})
        action.run()
        while xml_id == ENGINE and time.monotonic() < over and self._is_work_left():
            # others have all the slots; as this job is there, they share them from
            # their next batch on
            commit(self.env)
            time.sleep(PAUSE)
            action.run()

    @api.model
    def _take_turn(self, xml_id, hand):
        """Do what other jobs wait to do; have one more help, where there is enough.

        This transaction sees the jobs that wait, and so what they are about.
        """
        jobs = self._jobs(xml_id, WAITING)
        now = fields.Datetime.now()
        due = jobs.filtered(lambda job: not job.eta or job.eta <= now)
        due.try_lock_for_update().button_cancelled()
        is_enough = xml_id == ENGINE and self._rows_due(hand * BATCH_SIZE + 1)
        if is_enough and hand < MOST_HANDS:
            self._queue(None, xml_id, hand + 1)

    @api.model
    def _jobs(self, xml_id, states):
        """The jobs for a scheduled action in these states."""
        domain = Domain("job_function_id.name", "=", FUNCTION)
        jobs = self.env["queue.job"].search(domain & Domain("state", "in", states))
        return jobs.filtered(lambda job: job.args[0] == xml_id)

    @api.model
    def _is_work_left(self):
        """Whether rows are due that could be worked on, if there were a slot."""
        due = self.env["sva.engine"]._due_integrations().filtered("active")
        return not all(integration._is_paused() for integration in due)

    @api.model
    def _rows_due(self, count):
        """Whether at least so many rows are due."""
        for name in MODELS:
            rows = self.env[name]
            count -= rows.search_count(rows._claimable_domain(), limit=count)
            if count <= 0:
                return True
        return False
