# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A token works in the database that it was entered in, and not in a copy of it.

A copy that has not been neutralized, and finds the key, would write to the platform's
real users. Odoo gives some copies an identity of their own, PostgreSQL's tools give
none; so the database's name and the address that it is reached at count, too.
"""

from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.contract_access.remote import on_records

from ..client.base_url import is_loopback, server
from ..client.errors import Unauthorized
from .sva_integration import INCIDENT

#: the failure of an account whose token was entered elsewhere
OTHER_DATABASE = "other_database"


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    token_home = fields.Json(
        readonly=True,
        copy=False,
        exportable=False,
        groups=fields.NO_ACCESS,
        help="Where the token was entered, or confirmed to belong.",
    )
    is_elsewhere = fields.Boolean(
        compute="_compute_elsewhere", compute_sudo=True, string="Another Database"
    )
    elsewhere_reason = fields.Char(
        string="What is different",
        compute="_compute_elsewhere",
        compute_sudo=True,
        help="By what this database is not the one that the token was entered in.",
    )

    @api.depends("token_home", "token_sealed", "base_url")
    @api.depends_context("lang")
    def _compute_elsewhere(self):
        words = {
            "uuid": self.env._("the database's identity"),
            "database": self.env._("the database's name"),
            "host": self.env._("the address of this Odoo"),
            "server": self.env._("the platform's server"),
        }
        for integration in self:
            different = integration._differs_from_home()
            integration.is_elsewhere = bool(different)
            integration.elsewhere_reason = ", ".join(words[key] for key in different)

    def _here(self):
        """What tells this database, and the platform's server, from others.

        :return: a dict that can be kept as JSON
        """
        self.ensure_one()
        whom = "{}://{}:{}".format(*server(self.base_url))
        return {**this_database(self.env), "server": whom}

    def _differs_from_home(self):
        """What is not as it was where the token was entered.

        :return: keys of :meth:`_here`; none where it is at home, or there is no token
        """
        self.ensure_one()
        # sudo: where the token belongs is the system's to know
        account = self.sudo()
        if not account.token_sealed:
            return []
        return differences(account._here(), account.token_home or {})

    def _take_home(self):
        """From now on the token belongs to this database."""
        for account in self:
            account.token_home = account._here() if account.token_sealed else False

    def _inverse_token(self):
        result = super()._inverse_token()
        # sudo: as for the token
        self.sudo()._take_home()
        return result

    def _credentials(self):
        if self._differs_from_home():
            raise Unauthorized(OTHER_DATABASE, "The token belongs to another database.")
        return super()._credentials()

    @on_records
    def action_confirm_database(self):
        """Say that this database is the real one, so that its token works here.

        :return: True
        :raises UserError: there is no token, or it is at home already
        """
        self.check_access("write")
        if not all(integration.is_elsewhere for integration in self):
            raise UserError(
                self.env._("The token of this integration belongs to this database.")
            )
        for integration in self:
            note = integration.env._(
                "Confirmed that this is the real database. Different was: %s.",
                integration.elsewhere_reason,
            )
            # sudo: where the token belongs is the system's to write
            integration.sudo()._take_home()
            integration._message_log(body=note)
        # sudo: as is what was known of the connection
        self.sudo().write(self._connection_values("unknown"))
        self._close_occasion(INCIDENT)
        self.env["sva.wakeup"]._engine()
        return True


def this_database(env):
    """What tells this database from others.

    :return: a dict that can be kept as JSON
    """
    # sudo: which database this is, whoever enters a secret
    parameters = env["ir.config_parameter"].sudo()
    return {
        "uuid": parameters.get_param("database.uuid") or "",
        "database": env.cr.dbname,
        "host": _host(parameters.get_param("web.base.url")),
    }


def differences(here, home):
    """The keys by which a database is not the one that a secret was entered in.

    :param here: as of :func:`this_database`
    :param home: the same of where it was entered
    """
    # on its own machine any Odoo is reached at the loopback address, which tells no
    # database from another one
    if "" in (here["host"], home.get("host")):
        here = {**here, "host": home.get("host")}
    return [key for key, value in here.items() if home.get(key) != value]


def _host(url):
    """The host of a URL; empty where it says nothing of the database behind it."""
    _scheme, host, _port = server(url)
    return "" if is_loopback(host) else host
