# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Telling those who look at something that it has changed."""

import threading
import time
from collections import defaultdict

from odoo import api, models

#: what the web client listens to
CHANGED_NOTIFICATION = "saber_plus_sva/changed"
#: the part of a group's channel that only those of it have who look at a form of ours
WATCHERS = "saber_plus_sva.watchers"
#: seconds between two messages of this process to the same people
PAUSE = 1.0

_lock = threading.Lock()
#: by database, the ids that nobody has been told of yet, by the names that forms know
_untold = defaultdict(lambda: defaultdict(set))
#: by database, when a message was sent, of the monotonic clock
_told_at = {}


class SvaLive(models.AbstractModel):
    """What has changed in many short steps is told at most once a second."""

    _name = "sva.live"
    _description = "SVA Live Refresh"

    @api.model
    def _changed(self, **ids):
        """Tell of records soon; :meth:`_flush` tells of what is left.

        :param ids: lists of ids, by the names that ``sva_live_refresh`` knows
        """
        if not any(ids.values()):
            return
        with _lock:
            for name, some in ids.items():
                _untold[self.env.cr.dbname][name].update(some)
            told = self._take() if self._may_tell() else {}
        self._tell(told)

    @api.model
    def _flush(self):
        """Tell of what has not been told yet."""
        with _lock:
            told = self._take()
        self._tell(told)

    @api.model
    def _take(self):
        """What nobody has been told of, for whoever has the lock to tell it."""
        dbname = self.env.cr.dbname
        if told := _untold.pop(dbname, {}):
            _told_at[dbname] = time.monotonic()
        return told

    @api.model
    def _must_wait(self):
        """Whether there is something to tell, and must not be told yet."""
        untold = _untold.get(self.env.cr.dbname)
        return bool(untold) and self._is_in_background() and not self._may_tell()

    @api.model
    def _is_in_background(self):
        """Whether nobody waits for this work: a scheduled action does it."""
        return "cron_id" in self.env.context

    @api.model
    def _may_tell(self):
        return time.monotonic() - _told_at.get(self.env.cr.dbname, 0.0) >= PAUSE

    @api.model
    def _tell(self, told):
        if told:
            message = {name: sorted(ids) for name, ids in told.items()}
            self._send("saber_plus_sva.group_sva_user", message)

    @api.model
    def _send(self, group, message):
        """Have the forms that people of a group look at load again."""
        self.env.ref(group)._bus_send(
            CHANGED_NOTIFICATION, message, subchannel=WATCHERS
        )
