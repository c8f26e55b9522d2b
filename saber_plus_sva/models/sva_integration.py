# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider's account on an SVA platform."""

import logging
from functools import partial

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import LazyTranslate

from odoo.addons.contract_access.exceptions import InvalidError, RefusedError
from odoo.addons.contract_access.remote import check_rows, on_one_record, on_records
from odoo.addons.contract_access.transaction import guarded, run

from .. import vault
from ..client.base_url import server
from .product_template import MANAGER

_lt = LazyTranslate(__name__)

_logger = logging.getLogger(__name__)

#: the activity that says that work stands still
INCIDENT = "saber_plus_sva.activity_incident"
#: the activity that says that users are still there who were to be deleted
NOT_REMOVED = "saber_plus_sva.activity_removal"
#: what decides where and as whom we ask: a change voids what was known
CONNECTION_FIELDS = {
    "base_url",
    "token",
    "sign_in",
    "login",
    "token_url",
    "entitlements",
}
#: what the lack of it means, by its name in :class:`..client.types.Account`
LACKS = {
    "filter": _lt("The platform cannot look users up; all are read for each look-up."),
    "pages": _lt("The platform lists all users at once, however many there are."),
    "patch": _lt("The platform changes users only as a whole."),
    "reference": _lt(
        "The platform keeps no reference of ours; the employee number is used for it."
    ),
    "groups": _lt("The platform has no groups, and so no packages."),
    "entitlements": _lt("The platform has no entitlements, and so no packages."),
}
#: what a manager enters
ACCOUNT_FIELDS = frozenset(
    {
        "active",
        "name",
        "user_id",
        "platform",
        "max_concurrency",
        "max_requests_per_second",
        "request_timeout",
        *CONNECTION_FIELDS,
    }
)


class SvaIntegration(models.Model):
    """One account on one platform, per company."""

    _name = "sva.integration"
    _description = "SVA Integration"
    _inherit = [
        "sva.connection.mixin",
        "write.guard.mixin",
        "chatter.language.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "activity.occasion.mixin",
    ]
    _order = "company_id, platform"
    _managers = MANAGER

    name = fields.Char(string="Description", required=True, tracking=True)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        default=lambda self: self.env.company,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        help="Gets an activity when the platform cannot be reached or refuses the "
        "token.",
    )
    package_ids = fields.One2many(
        comodel_name="sva.package", inverse_name="integration_id", string="Packages"
    )
    package_count = fields.Integer(compute="_compute_counts")
    user_count = fields.Integer(compute="_compute_counts")
    pending_count = fields.Integer(compute="_compute_counts")
    failed_count = fields.Integer(compute="_compute_counts")
    failed_removal_count = fields.Integer(compute="_compute_failed_removal_count")

    _unique_platform = models.UniqueIndex(
        "(platform, company_id)",
        "This company has an integration with this platform already. There can be "
        "only one; look among the archived ones too.",
    )

    @api.depends("package_ids")
    def _compute_counts(self):
        counts = {
            (integration, state): count
            for integration, state, count in self.env["sva.user"]._read_group(
                [("integration_id", "in", self.ids)],
                ["integration_id", "sync_state"],
                ["__count"],
            )
        }
        for integration in self:
            integration.package_count = len(integration.package_ids)
            integration.pending_count = counts.get((integration, "pending"), 0)
            integration.failed_count = counts.get((integration, "failed"), 0)
            integration.user_count = (
                counts.get((integration, "synced"), 0)
                + integration.pending_count
                + integration.failed_count
            )

    def _compute_failed_removal_count(self):
        counts = dict(
            self.env["sva.user.removal"]._read_group(
                [("integration_id", "in", self.ids), ("sync_state", "=", "failed")],
                ["integration_id"],
                ["__count"],
            )
        )
        for integration in self:
            integration.failed_removal_count = counts.get(integration, 0)

    def _of_same_account(self, active_test=True):
        """This integration, and those of other companies that may share its account.

        Tokens tell nothing: an account may have several.

        :param active_test: without those that are archived, whose customers may have
            come to another company
        """
        # sudo: whom a platform's user stands for, no company's rules decide
        everywhere = self.sudo().with_context(active_test=active_test)
        return everywhere | everywhere.search(
            [("platform", "=", self.platform), ("base_url", "=", self.base_url)]
        )

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | ACCOUNT_FIELDS

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"company_id"}

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        self._check_given(*vals_list, is_new=True)
        vals_list = [self._clean_base_url(vals) for vals in vals_list]
        for vals in vals_list:
            # without it the constraint would not see that there is none
            vals.setdefault("token", False)
        return super().create(vals_list)

    def write(self, vals):
        self._check_given(vals)
        if "platform" in vals and any(
            integration.platform != vals["platform"] for integration in self
        ):
            raise RefusedError(
                self.env._(
                    "The platform of an integration cannot be changed after it has "
                    "been saved."
                ),
                "field_closed",
                self,
            )
        vals = self._clean_base_url(vals)
        self._check_token_stays_here(vals)
        if "active" in vals:
            self._archive_or_restore(bool(vals["active"]))
        result = super().write(vals)
        if CONNECTION_FIELDS & vals.keys():
            # sudo: what was known of the connection is the system's to write
            self.sudo().write(self._connection_values("unknown"))
        if CONNECTION_FIELDS & vals.keys() or vals.get("active"):
            self._close_occasion(INCIDENT)
            self.env["sva.wakeup"]._engine()
        if vals.get("token"):
            note = self.env._("A new token was entered.")
            self._message_log_batch(dict.fromkeys(self.ids, note))
        return result

    def _check_token_stays_here(self, vals):
        """Send no token to another server than it was entered for."""
        if not vals.get("base_url") or vals.get("token"):
            return
        there = server(vals["base_url"])
        if any(server(integration.base_url) != there for integration in self):
            raise InvalidError(
                self.env._(
                    "The base URL leads to another server. The stored token is not "
                    "sent there: enter the token again, together with the base URL."
                ),
                "token_needed",
                self,
            )

    @on_records
    def action_test_connection(self):
        """Ask the platform whether it takes the token.

        :return: a dict of ``accounts``: the names that the platform gives them
        :raises UserError: it does not, or it does not answer; the connection's state
            tells which, and is kept
        """
        accounts = [
            integration._ask(lambda platform: platform.account(), is_probe=True)
            for integration in self
        ]
        return {
            "accounts": [account.name for account in accounts],
            "lacks": sorted({lack for account in accounts for lack in account.lacks}),
        }

    @on_records
    def action_fetch_packages(self):
        """Take over the catalogue of packages that the platform offers this account.

        A package that is no longer offered stays, marked as not available.

        :return: a dict of ``available``: how many packages there are now
        :raises UserError: the platform refuses the token or does not answer
        """
        available = self.env["sva.package"]
        for integration in self:
            packages = integration._ask(lambda platform: [*platform.packages()])
            available += available._take_over(integration, packages)
        return {"available": len(available)}

    def button_test_connection(self):
        """The same for the web client, which shows that it went well."""
        found = self.action_test_connection()
        names = "”, “".join(found["accounts"])
        message = self.env._("Connected to the account “%s”.", names)
        for lack in found["lacks"]:
            message += " " + self.env._(LACKS[lack])
        return self._notification(message)

    def button_fetch_packages(self):
        """The same for the web client, which shows how many there are."""
        return self._packages_notification(self.action_fetch_packages())

    def _packages_notification(self, found):
        return self._notification(
            self.env._("%s packages are available on the platform.", found["available"])
        )

    @api.model
    def _cron_fetch_packages(self):
        """The daily action: take over what each platform offers.

        An account that fails is no obstacle to the others.
        """
        # sudo: the action runs for all companies; the token is only asked whether it is
        failed = "The packages of the SVA integration %s could not be taken over"
        for integration in self.sudo().search([("token_sealed", "!=", False)]):
            with guarded(self.env, _logger, failed, integration.id):
                if integration._is_ready():
                    integration._refresh_packages()

    def _refresh_packages(self):
        try:
            packages = self._ask(lambda platform: [*platform.packages()])
        except UserError as error:
            # what it means for the connection has been written down
            _logger.warning(
                "The packages of the SVA integration %s could not be fetched: %s",
                self.id,
                error,
            )
            return
        run(self.env, partial(self.env["sva.package"]._take_over, self, packages))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use(self):
        for integration in self.sudo().with_context(active_test=False):
            mine = Domain("integration_id", "=", integration.id)
            removals = self.env["sva.user.removal"].sudo()
            products = self.env["product.template"].sudo()
            products = products.with_context(active_test=False)
            uses = {
                self.env._("SVA users"): integration.user_count,
                self.env._("Products"): products.search_count(
                    [("sva_integration_id", "=", integration.id)]
                ),
                self.env._("Removals"): removals.search_count(
                    removals._open_domain() & mine
                ),
            }
            in_use = [f"{label}: {count}" for label, count in uses.items() if count]
            if in_use:
                raise RefusedError(
                    self.env._(
                        "The SVA integration “%(name)s” cannot be deleted, because it "
                        "is in use (%(uses)s). Archive it instead.",
                        name=integration.name,
                        uses=", ".join(in_use),
                    ),
                    "in_use",
                    integration,
                )

    @on_one_record
    def action_view_users(self):
        """Open this integration's SVA users."""
        return self._view_users()

    @on_one_record
    def action_view_pending_users(self):
        """Open this integration's SVA users that are not in sync yet."""
        return self._view_users("pending")

    @on_one_record
    def action_view_failed_users(self):
        """Open this integration's SVA users that the platform has refused."""
        return self._view_users("failed")

    def _view_users(self, *filters):
        """Open this integration's SVA users.

        :param filters: names of filters of the search view that are set
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_action"
        )
        return {
            **action,
            "domain": [("integration_id", "=", self.id)],
            "context": {
                "default_integration_id": self.id,
                **{f"search_default_{name}": 1 for name in filters},
            },
        }

    @on_one_record
    def action_view_failed_removals(self):
        """Open the removals that the platform has refused."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_user_removal_action"
        )
        return {
            **action,
            "domain": [("integration_id", "=", self.id)],
            "context": {"search_default_failed": 1},
        }

    @on_one_record
    def action_view_packages(self):
        """Open this integration's packages."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "saber_plus_sva.sva_package_action"
        )
        return {**action, "domain": [("integration_id", "=", self.id)]}

    def _notification(self, message, leads_to=None):
        """What a button answers that went well.

        :param leads_to: the xml id of an action that the message links to
        """
        params = {
            "title": ", ".join(self.mapped("name")),
            "message": message,
            "type": "success",
            "sticky": False,
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        }
        if leads_to:
            action = self.env["ir.actions.act_window"]._for_xml_id(leads_to)
            # the web client puts the link where the %s is
            params["message"] = f"{message} %s"
            params["links"] = [
                {"label": action["name"], "url": f"/odoo/{action['path']}"}
            ]
            params["sticky"] = True
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": params,
        }

    def _notify_changed(self):
        """Have the forms that show these integrations, or their work, load again."""
        self.env["sva.live"]._send(
            "saber_plus_sva.group_sva_manager", {"integration_ids": self.ids}
        )

    def _responsible(self):
        return self._responsible_among(self.user_id, self.company_id)

    def _connection_is_lost(self):
        # the responsible is told once that work stands still
        self._open_occasion(INCIDENT, lambda integration: integration.connection_error)

    def _connection_is_back(self):
        self._close_occasion(INCIDENT)

    def _tell_refused_removals(self):
        """Tell the responsible of removals that were refused, for as long as any is."""
        self.invalidate_recordset(["failed_removal_count"])
        failing = self.filtered("failed_removal_count")
        failing._open_occasion(
            NOT_REMOVED,
            lambda integration: integration.env._(
                "Refused deletions: %s. These users are still on the platform, but no "
                "longer exist here. See the list of removals.",
                integration.failed_removal_count,
            ),
        )
        (self - failing)._close_occasion(NOT_REMOVED)

    @api.autovacuum
    def _encrypt_by_the_newest_key(self):
        """Make older keys dispensable, a day after a newer one was put before them."""
        vault.reseal_all(self, "token_sealed")
