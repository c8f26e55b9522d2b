# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What customers see of their SVA users, and the one thing that they change."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_date

from ..rules.user_state import LinePhase, next_change
from .sva_sync_mixin import TECHNICIANS
from .sva_user import MIN_PASSWORD_LENGTH

#: how often a customer may set the password within an hour
PASSWORD_LIMIT = 5
PASSWORD_PERIOD = timedelta(hours=1)


class SvaUser(models.Model):
    _inherit = "sva.user"

    portal_password_since = fields.Datetime(
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="Since when the customer's changes of the password are counted.",
    )
    portal_password_count = fields.Integer(
        readonly=True, copy=False, groups=TECHNICIANS
    )

    def _portal_status(self):
        """The user's state in the customer's words, and what to do about it.

        :return: a dict of ``color`` (Bootstrap's), ``title``, ``text``, and ``link``, a
            pair of a label and a path, or None
        """
        self.ensure_one()
        explain = {
            "active": self._portal_active,
            "blocked": self._portal_blocked,
            "disabled": self._portal_disabled,
        }[self.state]
        color, title, text, *link = explain()
        return {
            "color": color,
            "title": title,
            "text": text,
            "link": link[0] if link else None,
        }

    def _portal_active(self):
        if self.sync_state == "failed":
            return (
                "warning",
                self.env._("Being checked"),
                self.env._("We have to put something right first. Please contact us."),
            )
        if self.platform_state != "active":
            return (
                "info",
                self.env._("Being set up"),
                self.env._("This usually takes a few minutes."),
            )
        return "success", self.env._("Active"), self.env._("You can use it now.")

    def _portal_blocked(self):
        contract = self.contract_id
        later = "info", self.env._("Not yet")
        if contract.is_suspended:
            return (
                "info",
                self.env._("Suspended"),
                contract.suspension_id._explain(),
            )
        if contract.contract_status == "pre_contract" or (
            contract.access_status == "awaiting_signature"
        ):
            return (
                *later,
                self.env._("It starts when your contract has been signed."),
            )
        blocked = "warning", self.env._("Blocked")
        if contract.access_status == "auto_blocked":
            return (
                *blocked,
                self.env._(
                    "An invoice is open. Once it is paid, you can use it again at once."
                ),
                (self.env._("See my invoices"), "/my/invoices"),
            )
        if contract.access_status == "manually_blocked":
            return (*blocked, self.env._("Please contact us."))
        day = next_change(contract._sva_periods(self.product_id), contract._today())
        return (
            *later,
            self.env._("It starts on %s.", format_date(self.env, day)) if day else "",
        )

    def _portal_disabled(self):
        contract = self.contract_id
        if contract._sva_has_ended():
            text = self.env._("Your contract has ended, and this access with it.")
        elif contract._sva_phase(self.product_id) is LinePhase.ENDED:
            text = self.env._("It is not part of your contract any more.")
        else:
            text = self.env._("It is switched off. To have it back, please contact us.")
        return "secondary", self.env._("Ended"), text

    def _portal_may_set_password(self):
        """Whether the customer may set the password now: of an access that is open."""
        return self.state == "active"

    def _portal_password_hint(self):
        return self.env._("At least %s characters.", MIN_PASSWORD_LENGTH)

    def _portal_set_password(self, password):
        """Set the password for the customer who is logged in.

        :param password: as it was typed; the platform has it a moment later
        :raises AccessError: it is somebody else's user
        :raises UserError: the access is not open, the password is too short, or it was
            changed too often
        """
        self.ensure_one()
        # sudo: customers have no rights on SVA users; which one is theirs is checked
        user = self.sudo()
        if user not in user.contract_id._sva_portal_users():
            raise AccessError(self.env._("This is not your access."))
        if not user._portal_may_set_password():
            raise UserError(self.env._("The access is not open."))
        now = fields.Datetime.now()
        since, count = user.portal_password_since, user.portal_password_count
        if not since or since <= now - PASSWORD_PERIOD:
            since, count = now, 0
        if count >= PASSWORD_LIMIT:
            raise UserError(
                self.env._(
                    "You have changed the password several times. Please try again in "
                    "an hour."
                )
            )
        user.write(
            {
                "password": password,
                "portal_password_since": since,
                "portal_password_count": count + 1,
            }
        )
