# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Seven days to change one's mind, and the money back."""

from datetime import date

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_suspension import LeavingCase

CREDIT_NOTE = "contract_access.activity_credit_note"


@tagged("post_install", "-at_install")
class TestWithdrawal(LeavingCase):
    PEOPLE = {"clerk": ()}

    def _finish_the_stage(self):
        with freeze_time("2026-03-10 15:00:00"):
            self.contract = self._sold("2026-03-10")

    def setUp(self):
        super().setUp()
        self._on("2026-03-10")

    def _sold(self, day, **values):
        contract = self._contract(self.customer, **values)
        contract.contract_line_ids.write(
            {"date_start": day, "recurring_next_date": day}
        )
        return contract

    def _step(self, contract=None, **values):
        return (
            self.env["contract.step"]
            .with_user(self.clerk)
            .create(
                {
                    "contract_id": (contract or self.contract).id,
                    "step": "withdraw",
                    **values,
                }
            )
        )

    def _credit_notes(self):
        return self.contract._get_related_invoices().reversal_move_ids

    def _invoiced(self):
        invoice = self.contract._recurring_create_invoice()
        invoice.action_post()
        return invoice

    def test_the_seven_days(self):
        for day, holds in (("2026-03-17", True), ("2026-03-18", False)):
            self._on(day)
            step = self._step()
            self.assertEqual(step.may_still_withdraw, holds)
            self.assertIn(self._said("2026-03-17"), step.withdrawal_notice)

    def test_from_the_signature_on(self):
        contract = self._sold("2026-03-01", contract_status="pre_contract")
        self.assertTrue(self._step(contract).may_still_withdraw)
        self.assertIn("not signed", self._step(contract).withdrawal_notice)
        contract.with_user(self.clerk).action_activate_contract(bill_gap=True)
        self.assertEqual(contract.signed_on, date(2026, 3, 10))
        self.assertEqual(contract.withdrawal_until, date(2026, 3, 17))

    def test_from_the_service_on(self):
        contract = self._sold("2026-03-20")
        self.assertEqual(contract.withdrawal_until, date(2026, 3, 27))

    def test_a_section_is_no_service(self):
        contract = self._sold("2026-03-20")
        section = {"display_type": "line_section", "name": "TV"}
        contract.contract_line_ids = [
            Command.create({**section, "date_start": "2026-03-10"})
        ]
        self.assertEqual(contract.withdrawal_until, date(2026, 3, 27))

    def test_a_planned_end_makes_nothing_owed(self):
        for kind in ("pre-paid", "post-paid"):
            with self.subTest(kind):
                self._on("2026-03-10")
                contract = self._sold("2026-03-10")
                line = contract.contract_line_ids
                line.recurring_invoicing_type = kind
                line.recurring_next_date = line._next_invoice_from(
                    line.date_start, False
                )
                due = line.recurring_next_date
                if kind == "pre-paid":
                    contract._recurring_create_invoice()
                self._on("2026-03-12")
                self._terminate("2026-03-31", contract)
                contract.with_user(self.clerk).action_withdraw("Mudou de ideia")
                self.assertFalse(contract.is_terminated)
                for day in ("2026-03-13", "2026-04-01", "2026-04-10"):
                    self._on(day)
                    self.env["contract.contract"].cron_recurring_create_invoice()
                states = contract._get_related_invoices().mapped("state")
                self.assertEqual(set(states) - {"cancel"}, set())
                contract.action_reactivate(bill_gap=True)
                self.assertFalse(line.date_end)
                self.assertEqual(line.recurring_next_date, due)

    def test_a_renewal_gives_no_right_anew(self):
        line = self.contract.contract_line_ids
        line.date_end = "2026-03-20"
        self._on("2026-03-21")
        line.plan_successor(date(2026, 3, 21), False, False)
        self.assertEqual(self.contract.withdrawal_until, date(2026, 3, 17))

    def test_what_is_not_posted_yet_is_cancelled(self):
        draft = self.contract._recurring_create_invoice()
        self._step(reason="Mudou de ideia").action_confirm()
        self.assertEqual(draft.state, "cancel")
        self.assertIn("not posted", self.contract.message_ids[0].body)

    def test_an_invoice_of_two_contracts_loses_the_lines_of_one(self):
        draft = self.contract._recurring_create_invoice()
        other = self._sold("2026-03-10")
        kept = other._recurring_create_invoice().invoice_line_ids
        kept.move_id = draft
        self._step(reason="Mudou de ideia").action_confirm()
        self.assertEqual(draft.state, "draft")
        self.assertEqual(draft.invoice_line_ids, kept)

    def test_what_accounting_has_made_itself_stays(self):
        """It has no line of the contract, and says that it is the contract's debt."""
        product = self.contract.contract_line_ids.product_id
        for line in ({"product_id": product.id}, {"name": "Instalação"}):
            draft = self.env["account.move"].create(
                {
                    "move_type": "out_invoice",
                    "partner_id": self.customer.id,
                    "dunning_contract_id": self.contract.id,
                    "invoice_line_ids": [Command.create({"price_unit": 50, **line})],
                }
            )
            self.assertIn(draft, self.contract._get_related_invoices())
            with self.subTest(line):
                contract = self.contract
                self._step(reason="Mudou de ideia").action_confirm()
                self.assertEqual(draft.state, "draft")
                said = "".join(contract.message_ids.mapped("body"))
                self.assertNotIn("not posted", said)
                contract.action_reactivate()

    def test_a_credit_out_of_goodwill_leaves_what_was_paid_to_be_credited(self):
        invoice = self._invoiced()
        goodwill = invoice._reverse_moves()
        goodwill.invoice_line_ids.price_unit = 5
        goodwill.action_post()
        self._step(reason="Mudou de ideia").action_confirm()
        note = self._credit_notes() - goodwill
        # in all, what was paid
        self.assertAlmostEqual(
            note.amount_total + goodwill.amount_total, invoice.amount_total
        )
        note.action_post()
        self.assertFalse(self.contract._invoices_to_credit())

    def test_whoever_stays_after_all_is_invoiced(self):
        for at_line in (True, False):
            with self.subTest(at_line=at_line):
                self.contract = self._sold("2026-03-10", line_recurrence=at_line)
                if not at_line:
                    self.contract.write(
                        {
                            "date_start": "2026-03-10",
                            "recurring_next_date": "2026-03-10",
                        }
                    )
                self._on("2026-03-10")
                before = self._bill()
                self._step(reason="Mudou de ideia").action_confirm()
                self.contract.action_reactivate()
                self.assertEqual(self._bill(), before)
                self._step(reason="Mudou de ideia").action_confirm()
                self._on("2026-03-16")
                self.contract.action_reactivate()
                self.assertEqual(
                    self.contract.contract_line_ids.next_period_date_start,
                    date(2026, 3, 16),
                )
                self.assertEqual(len(self._bill()), 1)

    def test_whoever_stays_after_all_owes_what_was_credited(self):
        for post, due in ((False, date(2026, 4, 10)), (True, date(2026, 3, 10))):
            with self.subTest(post=post):
                self.contract = self._sold("2026-03-10")
                self._invoiced()
                self._step(reason="Mudou de ideia").action_confirm()
                credit = self._credit_notes()
                if post:
                    credit.action_post()
                self.contract.action_reactivate()
                self.assertEqual(credit.state, "posted" if post else "cancel")
                self.assertEqual(bool(credit.activity_ids), post)
                line = self.contract.contract_line_ids
                self.assertEqual(line.next_period_date_start, due)

    def test_after_the_seven_days_it_is_owed(self):
        draft = self.contract._recurring_create_invoice()
        self._on("2026-03-18")
        self._step(reason="Mudou de ideia").action_confirm()
        self.assertEqual(draft.state, "draft")

    def test_the_credit_note_is_for_accounting_to_check(self):
        invoice = self._invoiced()
        step = self._step(reason="Mudou de ideia")
        self.assertEqual(step.credited_invoices, invoice.name)
        self.assertTrue(step.credit_invoices)
        step.action_confirm()
        self.assertStatusPair(self.contract, "withdrawn", "disabled")
        credit = self._credit_notes()
        self.assertEqual((credit.state, credit.move_type), ("draft", "out_refund"))
        self.assertEqual(credit.amount_total, invoice.amount_total)
        self.assertEqual(credit.invoice_date, date(2026, 3, 10))
        self.assertEqual(invoice.payment_state, "not_paid")
        activity = credit.activity_ids
        self.assertEqual(activity.activity_type_id, self.env.ref(CREDIT_NOTE))
        self.assertTrue(activity.user_id.has_group("account.group_account_invoice"))
        self.assertIn(self.contract.name, activity.note)
        with self.assertRefused(AccessError, ""):
            credit.with_user(self.clerk).action_post()
        credit.action_post()
        self._end_of_request()
        self.assertFalse(self.contract.overdue_days)

    def test_the_clerk_may_not_want_it(self):
        self._invoiced()
        step = self._step(reason="Mudou de ideia")
        step.credit_invoices = False
        step.action_confirm()
        self.assertFalse(self._credit_notes())
        self.assertStatusPair(self.contract, "withdrawn", "disabled")

    def test_too_late(self):
        self._invoiced()
        self._on("2026-03-18")
        step = self._step(reason="Mudou de ideia")
        self.assertTrue(step.credited_invoices)
        self.assertFalse(step.credit_invoices)
        # the provider may give more than it must
        step.credit_invoices = True
        step.action_confirm()
        self.assertTrue(self._credit_notes())

    def test_nothing_was_invoiced(self):
        step = self._step(reason="Mudou de ideia")
        self.assertFalse(step.credited_invoices)
        self.assertFalse(step.credit_invoices)
        step.action_confirm()
        self.assertStatusPair(self.contract, "withdrawn", "disabled")

    def test_what_has_a_credit_note_gets_no_other(self):
        invoice = self._invoiced()
        credit = invoice._reverse_moves()
        self.assertFalse(self._step().credited_invoices)
        credit.button_cancel()
        self.assertEqual(self._step().credited_invoices, invoice.name)

    def test_other_contracts_are_left_alone(self):
        other = self._sold("2026-03-10")
        lines = self.contract.contract_line_ids + other.contract_line_ids
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "invoice_date": "2026-03-10",
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": line.product_id.id,
                            "contract_line_id": line.id,
                            "price_unit": 100,
                            "tax_ids": [],
                        }
                    )
                    for line in lines
                ],
            }
        )
        invoice.action_post()
        self._step(reason="Mudou de ideia").action_confirm()
        credit = invoice.reversal_move_ids
        self.assertEqual(
            credit.invoice_line_ids.contract_line_id, self.contract.contract_line_ids
        )
        self.assertEqual(credit.amount_total, 100)

        # … and the other one's customer may withdraw, too
        self._step(other, reason="Também").action_confirm()
        credits_ = invoice.reversal_move_ids
        self.assertEqual(credits_.mapped("amount_total"), [100, 100])
        self.assertEqual(credits_.invoice_line_ids.contract_line_id, lines)

    def test_a_price_that_was_made_up_for(self):
        self.contract.contract_line_ids.date_end = "2026-04-09"
        self._invoiced()
        self._on("2026-03-12")
        self.contract.contract_line_ids.write(
            {"product_id": self._product("30 Mb").id, "price_unit": 10}
        )
        self._on("2026-03-13")
        self._dun()
        notes = self.contract._get_related_invoices().filtered(
            lambda note: note.move_type == "out_refund"
        )
        self.assertEqual(notes.state, "draft")
        self._step(reason="Mudou de ideia").action_confirm()
        self.assertEqual(notes.state, "cancel")
        self._on("2026-03-14")
        self._dun()
        credit = self._credit_notes()
        self.assertEqual(credit.state, "draft")
        self.assertAlmostEqual(credit.amount_untaxed, 29.9)
        self.assertEqual(len(self.contract._get_related_invoices()), 3)

    def test_other_steps_credit_nothing(self):
        self._invoiced()
        for name in ("block", "blacklist"):
            self.assertFalse(self._step(step=name).credit_invoices)
