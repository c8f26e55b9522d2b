# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a customer is told by e-mail, once the platform has done it."""

import logging

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from odoo.addons.contract_access.transaction import (
    UNFORESEEN,
    commit,
    guarded,
    log_error,
    run,
    together_or_one_by_one,
)

from ..engine.plan import ABSENT
from .sva_sync_mixin import STATUSES, TECHNICIANS

_logger = logging.getLogger(__name__)

#: what a user was and is on the platform, and what is told of it
TOLD = {
    (ABSENT, "active"): "welcome",
    ("active", "blocked"): "blocked",
    ("blocked", "active"): "released",
    ("disabled", "active"): "released",
    ("active", "disabled"): "cancelled",
    ("blocked", "disabled"): "cancelled",
}
#: the activity that says that customers could not be told
NOT_TOLD = "saber_plus_sva.activity_not_told"
#: for the log
UNTOLD = "Customers could not be told of what a platform has done"
#: users per transaction of the daily action
BATCH_SIZE = 100


class SvaUser(models.Model):
    """Desired and observed once more: what the customer was told, and what is so.

    What was told is written in the transaction that settles a row and makes the mail:
    so each mail goes out once, and none before the platform has done it.
    """

    _inherit = "sva.user"

    told_state = fields.Selection(
        selection=[(ABSENT, "Absent"), *STATUSES],
        default=ABSENT,
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="The status on the platform that the customer knows of.",
    )
    told_password = fields.Boolean(
        default=True,
        readonly=True,
        copy=False,
        groups=TECHNICIANS,
        help="The customer knows of the last change of the password.",
    )

    @api.model
    def _init_column(self, column_name):
        """Customers who have had their users before there were mails know of them."""
        if column_name != "told_state":
            return super()._init_column(column_name)
        self.env.cr.execute(
            """
            UPDATE sva_user
               SET told_state = CASE WHEN platform_state = 'unknown' THEN state
                                     ELSE platform_state END
            """
        )
        return None

    def _take_over(self):
        result = super()._take_over()
        # whoever was on the platform before us needs no welcome
        for user in self.filtered(lambda user: user.told_state == ABSENT):
            user.told_state = user.state
        return result

    @api.model
    def _mail_templates(self):
        """The e-mail template of each occasion, by xml id.

        The company's setting ``sva_mail_<occasion>`` switches it.
        """
        return {
            "welcome": "saber_plus_sva.mail_template_welcome",
            "password": "saber_plus_sva.mail_template_password",
            "blocked": "saber_plus_sva.mail_template_blocked",
            "released": "saber_plus_sva.mail_template_released",
            "cancelled": "saber_plus_sva.mail_template_cancelled",
        }

    @api.model
    def mail_allowed_qweb_expressions(self):
        """What the mails say: whoever is no editor of templates may edit them."""
        return (
            *super().mail_allowed_qweb_expressions(),
            # paths of fields, for Odoo evaluates nothing in what is listed here
            "object.company_id.email_formatted",
            "object.company_id.name",
            "object.contract_id.name",
            "object.name",
            "object.package_id.name",
            "object.package_id.portal_text",
            "object.partner_id.id",
            "object.partner_id.lang",
            "object.partner_id.name",
            "object.product_id.name",
            "object.username",
        )

    def _outcome_values(self, outcome, sealed):
        values = super()._outcome_values(outcome, sealed)
        if outcome.password_delivered:
            values["told_password"] = False
        return values

    def _notify_settled(self):
        result = super()._notify_settled()
        try:
            with self.env.cr.savepoint():
                self._tell_customers()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            # those who look at the users are told all the same
            log_error(_logger, error, UNTOLD)
        return result

    def _tell_customers(self):
        """Have the mails sent that what was observed is worth."""
        synced = self.filtered(lambda user: user.sync_state == "synced")
        by_occasion = synced.grouped(lambda user: user._next_to_tell())
        for occasion, users in by_occasion.items():
            together_or_one_by_one(
                users,
                lambda some, occasion=occasion: some._tell(occasion),
                lambda user, error, occasion=occasion: user._not_told(occasion, error),
            )

    def _tell(self, occasion):
        """Have customers told of something, and write down what they know now.

        :param occasion: as of :meth:`_next_to_tell`
        """
        # who has never used it need not be told that it is blocked
        users = self.filtered(
            lambda user: user.told_state != ABSENT or user.platform_state == "active"
        )
        # nothing that the chatter tracks
        told = users.with_context(tracking_disable=True)
        for state, some in told.grouped(lambda user: user._held_state()).items():
            values = {"told_state": state}
            if state == "active":
                values["told_password"] = True
            some.filtered(
                lambda user, values=values: any(
                    user[name] != value for name, value in values.items()
                )
            ).write(values)
        template = self._mail_template(occasion)
        if not template:
            return
        told = self.filtered(
            lambda user: (
                user.partner_id.email and user.company_id[f"sva_mail_{occasion}"]
            )
        )
        if told:
            template.send_mail_batch(told.ids)

    def _not_told(self, occasion, error):
        log_error(_logger, error, "%s could not be told (%s)", self, occasion)
        template = self._mail_template(occasion)

        def note(integration):
            name = template and template.with_env(integration.env).name
            return ": ".join(filter(None, (name, integration.env._(UNFORESEEN))))

        self.integration_id._open_occasion(NOT_TOLD, note)

    @api.model
    def _mail_template(self, occasion):
        """The e-mail template of an occasion; None where there is none."""
        xml_id = self._mail_templates().get(occasion)
        return xml_id and self.env.ref(xml_id, raise_if_not_found=False)

    @api.model
    def _tell_left_behind(self):
        """Tell what could not be told, or what a killed process has not told."""
        left = self.search(self._untold_domain()).ids
        commit(self.env, remaining=len(left))
        for batch in split_every(BATCH_SIZE, left, self.browse):
            with guarded(self.env, _logger, UNTOLD):
                run(self.env, lambda batch=batch: batch.exists()._tell_customers())
            if not commit(self.env, len(batch)):
                return
        still = self._read_group(self._untold_domain(), ["integration_id"])
        integrations = self.env["sva.integration"].with_context(active_test=False)
        over = integrations.search([("id", "not in", [row.id for (row,) in still])])
        over._close_occasion(NOT_TOLD)

    @api.model
    def _untold_domain(self):
        """Those in sync for whom :meth:`_next_to_tell` has something."""
        untold = Domain("told_password", "=", False) & Domain(
            "platform_state", "=", "active"
        )
        for told, held in TOLD:
            is_held = Domain("platform_state", "=", held) | Domain(
                [("platform_state", "=", "inactive"), ("state", "=", held)]
            )
            untold |= Domain("told_state", "=", told) & is_held
        return Domain("sync_state", "=", "synced") & untold

    def _held_state(self):
        """What it is on the platform; it is in sync.

        Of blocked and disabled, where the platform does not tell which, the one that it
        has to be.
        """
        return self.state if self.platform_state == "inactive" else self.platform_state

    def _next_to_tell(self):
        """What the customer does not know yet.

        :return: a key of :meth:`_mail_templates`; None where there is nothing to tell
        """
        if occasion := TOLD.get((self.told_state, self._held_state())):
            return occasion
        is_new = not self.told_password and self.platform_state == "active"
        return "password" if is_new else None
