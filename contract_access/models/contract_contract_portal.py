# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What customers may do with the own contract in the portal, without anybody's help."""

from odoo import SUPERUSER_ID, fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date

from ..exceptions import RefusedError
from ..transaction import touch
from .contract_contract_paid_days import PAID_AHEAD

#: of what a customer writes, so much is kept
LONGEST_REASON = 500


class ContractContract(models.Model):
    _inherit = "contract.contract"

    customer_since = fields.Datetime(
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="When it was handed over from another customer, who keeps the own debts.",
    )

    def write(self, vals):
        former = {}
        if "partner_id" in vals:
            former = {contract: contract.partner_id for contract in self}
        result = super().write(vals)
        for contract, partner in former.items():
            if contract.partner_id != partner:
                contract._hand_over(partner)
        return result

    def _hand_over(self, former):
        """Show the contract to its customer, and no longer to the former one.

        What the former one owes leads to nothing any more: no notice tells of it.
        """
        # sudo: whoever changes the customer need not be able to change followers
        contract = self.sudo()
        contract.message_unsubscribe(former.ids)
        # of the links that were mailed
        contract.access_token = False
        contract._subscribe_customer()
        if contract.commercial_partner_id == former.commercial_partner_id:
            return
        contract.message_unsubscribe(
            contract.message_partner_ids.filtered(
                lambda person: (
                    person.partner_share
                    and person.commercial_partner_id != contract.commercial_partner_id
                )
            ).ids
        )
        # what was said to the one is not for the other
        contract.message_ids.is_internal = True
        payer = contract.invoice_partner_id.commercial_partner_id
        if payer == former.commercial_partner_id:
            # the form proposes it to a person; a program names the customer only
            address = contract.partner_id.address_get(["invoice"])["invoice"]
            contract.invoice_partner_id = address
        # of the clock that says when invoices were made
        contract.customer_since = self.env.cr.now()
        contract._forget_notices()
        self.env["contract.dunning"]._look_at_debt_soon(
            self.env["account.move"], contract
        )

    def _subscribe_customer(self):
        """As OCA does where a contract is created."""
        modified = self.env.ref("contract.mail_message_subtype_contract_modification")
        self.message_subscribe(self.partner_id.ids, modified.ids)

    def _portal_is_own(self):
        """Whether the contract is of the customer who asks, or of their company."""
        self.ensure_one()
        # sudo: whose the contract is, for whoever may not read all of it
        customer = self.sudo().partner_id.commercial_partner_id
        return self.env.user.partner_id.commercial_partner_id == customer

    def _portal_offers(self):
        """What the company lets this contract's customer do in the portal.

        :return: a dict of booleans: ``suspension``, ``cancellation``
        """
        self.ensure_one()
        contract = self.sudo()  # sudo: a setting of the company, and the statuses
        company = contract.company_id
        runs = (
            contract.active
            and contract.contract_type == "sale"
            and contract.contract_status == "active"
            and not contract.is_terminated
        )
        return {
            "suspension": runs and company.contract_portal_suspension,
            "cancellation": runs and company.contract_portal_cancellation,
        }

    def _portal_suspend(self, first, last):
        """Suspend the contract for the customer who is logged in.

        :param first: the first day without service
        :param last: the last one
        :raises AccessError: it is not theirs
        :raises UserError: see :meth:`action_suspend`, or the company does not offer it
        """
        return self._portal_take("suspension").action_suspend(first, last)

    def _portal_end_suspension(self):
        """Have the contract run again for the customer who is logged in.

        :raises AccessError: it is not theirs
        :raises UserError: it is not suspended, or the company does not offer it
        """
        return self._portal_take("suspension").action_end_suspension()

    def _portal_last_day(self):
        """The last day of the access where the customer cancels now."""
        self.ensure_one()
        today = self._today()
        # sudo: what was invoiced
        return max(today, self.sudo()._paid_until(today) or today)

    def _portal_explain_days(self, first, last):
        """What a suspension means, before the customer confirms it."""
        return self.env._(
            "Without service from %(start)s to %(end)s: %(days)s days.",
            start=format_date(self.env, first),
            end=format_date(self.env, last),
            days=(last - first).days + 1,
        )

    def _portal_explain_end(self):
        """What a cancellation means, before the customer confirms it.

        :return: a list of sentences
        """
        sentences = [
            self.env._(
                "The last day with service is %s.",
                format_date(self.env, self._portal_last_day()),
            ),
            self.env._("You get the receipt with its number at once."),
            self.env._("What was used and is not paid yet is still invoiced."),
            self.env._(
                "You cannot take it back here. If you change your mind, please contact "
                "us."
            ),
        ]
        if self._may_still_withdraw():
            sentences.append(
                self.env._(
                    "If you have bought by telephone, on the internet or at the door, "
                    "you may withdraw until %s and get back all that you have paid. "
                    "Please contact us for it.",
                    format_date(self.env, self._withdrawal_until()),
                )
            )
        return sentences

    def _portal_explain_receipt(self):
        """What became of a contract that was cancelled."""
        return self.env._(
            "The contract is cancelled. Your receipt is %(number)s, and the contract "
            "ends on %(day)s.",
            number=self.termination_receipt_number,
            day=self.termination_receipt_last_day,
        )

    def _portal_cancel(self, comment=""):
        """Cancel the contract for the customer who is logged in.

        What was paid in advance may be used. Debts do not stand in the way: a customer
        may cancel whatever is open (Anatel, Regulamento Geral dos Direitos do
        Consumidor, Resolução 765/2023).

        :param comment: what the customer says of it
        :return: True
        :raises AccessError: it is not theirs
        :raises UserError: it has ended already, or the company does not offer it
        """
        contract = self._portal_take("cancellation")
        comment = (comment or "").strip()[:LONGEST_REASON]
        # as the daily action does it: customers have no group that terminates
        contract.with_user(SUPERUSER_ID).with_context(
            **{PAID_AHEAD: "use"}
        )._terminate_contract(
            self.env.ref("contract_access.terminate_reason_portal").sudo(),
            comment or False,
            contract._today(),
            True,
        )
        # it is the customer's own doing
        contract.termination_receipt_user_id = self.env.user
        contract.message_post(
            body=self.env._("The customer cancelled the contract in the portal.")
        )
        return True

    def _portal_take(self, offer):
        """Before a customer does something: the rules for it.

        :param offer: a key of :meth:`_portal_offers`
        :return: the contract, for whoever may do everything
        """
        self.ensure_one()
        if not self._portal_is_own():
            raise AccessError(self.env._("This is not your contract."))
        # of two requests at the same moment, one sees the other
        touch(self)
        self.invalidate_recordset()
        if not self._portal_offers()[offer]:
            raise RefusedError(
                self.env._("This is not possible here. Please contact us."),
                "wrong_status",
                self,
            )
        # sudo: customers have no rights to write contracts; which one is theirs, and
        # what they may do with it, is checked
        return self.sudo()
