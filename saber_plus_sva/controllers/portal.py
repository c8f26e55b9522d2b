# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The customer sets the password of the own SVA user."""

from odoo import http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.contract.controllers.main import PortalContract
from odoo.addons.contract_access.exceptions import message_of


class PortalSva(PortalContract):
    @http.route(
        ["/my/contracts/<int:contract_contract_id>/sva/<int:sva_user_id>/password"],
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
    )
    def portal_sva_password(
        self, contract_contract_id, sva_user_id, password="", repeated="", **_kw
    ):
        """Take a new password; it is never shown again.

        :param password: as it was typed
        :param repeated: as it was typed again
        """
        try:
            contract = self._document_check_access(
                "contract.contract", contract_contract_id
            )
        except (AccessError, MissingError):
            return request.redirect("/my")
        users = contract.with_user(request.env.user)._sva_portal_users()
        user = users.filtered(lambda row: row.id == sva_user_id)
        if not user:
            return request.redirect("/my")
        if request.httprequest.method == "GET":
            # the page that said what was wrong, opened again
            return request.redirect(f"/my/contracts/{contract.id}#sva")
        try:
            if password != repeated:
                raise UserError(request.env._("The two passwords are not the same."))
            if not password:
                raise UserError(request.env._("Enter a new password."))
            with request.env.cr.savepoint():
                user._portal_set_password(password)
        except UserError as error:
            values = self._contract_get_page_view_values(contract, None)
            values |= {"sva_error": message_of(error), "sva_error_user": user.id}
            return request.render("contract.portal_contract_page", values)
        return request.redirect(
            f"/my/contracts/{contract.id}?sva_password={user.id}#sva"
        )

    def _contract_get_page_view_values(self, contract, access_token, **kwargs):
        set_for = kwargs.pop("sva_password", "")
        values = super()._contract_get_page_view_values(
            contract, access_token, **kwargs
        )
        # the contract comes as the superuser; the access is for whoever asks
        users = contract.with_user(request.env.user)._sva_portal_users()
        return {**values, "sva_users": users, "sva_password_set": set_for}
