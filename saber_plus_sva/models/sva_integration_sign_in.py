# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""How an account signs in, on platforms that know more than one way."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from odoo.addons.contract_access.exceptions import InvalidError

from ..client.base_url import InvalidBaseUrl, check_base_url, server
from .sva_connection_mixin import BASE_URL_PROBLEMS


class SvaIntegration(models.Model):
    _inherit = "sva.integration"

    # the one secret is the token, in each of these ways
    sign_in = fields.Selection(
        selection=[
            ("bearer", "Token"),
            ("basic", "User name and password"),
            ("oauth2", "OAuth 2 client credentials"),
        ],
        string="Sign-in",
        default="bearer",
        required=True,
        tracking=True,
        help="How the platform wants to be signed in to.",
    )
    login = fields.Char(
        string="User name or client ID",
        tracking=True,
        help="Goes with the secret, which is entered as the token.",
    )
    token_url = fields.Char(
        string="Token URL",
        tracking=True,
        help="Where the platform exchanges client ID and secret for a token that "
        "expires. It must start with https://.",
    )
    has_sign_in = fields.Boolean(compute="_compute_has_sign_in")

    @api.depends("platform")
    def _compute_has_sign_in(self):
        for integration in self:
            adapter = self._platforms().get(integration.platform)
            integration.has_sign_in = bool(adapter and "sign_in" in adapter.settings)

    @api.constrains("platform", "sign_in", "login", "token_url")
    def _check_sign_in(self):
        for integration in self:
            sign_in = integration.sign_in
            if sign_in != "bearer" and not integration.has_sign_in:
                raise ValidationError(
                    self.env._("This platform is signed in to with a token.")
                )
            if sign_in != "bearer" and not integration.login:
                raise ValidationError(
                    self.env._("Enter the user name or client ID, too.")
                )
            if sign_in == "basic" and ":" in integration.login:
                raise ValidationError(
                    self.env._("A user name must not contain a colon.")
                )
            if sign_in == "oauth2" and not integration.token_url:
                raise ValidationError(self.env._("Enter the token URL, too."))

    @api.model
    def _clean_base_url(self, vals):
        vals = super()._clean_base_url(vals)
        if not vals.get("token_url"):
            return vals
        try:
            return {**vals, "token_url": check_base_url(vals["token_url"])}
        except InvalidBaseUrl as error:
            problem = BASE_URL_PROBLEMS[error.code]
            message = self.env._("Token URL: %s", self.env._(problem))
            raise ValidationError(message) from None

    def _check_token_stays_here(self, vals):
        super()._check_token_stays_here(vals)
        if vals.get("token"):
            return
        if any(
            integration._gets_secret(vals) not in (None, integration._gets_secret({}))
            for integration in self
        ):
            raise InvalidError(
                self.env._(
                    "Another server would get the stored secret, for which it was not "
                    "entered: enter it again, together with the change."
                ),
                "token_needed",
                self,
            )

    def _gets_secret(self, vals):
        """The server that is sent the secret, if any, once these values are written."""
        names = ("sign_in", "token_url", "base_url")
        sign_in, token_url, base_url = (vals.get(name, self[name]) for name in names)
        url = sign_in == "oauth2" and token_url or base_url
        return server(url) if url else None

    def _settings(self):
        """What the platform needs to know beside the credentials."""
        return {name: self[name] or "" for name in self._adapter().settings}

    def _credentials(self):
        return {**super()._credentials(), **self._settings()}

    def _account(self):
        return (*super()._account(), *self._settings().values())
