# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What has settled, and other programs have not been told of yet."""

import hashlib
from dataclasses import astuple

from odoo import api, fields, models
from odoo.tools import SQL

from .sva_sync_mixin import TECHNICIANS

#: what may have settled in a transaction
SETTLED = "saber_plus_sva.settled"
#: what a row comes to rest in
AT_REST = frozenset({"synced", "failed"})


class SvaSyncMixin(models.AbstractModel):
    """Desired and observed once more: what was announced, and what is so.

    Whatever brings a row to rest, what is to be told is written in that transaction:
    so each change is told once, and none that did not come to be.
    """

    _inherit = "sva.sync.mixin"

    announced = fields.Char(
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="What other programs were told last, to know it again.",
    )

    def _compute_sync_state(self):
        result = super()._compute_sync_state()
        self._watch_settled()
        return result

    def _watch_settled(self):
        """Look at these rows once more before the transaction is committed."""
        # records of a form are not saved, and so nothing that has happened
        ids = [row.id for row in self if row.id]
        if not ids:
            return
        precommit = self.env.cr.precommit
        settled = precommit.data.setdefault(SETTLED, {})
        if self._name not in settled:
            precommit.add(self.env[self._name]._announce)
        settled.setdefault(self._name, set()).update(ids)

    @api.model
    def _announce(self):
        """Write down what is to be told of the rows that have come to rest."""
        ids = self.env.cr.precommit.data[SETTLED].pop(self._name)
        # sudo: other programs are told, whoever is at work
        rows = self.sudo().browse(sorted(ids)).exists()
        news = {
            row: announcement
            for row in rows
            if row.sync_state in AT_REST
            and (announcement := row._announcement()) != row.announced
        }
        if not news:
            return
        # nothing that anybody looks at: no tracking, no other date of the change
        self.env.cr.execute(
            SQL(
                """
                UPDATE %(table)s AS row
                   SET announced = new.announced
                  FROM unnest(%(ids)s, %(news)s) AS new (id, announced)
                 WHERE row.id = new.id
                """,
                table=SQL.identifier(self._table),
                ids=[row.id for row in news],
                news=list(news.values()),
            )
        )
        self.browse(row.id for row in news).invalidate_recordset(
            ["announced"], flush=False
        )
        self.env["sva.webhook"].sudo()._tell_of(self.sudo().union(*news))
        self.env.flush_all()

    def _announcement(self):
        """A name for what there is to tell of this row, to know it again."""
        self.ensure_one()
        desired = self._desired()
        whole = (
            self.sync_state,
            self.platform_state,
            desired.state,
            desired.profile and astuple(desired.profile),
            self.error_code if self.sync_state == "failed" else None,
        )
        return hashlib.sha256(repr(whole).encode()).hexdigest()

    def _event(self):
        """What other programs are told of this row, now that it has come to rest.

        No person's data: whoever may know them reads the record.

        :return: the event, one of :data:`.sva_webhook_delivery.EVENTS`; the id of the
            SVA user that it is about; and what is told of it, a dict
        """
        raise NotImplementedError
