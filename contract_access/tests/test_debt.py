# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Debts that no line of a contract has made, and credits that hold dunning back."""

from dataclasses import replace
from datetime import timedelta

from odoo import Command
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import Form, tagged

from ..models.contract_dunning_credit import RECONCILE
from .common import CPFS, ContractCase, RaceCase


class Debts:
    """What a payer may owe beside the invoices of contracts."""

    def _manual_invoice(self, days_overdue=0, contract=None, amount=100.0, **values):
        """A posted invoice that names a contract, or none."""
        due = self.contract._today() - timedelta(days=days_overdue)
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": due,
                "invoice_date_due": due,
                "dunning_contract_id": contract and contract.id,
                "invoice_line_ids": [
                    Command.create({"name": "Roteador", "price_unit": amount})
                ],
                **values,
            }
        )
        invoice.invoice_line_ids.tax_ids = False
        invoice.action_post()
        return invoice

    def _opening_balance(self, days_overdue, amounts):
        """An entry of what people owed before they came to Odoo.

        :param amounts: by partner; a negative one is in his favour
        """
        company = self.env.company
        accounts = self.env["account.account"].with_company(company)
        due = self.contract._today() - timedelta(days=days_overdue)
        lines = [
            Command.create(
                {
                    "partner_id": partner.id,
                    "account_id": partner.property_account_receivable_id.id,
                    "date_maturity": due,
                    "balance": amount,
                }
            )
            for partner, amount in amounts.items()
        ]
        equity = accounts.search([("account_type", "=", "equity")], limit=1)
        lines.append(
            Command.create({"account_id": equity.id, "balance": -sum(amounts.values())})
        )
        entry = self.env["account.move"].create(
            {"move_type": "entry", "date": due, "line_ids": lines}
        )
        entry.action_post()
        return entry


@tagged("post_install", "-at_install")
class TestDebt(Debts, ContractCase):
    def setUp(self):
        super().setUp()
        self._switch_dunning_on()

    def _count_whole_payer(self):
        self.env.company.contract_debt_scope = "payer"

    def test_the_overdue_invoices_of_a_contract(self):
        invoices = self._invoice(self.contract, 5) + self._invoice(self.contract, 3)
        self._invoice(self.contract, 0)
        self._end_of_request()
        self.assertEqual(self.contract.overdue_invoice_count, 2)
        self.assertEqual(self.contract.overdue_amount, 200)
        action = self.contract.action_show_overdue_invoices()
        found = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(found, invoices)

    def test_the_front_desk_sees_the_overdue_invoices(self):
        clerk = self._operator()
        self._invoice(self.contract, 5)
        self._end_of_request()
        contract = self.contract.with_user(clerk)
        self.assertEqual(contract.overdue_invoice_count, 1)
        action = contract.action_show_overdue_invoices()
        dialog = self.env[action["res_model"]].with_user(clerk).browse(action["res_id"])
        self.assertEqual(dialog.line_ids.mapped("amount"), [100])

    def test_a_manual_invoice_counts_for_the_contract_that_it_names(self):
        other = self._contract(self.customer)
        invoice = self._manual_invoice(20, self.contract)
        self._dun_until_blocked()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertStatusPair(other, "active", "active")
        self.assertEqual(self.contract.notice_ids.invoice_ids, invoice)
        self.assertIn(invoice, self.contract._get_related_invoices())
        self.assertEqual(self.contract._history()[0].title, f"Invoice {invoice.name}")
        self._pay(invoice)
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_manual_invoice_that_names_none_counts_for_none(self):
        self._manual_invoice(20)
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_new_draft_has_nobody_looked_at(self):
        self._end_of_request()
        self.contract.recurring_create_invoice()
        self.env.flush_all()
        self.assertNotIn("contract_access.paid", self.env.cr.precommit.data)

    def test_another_contract_on_the_invoice_releases_the_first(self):
        other = self._contract(self.customer)
        invoice = self._manual_invoice(20, self.contract)
        self._dun_until_blocked()
        invoice.dunning_contract_id = other
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")
        self._dun()
        self.assertStatusPair(other, "active", "overdue")
        invoice.dunning_contract_id = False
        self._end_of_request()
        self.assertStatusPair(other, "active", "active")

    def test_a_manual_invoice_in_correction_releases_nothing(self):
        invoice = self._manual_invoice(20, self.contract)
        self._dun_until_blocked()
        invoice.button_draft()
        self._end_of_request()
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertIn("corrected", self.contract.access_explanation)
        invoice.button_cancel()
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")

    def test_the_contract_on_an_invoice_is_its_customers(self):
        stranger = self._contract(self._customer("José", CPFS[1]))
        branch = self.env["res.company"].create({"name": "Filial"})
        elsewhere = self._contract(self.customer, company_id=branch.id)
        for contract in (stranger, elsewhere):
            with self.assertRefused(ValidationError, "not of this invoice's customer"):
                self._manual_invoice(0, contract)
        payer = self._customer("Pagador", CPFS[2])
        self.contract.invoice_partner_id = payer
        self._manual_invoice(0, self.contract)
        self._manual_invoice(0, self.contract, partner_id=payer.id)

    def test_another_customer_on_the_form_clears_the_contract(self):
        form = Form(
            self.env["account.move"].with_context(default_move_type="out_invoice")
        )
        form.partner_id = self.customer
        form.dunning_contract_id = self.contract
        form.partner_id = self._customer("José", CPFS[1])
        self.assertFalse(form.dunning_contract_id)

    def test_nobody_chooses_a_contract_that_he_may_not_read(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        elsewhere = self._contract(self.customer, company_id=branch.id)
        invoice = self._manual_invoice(5)
        accountant = self._operator("test_accountant", "account.group_account_invoice")
        with self.assertRefused(AccessError, ""):
            invoice.with_user(accountant).dunning_contract_id = elsewhere
        invoice.with_user(accountant).dunning_contract_id = self.contract
        clerk = self._operator()
        with self.assertRefused(AccessError, ""):
            invoice.with_user(clerk).dunning_contract_id = self.contract
        # whoever chooses none need not know contracts
        stranger = self._operator("test_stranger", "base.group_user")
        invoice.with_user(stranger)._check_chosen_contract({"ref": "x"})
        with self.assertRefused(AccessError, ""):
            invoice.with_user(stranger)._check_chosen_contract(
                {"dunning_contract_id": self.contract.id}
            )

    def test_all_that_the_payer_owes(self):
        other = self._contract(self.customer)
        neighbour = self._customer("José", CPFS[1])
        theirs = self._contract(neighbour)
        entry = self._opening_balance(40, {self.customer: 60, neighbour: 70})
        invoice = self._manual_invoice(20)
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        self._count_whole_payer()
        self._dun_until_blocked()
        for contract in (self.contract, other):
            self.assertStatusPair(contract, "active", "auto_blocked")
            self.assertEqual(contract.overdue_amount, 160)
            self.assertEqual(contract.overdue_invoice_count, 2)
            self.assertIn("The payer has been overdue", contract.access_explanation)
        self.assertEqual(theirs.overdue_amount, 70)
        notice = self.contract.notice_ids.filtered(lambda row: row.kind == "debt")
        self.assertEqual(notice.line_ids.mapped("name"), [entry.name, invoice.name])
        self.assertIn(invoice.get_portal_url(), notice._payment_url())
        self._pay(invoice)
        self.assertStatusPair(other, "active", "auto_blocked")
        self._settle_entry(entry)
        for contract in (self.contract, other):
            self.assertStatusPair(contract, "active", "active")
        self.assertStatusPair(theirs, "active", "auto_blocked")
        # what was told of it is over, and the neighbour's still stands
        self.assertTrue(all(notice.line_ids.mapped("ended_on")))
        self.assertFalse(any(theirs.notice_ids.line_ids.mapped("ended_on")))

    def test_what_the_payer_owes_elsewhere_is_no_news_for_the_customer(self):
        father = self._customer("Antônio", CPFS[1])
        self.contract.invoice_partner_id = father
        firm = self._contract(father)
        self._count_whole_payer()
        # whoever has the same mailbox is told as the payer
        self.customer.email = father.email
        elsewhere = self._invoice(firm, 20)
        self._dun_until_blocked()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        told = self.contract.notice_ids
        self.assertEqual(told.partner_id, father)
        self.assertEqual(set(told.mapped("kind")), {"debt", "block"})
        self.assertEqual(told.invoice_ids, elsewhere)
        self._pay(elsewhere)
        released = self.contract.notice_ids - told
        self.assertEqual(released.kind, "release")
        self.assertEqual(released.partner_id, self.customer)

    def test_another_customer_does_not_take_over_the_debts(self):
        self._invoice(self.contract, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        jose = self._customer("José", CPFS[1])
        self.contract.partner_id = jose  # as a program does it
        self.assertEqual(self.contract.invoice_partner_id, jose)
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertNotIn(jose, self.contract.notice_ids.partner_id)
        # the own ones begin with a notice, whoever pays by then
        invoice = self._invoice(self.contract, 5)
        self.env.cr.execute(
            "UPDATE account_move SET create_date = create_date + INTERVAL '1 day'"
            " WHERE id = %s",
            [invoice.id],
        )
        self.contract.invoice_partner_id = self._customer("Ana", CPFS[2])
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        told = self.contract.notice_ids.filtered(lambda row: row.partner_id == jose)
        self.assertEqual(told.invoice_ids, invoice)

    def test_another_payer_or_a_parent_company_takes_no_debt_away(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self.contract.invoice_partner_id = self._customer("José", CPFS[1])
        company = self._customer("Padaria", self.customer.vat)
        company.is_company = True
        self.customer.parent_id = company
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        # nor does another contact of the same customer
        self.contract.partner_id = company
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_the_preview_counts_by_the_rules_that_are_tried(self):
        self._manual_invoice(20)
        self._end_of_request()
        company = self.env.company
        rules = company._dunning_rules()
        previews = self.env["contract.dunning.preview"]
        self.assertFalse(previews._make(company, rules))
        found = previews._make(company, replace(rules, whole_payer=True))
        self.assertEqual(found.contract_id, self.contract)
        self.assertEqual(found.notice_on, self.contract._today())

    def test_a_credit_note_of_a_contract_that_somebody_else_has_now(self):
        invoice = self._manual_invoice(5, self.contract)
        self.contract.partner_id = self._customer("José", CPFS[1])
        self.contract.invoice_partner_id = self.contract.partner_id
        note = invoice._reverse_moves()
        self.assertEqual(note.partner_id, self.customer)

    def _settle_entry(self, entry):
        """The customer has paid what he owed at the opening."""
        owed = entry.line_ids.filtered(lambda line: line.partner_id == self.customer)
        payment = self._opening_balance(0, {self.customer: -owed.balance})
        (owed + payment.line_ids.filtered("partner_id")).reconcile()
        self._end_of_request()

    def test_a_credit_that_holds_a_block_back_is_to_be_reconciled(self):
        invoice = self._invoice(self.contract, 20)
        other = self._contract(self._customer("José", CPFS[1]))
        self._invoice(other, 20)
        credit = self._opening_balance(0, {self.customer: -150})
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        [activity] = self.contract.activity_search([RECONCILE])
        self.assertIn("100,00", activity.note)
        self.assertFalse(other.activity_search([RECONCILE]))
        self._dun()
        self.assertEqual(self.contract.activity_search([RECONCILE]), activity)
        receivables = (invoice + credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        receivables.reconcile()
        self._end_of_request()
        self.assertFalse(self.contract.activity_search([RECONCILE]))

    def test_whoever_books_it_closes_the_activity(self):
        invoice = self._invoice(self.contract, 20)
        credit = self._opening_balance(0, {self.customer: -150})
        self._dun()
        self.assertTrue(self.contract.activity_search([RECONCILE]))
        biller = self._operator("test_biller", "account.group_account_invoice")
        receivables = (invoice + credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        )
        receivables.with_user(biller).reconcile()
        self._end_of_request()
        self.assertFalse(self.contract.activity_search([RECONCILE]))

    def test_a_credit_that_is_gone_closes_the_activity(self):
        self._invoice(self.contract, 20)
        credit = self._opening_balance(0, {self.customer: -150})
        self._dun()
        self.assertTrue(self.contract.activity_search([RECONCILE]))
        credit.button_draft()
        self._dun()
        self.assertFalse(self.contract.activity_search([RECONCILE]))
        self.assertStatusPair(self.contract, "active", "overdue")

    def test_without_dunning_no_credit_is_looked_at(self):
        self._switch_dunning_on(0, 0, 0)
        self._invoice(self.contract, 20)
        self._opening_balance(0, {self.customer: -150})
        self._dun()
        self.assertFalse(self.contract.activity_search([RECONCILE]))


@tagged("post_install", "-at_install")
class TestDebtRaces(Debts, RaceCase):
    def setUp(self):
        super().setUp()
        self._switch_dunning_on()
        self._commit()

    def test_another_contract_on_the_invoice_beside_the_block(self):
        invoice = self._owe(self._manual_invoice(20, self.contract))

        def name_none(env):
            invoice.with_env(env).dunning_contract_id = False

        self._side_by_side(name_none, self._move)
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_of_anything_beside_the_block(self):
        self.env.company.contract_debt_scope = "payer"
        invoice = self._owe(self._manual_invoice(20))
        self._side_by_side(self._settle(invoice), self._move)
        self.assertStatusPair(self.contract, "active", "active")

    def test_posting_beside_the_release(self):
        """Of a payment and another invoice that is posted, both are seen."""
        first = self._owe(self._manual_invoice(20, self.contract))
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        second = self._manual_invoice(30, self.contract)
        second.button_draft()
        second.button_cancel()
        self._commit()

        def post(env):
            move = second.with_env(env)
            move.button_draft()
            move.action_post()

        self._side_by_side(post, self._settle(first))
        self.assertStatusPair(self.contract, "active", "auto_blocked")
