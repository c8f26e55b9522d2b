# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Which invoices are a contract's debt."""

from odoo import fields, models
from odoo.fields import Domain

from ..remote import on_one_record


class ContractContract(models.Model):
    _inherit = "contract.contract"

    # read at once for all contracts that are invoiced together
    naming_invoice_ids = fields.One2many(
        comodel_name="account.move",
        inverse_name="dunning_contract_id",
        string="Invoices That Name It",
        groups=fields.NO_ACCESS,
    )

    def _get_related_invoices(self):
        invoices = super()._get_related_invoices()
        # sudo: to be counted, as those that the contract has made
        return invoices | self.sudo().naming_invoice_ids.sudo(invoices.env.su)

    def _payers(self):
        """Whose receivables they are; several contracts may have the same."""
        return self.invoice_partner_id.commercial_partner_id

    def _counts_whole_payer(self):
        """Whether all that the payer owes is this contract's debt, in its company."""
        return self.company_id.contract_debt_scope == "payer"

    def _invoices_that_count(self):
        """The posted customer invoices that may be this contract's debt.

        :return: invoices, without entries, which are of several people
        """
        self.ensure_one()
        invoices = self._get_related_invoices()
        if self._counts_whole_payer():
            invoices |= invoices.search(
                Domain("company_id", "=", self.company_id.id)
                & Domain("commercial_partner_id", "in", self._payers().ids)
            )
        return invoices.filtered(
            lambda move: (
                move.move_type in ("out_invoice", "out_receipt")
                and move.state == "posted"
            )
        )

    def action_show_invoices(self):
        # OCA leaves the name untranslated
        return {**super().action_show_invoices(), "name": self.env._("Invoices")}

    @on_one_record
    def action_show_overdue_invoices(self):
        """Open the invoices that are overdue.

        Whoever may not open invoices sees them in the dialog for disputes.

        :return: a window action
        """
        self.check_access("read")
        title = self.env._("Overdue Invoices")
        if not self.env["account.move"].has_access("read"):
            return {**self.action_open_disputes(), "name": title}
        # sudo: which ones; they are opened by the user's own rights
        dues = self.env["contract.dunning"].sudo()._open_dues(self)
        invoices = {invoice for invoice, _day, _amount in dues.get(self.id, ())}
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "account.move",
            "views": [
                (self.env.ref("account.view_out_invoice_tree").id, "list"),
                (False, "form"),
            ],
            "domain": [("id", "in", sorted(invoices))],
            "context": {"create": False},
        }
