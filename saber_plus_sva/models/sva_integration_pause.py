# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A manager stops an integration, and has it go on again."""

import logging

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from odoo.addons.contract_access.exceptions import RefusedError
from odoo.addons.contract_access.remote import given_flag, given_text, on_records

from ..exceptions import PlatformAway

_logger = logging.getLogger(__name__)


class SvaIntegration(models.Model):
    """While it is paused no call is made, but for the test of the connection."""

    _inherit = "sva.integration"

    is_on_hold = fields.Boolean(
        string="Paused by a Manager",
        readonly=True,
        copy=False,
        help="No call is made until a manager resumes the integration.",
    )
    hold_reason = fields.Char(string="Reason of the Pause", readonly=True, copy=False)
    is_rehearsing = fields.Boolean(
        string="Dry Run",
        readonly=True,
        copy=False,
        help="While it is paused, what would be called is written down.",
    )

    def action_open_pause(self):
        """Ask for the reason to pause this integration."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Pause the Integration"),
            "res_model": "sva.integration.pause",
            "view_mode": "form",
            "target": "new",
            "context": {"default_integration_id": self.id},
        }

    @on_records
    def action_pause(self, reason, dry_run=False):
        """Make no call any more, from this moment on.

        Calls that are on the wire are brought to their end. What changes meanwhile is
        sent after :meth:`action_resume`.

        :param reason: for the chatter and for those who wait
        :param dry_run: whether to write down what would be called, see *Calls*
        :return: True
        :raises UserError: there is no reason
        """
        self.check_access("write")
        reason = (given_text(self.env, "reason", reason) or "").strip()
        dry_run = given_flag(self.env, "dry_run", dry_run)
        if not reason:
            raise RefusedError(
                self.env._("Say why, in a few words."), "field_missing", self
            )
        # sudo: whether calls are made is for the buttons to decide
        self.sudo().write(
            {
                "is_on_hold": True,
                "hold_reason": reason,
                "is_rehearsing": dry_run,
            }
        )
        if not dry_run:
            self.sudo()._forget_rehearsal()
        for integration in self:
            integration.sudo()._message_log(
                body=self.env._("Paused: %s", reason), author_id=self._author()
            )
            _logger.warning("%s: paused by a manager", integration.sudo()._log_name())
        if dry_run:
            self.env["sva.wakeup"]._reconciliation()
        return True

    @on_records
    def action_resume(self):
        """Make calls again, and send what has changed meanwhile.

        :return: True
        """
        self.check_access("write")
        held = self.filtered("is_on_hold")
        # sudo: whether calls are made is for the buttons to decide
        held.sudo().write(
            {"is_on_hold": False, "hold_reason": False, "is_rehearsing": False}
        )
        held.sudo()._forget_rehearsal()
        for integration in held:
            integration.sudo()._message_log(
                body=self.env._("Resumed."), author_id=self._author()
            )
            _logger.warning("%s: resumed by a manager", integration.sudo()._log_name())
        self.env["sva.wakeup"]._engine()
        return True

    def _archive_or_restore(self, active):
        """Pause what is archived: nothing is sent before a manager has it go on.

        What has changed meanwhile may be months old when it is restored.

        :param active: what these are to be
        :raises UserError: another integration has their users by now
        """
        # sudo: whose users they are, no company's rules decide
        changed = self.sudo().filtered(lambda row: row.active != active)
        for integration in changed:
            if active:
                integration._check_not_taken_over()
            if not integration.is_on_hold:
                integration.action_pause(self.env._("Archived"))

    def _check_not_taken_over(self):
        """Refuse to act for users that stand for others' customers by now."""
        mine = Domain("integration_id", "=", self.id) & Domain(
            "platform_user_id", "!=", False
        )
        users = self.env["sva.user"]
        removals = self.env["sva.user.removal"]
        others = self._of_same_account() - self
        # sudo: see _standing_for
        for rows in (
            users.sudo()._search(mine),
            removals.sudo()._search(mine & removals._open_domain()),
        ):
            taken = users._standing_for(others, rows.subselect("platform_user_id"))
            if taken:
                raise taken[0]._platform_user_taken()

    def _author(self):
        return self.env.user.partner_id.id

    def _at_work_sql(self, alias):
        return SQL(
            "%s AND %s IS NOT TRUE",
            super()._at_work_sql(alias),
            SQL.identifier(alias, "is_on_hold"),
        )

    def _is_paused(self):
        return self.is_on_hold or super()._is_paused()

    def _is_at_rest(self):
        return self.is_on_hold or super()._is_at_rest()

    def _is_ready(self, now=False):
        return not self.is_on_hold and super()._is_ready(now)

    def _pause_code(self):
        return "integration_paused" if self.is_on_hold else super()._pause_code()

    def _away(self, reason=None, next_date=None):
        if not self.is_on_hold:
            return super()._away(reason, next_date)
        return PlatformAway(
            self.env._(
                "%(integration)s is paused: %(reason)s. Nothing is lost: pending "
                "changes are sent as soon as a manager resumes it.",
                integration=self.name,
                reason=self.hold_reason.rstrip("."),
            ),
            self._pause_code(),
            self,
        )
