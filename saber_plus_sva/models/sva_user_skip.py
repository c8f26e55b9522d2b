# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Leaving one SVA user alone for a while, and having it tried again at once."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_datetime

from odoo.addons.contract_access.remote import (
    given_datetime,
    given_text,
    on_records,
)

from .product_template import MANAGER


class SvaUser(models.Model):
    _inherit = "sva.user"

    skip_until = fields.Datetime(
        string="Skipped Until",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="It is not synchronised before this moment.",
    )
    skip_reason = fields.Char(string="Reason to Skip", readonly=True, copy=False)

    def action_open_skip(self):
        """Ask why and until when these users are to be left alone."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Skip the SVA User"),
            "res_model": "sva.user.skip",
            "view_mode": "form",
            "target": "new",
            "context": {"default_sva_user_ids": self.ids},
        }

    @on_records
    def action_skip(self, reason, until):
        """Do not synchronise these users for a while; what is to change stays pending.

        :param reason: for the chatter and for those who wait
        :param until: a moment in UTC, as a string or naive
        :return: True
        :raises UserError: there is no reason, or the moment is not to come
        """
        self._check_may_skip()
        until = given_datetime(self.env, "until", until)
        reason = given_text(self.env, "reason", reason)
        if not (reason or "").strip():
            raise UserError(self.env._("Give a reason to skip the SVA user."))
        if not until or until <= fields.Datetime.now():
            raise UserError(
                self.env._(
                    "The moment until which the user is skipped must be in the future."
                )
            )
        # sudo: when a row is worked on is the engine's to know
        self.sudo().write({"skip_until": until, "skip_reason": reason})
        note = self.env._(
            "Skipped until %(date)s: %(reason)s",
            date=format_datetime(self.env, until),
            reason=reason,
        )
        self._message_log_batch(dict.fromkeys(self.ids, note))
        self.env["sva.wakeup"]._engine(until)
        return True

    @on_records
    def action_unstick(self):
        """Try these users again at once, whatever they were waiting for.

        What they wait for is forgotten: a skip, a pause after failures, what a process
        that is gone has claimed. The user is looked up on the platform first.

        :return: True
        :raises UserError: one of them is being worked on right now
        """
        self._check_may_skip()
        # sudo: when a row is worked on is the engine's to know
        rows = self.sudo()
        if any(row._is_leased() for row in rows):
            raise self._busy()
        skipped = rows.filtered("skip_until")
        rows.write(
            {
                "skip_until": False,
                "skip_reason": False,
                "lease_token": False,
                "lease_until": False,
                "kill_count": 0,
                "sync_attempts": 0,
                **rows._failure_values(),
            }
        )
        rows._look_again()
        note = self.env._("Not skipped any more.")
        skipped._message_log_batch(dict.fromkeys(skipped.ids, note))
        self.env["sva.wakeup"]._engine()
        return True

    def _check_may_skip(self):
        self.check_access("write")
        if not self.env.su and not self.env.user.has_group(MANAGER):
            raise AccessError(self.env._("Only managers skip SVA users."))

    @api.model
    def _claimable_domain(self, only=None):
        now = fields.Datetime.now()
        return super()._claimable_domain(only) & (
            Domain("skip_until", "=", False) | Domain("skip_until", "<=", now)
        )

    @api.depends("skip_until", "skip_reason")
    @api.depends_context("tz")
    def _compute_sync_error(self):
        result = super()._compute_sync_error()
        now = fields.Datetime.now()
        for user in self:
            if user.skip_until and user.skip_until > now:
                user.sync_error = self.env._(
                    "Skipped until %(date)s: %(reason)s",
                    date=format_datetime(self.env, user.skip_until),
                    reason=user.skip_reason,
                )
        return result
