# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Customers suspend or cancel the own contract by themselves, where they may."""

from odoo import fields, http
from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import request

from odoo.addons.contract.controllers.main import PortalContract

from ..exceptions import message_of

CONTRACT = "/my/contracts/<int:contract_contract_id>"
RECEIPT = "contract_access.termination_receipt_report"


class PortalContractLeaving(PortalContract):
    @http.route(
        [f"{CONTRACT}/suspension"],
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
    )
    def portal_contract_suspension(
        self,
        contract_contract_id,
        date_start="",
        date_end="",
        step="",
        **_kw,
    ):
        """Ask for the days, have them confirmed, and suspend the contract.

        Or, where it is suspended already, have that ended.

        :param date_start: the first day without service, YYYY-MM-DD
        :param date_end: the last one
        :param step: ``check`` and ``confirm`` the days, ``change`` them, or ``end`` the
            suspension that there is
        """
        contract = self._own_contract(contract_contract_id)
        if not contract or not contract._portal_offers()["suspension"]:
            return request.redirect("/my")
        values = self._leaving_values(contract)
        first, last = contract._proposed_suspension()
        if step:
            first, last = _day(date_start), _day(date_end)
        is_post = request.httprequest.method == "POST"
        if is_post and step in ("confirm", "end"):
            try:
                with request.env.cr.savepoint():
                    if step == "end":
                        contract._portal_end_suspension()
                    else:
                        contract._portal_suspend(first, last)
                return request.redirect(f"/my/contracts/{contract.id}#leaving")
            except UserError as error:
                values["problem"] = message_of(error)
        elif is_post and step == "check":
            values["problem"] = contract._suspension_problem(first, last)
            values["is_checked"] = not values["problem"]
        values |= {
            "first": first,
            "last": last,
            "obstacle": contract._suspension_problem(*contract._proposed_suspension()),
        }
        return request.render("contract_access.portal_contract_suspension", values)

    @http.route(
        [f"{CONTRACT}/cancellation"],
        type="http",
        auth="user",
        methods=["GET", "POST"],
        website=True,
    )
    def portal_contract_cancellation(self, contract_contract_id, reason="", **_kw):
        """Say what a cancellation means, and cancel the contract.

        :param reason: what the customer says of it
        """
        contract = self._own_contract(contract_contract_id)
        if not contract or not contract._portal_offers()["cancellation"]:
            return request.redirect("/my")
        values = self._leaving_values(contract)
        if request.httprequest.method == "POST":
            try:
                with request.env.cr.savepoint():
                    contract._portal_cancel(reason)
                return request.redirect(f"/my/contracts/{contract.id}#leaving")
            except UserError as error:
                values |= {"problem": message_of(error), "reason": reason}
        return request.render("contract_access.portal_contract_cancellation", values)

    @http.route(
        [f"{CONTRACT}/receipt"], type="http", auth="user", methods=["GET"], website=True
    )
    def portal_contract_receipt(self, contract_contract_id, **_kw):
        """The receipt of the cancellation, to keep."""
        contract = self._own_contract(contract_contract_id)
        if not contract or not contract.termination_receipt_number:
            return request.redirect("/my")
        report = request.env["ir.actions.report"]
        # a server without the program for it still has the page
        has_pdf = report.get_wkhtmltopdf_state() in ("ok", "upgrade", "workers")
        kind = "pdf" if has_pdf else "html"
        return self._show_report(contract, kind, RECEIPT, download=has_pdf)

    def _own_contract(self, contract_id):
        """The customer's own contract, readable whatever the rights; or None."""
        try:
            contract = self._document_check_access("contract.contract", contract_id)
        except (AccessError, MissingError):
            return None
        # sudo: it was checked; what is asked of it is asked by the customer
        contract = contract.with_user(request.env.user).sudo()
        return contract if contract._portal_is_own() else None

    def _leaving_values(self, contract):
        return {"page_name": "Contracts", "contract": contract}

    def _contract_get_page_view_values(self, contract, access_token, **kwargs):
        values = super()._contract_get_page_view_values(
            contract, access_token, **kwargs
        )
        # the page can be seen by others: by followers, and whoever was given its link
        is_own = contract.with_user(request.env.user)._portal_is_own()
        offers = contract._portal_offers() if is_own else {}
        return {**values, "leaving": offers, "is_own_contract": is_own}


def _day(text):
    try:
        return fields.Date.to_date(text) or None
    except ValueError:
        return None
