# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Days cost what they cost, whenever they were invoiced, and whatever came between."""

from datetime import date

from odoo import Command
from odoo.tests import tagged

from .test_suspension import LeavingCase


@tagged("post_install", "-at_install")
class TestPriceChange(LeavingCase):
    """A monthly contract of 31.00 that is paid in advance since 1 January."""

    def _finish_the_stage(self):
        self.cheap, self.dear = (self._product(name) for name in ("30 Mb", "900 Mb"))

    def setUp(self):
        super().setUp()
        self._on("2026-01-01")
        self.line = self.contract.contract_line_ids
        self.line.price_unit = 31

    def _sell(self, product, price, line=None):
        (line or self.line).write({"product_id": product.id, "price_unit": price})

    def _bill_on(self, day):
        """What is invoiced on a day: the amounts, rounded."""
        self._on(day)
        before = self.contract._get_related_invoices()
        self.contract._recurring_create_invoice()
        invoices = self.contract._get_related_invoices() - before
        invoices.action_post()
        # who owes nothing may have it suspended
        if invoices.amount_residual:
            self._pay(invoices)
        return sorted(round(row.price_subtotal, 2) for row in invoices.invoice_line_ids)

    def _notes(self):
        return self.contract._get_related_invoices().filtered(
            lambda note: note.move_type == "out_refund" and note.state != "cancel"
        )

    def _credited(self):
        rows = self._notes().invoice_line_ids
        return sorted(round(row.price_subtotal, 2) for row in rows)

    def _credit_five(self):
        """Accounting does, out of goodwill."""
        note = self.contract._get_related_invoices()._reverse_moves()
        note.invoice_line_ids.price_unit = 5
        note.action_post()

    def _resumed(self):
        return self.contract.contract_line_ids - self.line

    def test_after_a_suspension(self):
        for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
            self._bill_on(day)
        self._on("2026-03-10")
        self._suspend("2026-03-10", "2026-04-18")
        # 22 days are left, until 10 May
        self._on("2026-05-01")
        self._sell(self.dear, 62, self._resumed())
        self.assertEqual(self._bill_on("2026-05-11"), [10, 62])
        self._on("2026-05-20")
        self._terminate("2026-05-20", paid_ahead="credit")
        self.assertEqual(self._credited(), [42])

    def test_before_a_suspension(self):
        for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
            self._bill_on(day)
        self._on("2026-03-05")
        self._sell(self.dear, 62)
        self._suspend("2026-03-10", "2026-04-18")
        self._dun()
        self.assertFalse(self._credited())
        self.assertEqual(self._bill_on("2026-05-11"), [27, 62])

    def test_days_before_a_suspension_are_given_back(self):
        for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
            self._bill_on(day)
        rows = self.contract._get_related_invoices().invoice_line_ids
        for day, last, kept in (
            ("2026-04-01", 22, True),
            ("2026-04-30", 10, True),
            ("2026-04-30", 10, False),
        ):
            with (
                self.subTest(day, kept=kept),
                self.env.cr.savepoint() as savepoint,
            ):
                self._on("2026-03-10")
                if not kept:  # they were invoiced before days were kept
                    rows.service_start = False
                self._suspend("2026-03-10", "2026-04-18")
                self._on(day)
                self._terminate(day, paid_ahead="credit")
                self.assertEqual(self._credited(), [last])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_days_that_were_not_kept_outlive_a_termination(self):
        self._bill_on("2026-01-01")
        row = self.contract._get_related_invoices().invoice_line_ids
        row.service_start = False
        self._on("2026-01-10")
        self._terminate("2026-01-10", paid_ahead="credit")
        self.assertEqual(row._service_period(), (date(2026, 1, 1), date(2026, 1, 31)))

    def test_what_was_blocked_is_not_invoiced_by_it(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-20")
        self.contract.action_block("Equipamento")
        self._on("2026-03-20")
        self._sell(self.dear, 62)
        self.contract.action_release()
        # March is used, and paid for with the price of its days
        self.assertEqual(self._bill_on("2026-03-20"), [-19, 62])

    def test_what_was_credited(self):
        self._bill_on("2026-01-01")
        invoice = self.contract._get_related_invoices()
        invoice._reverse_moves(cancel=True)
        self._on("2026-01-15")
        self._sell(self.dear, 62)
        self.assertEqual(self._bill_on("2026-02-01"), [62])

    def test_an_invoice_that_is_cancelled_made_up_for_nothing(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        self.assertEqual(self._bill_on("2026-02-01"), [15, 62])
        last = self.contract._get_related_invoices().sorted("id")[-1:]
        last.button_draft()
        last.button_cancel()
        self.assertEqual(self._bill_on("2026-03-01"), [15, 62])

    def test_an_accountant_lets_it_go(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        self._on("2026-02-01")
        draft = self.contract._recurring_create_invoice()
        row = draft.invoice_line_ids.filtered("price_difference")
        row.price_unit = 0
        self.assertEqual(self._bill_on("2026-03-01"), [62])

    def test_accounting_credits_it(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        self._bill_on("2026-02-01")
        invoice = self.contract._get_related_invoices().sorted("id")[-1:]
        note = invoice._reverse_moves()
        note.invoice_line_ids.filtered("service_start").unlink()
        note.action_post()
        self.assertEqual(self._credited(), [15])
        self.assertEqual(self._bill_on("2026-03-01"), [62])

    def _reverse(self, move, **options):
        note = move._reverse_moves(**options)
        if note.state == "draft":
            note.action_post()
        return note

    def test_an_invoice_that_is_made_anew(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        before = self.contract._get_related_invoices()
        self._terminate("2026-01-31")
        self._on("2026-02-01")
        self.env["contract.line"]._settle_differences()
        invoice = self.contract._get_related_invoices() - before
        invoice.action_post()
        # what “Reverse and Create Invoice” does
        self._reverse(invoice, cancel=True)
        invoice.copy({"invoice_date": invoice.invoice_date}).action_post()
        self.assertFalse(self.line._open_differences())

    def test_a_credit_note_that_is_reversed_gives_nothing_back(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.cheap, 11)
        self._terminate("2026-01-31")
        self._on("2026-02-01")
        self.env["contract.line"]._settle_differences()
        [note] = self._notes()
        note.action_post()
        self.assertFalse(self.line._open_differences())
        draft = note._reverse_moves()
        self.assertFalse(self.line._open_differences())
        draft.action_post()
        self.assertEqual(self.line._open_differences(), {self.line: -9.68})

    def test_what_was_charged_counts(self):
        """Not what the line had come to cost meanwhile, for invoices to come."""
        self.line.price_unit = 62
        self._bill_on("2026-01-01")
        self._on("2026-01-10")
        self.line.price_unit = 31
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        self.assertEqual(self._bill_on("2026-02-01"), [62])

    def test_a_price_that_is_corrected_at_once(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.dear, 99)
        self.line.price_unit = 62
        self.assertEqual(self._bill_on("2026-02-01"), [15, 62])

    def test_a_price_that_is_corrected_after_it_was_invoiced(self):
        self._bill_on("2026-01-01")
        self._on("2026-02-01")
        self._sell(self.dear, 99)
        self._bill_on("2026-02-01")
        self.line.price_unit = 62
        self.assertEqual(self._bill_on("2026-03-01"), [-37, 62])

    def test_and_back_on_the_same_day(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        product = self.line.product_id
        self._sell(self.dear, 62)
        self._sell(product, 31)
        self.assertEqual(self._bill_on("2026-02-01"), [31])

    def test_a_part_of_a_period(self):
        """What a suspension has cut was not charged whole."""
        for day in ("2026-01-01", "2026-02-01"):
            self._bill_on(day)
        self._on("2026-02-20")
        self._suspend("2026-03-11", "2026-04-18")
        self.assertEqual(self._bill_on("2026-03-01"), [10])
        self._on("2026-03-06")
        self._sell(self.dear, 62)
        self.assertEqual(self.line._open_differences(), {self.line: 5})

    def test_rests_go_with_the_next_ones(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-02")
        self._sell(self.cheap, 11)
        self.assertEqual(self._bill_on("2026-02-01"), [-11, 11])
        self.assertEqual(self._bill_on("2026-03-01"), [-8.35, 11])
        self.assertEqual(self._bill_on("2026-04-01"), [11])

    def _downgrade_beside_another_line(self):
        self.contract.contract_line_ids = [
            Command.create(
                {"product_id": self.dear.id, "name": "TV", "price_unit": 100}
            )
        ]
        self._bill_on("2026-01-01")
        self._on("2026-01-02")
        self._sell(self.cheap, 11)

    def test_other_lines_leave_room(self):
        self._downgrade_beside_another_line()
        self.assertEqual(self._bill_on("2026-02-01"), [-19.35, 11, 100])

    def test_nothing_is_settled_while_invoices_come(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self._sell(self.cheap, 11)
        self._dun()
        self.assertFalse(self._credited())
        self.contract.active = False
        self._dun()
        self.assertEqual(self._credited(), [9.68])
        self._dun()
        self.assertEqual(self._credited(), [9.68])
        note = self._notes()
        self.assertEqual(note.state, "draft")
        self.assertEqual(
            note.activity_ids.activity_type_id,
            self.env.ref("contract_access.activity_credit_note"),
        )

    def test_another_period_begins_with_the_next_invoice(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-17")
        self.line.write(
            {
                "product_id": self.dear.id,
                "price_unit": 300,
                "recurring_rule_type": "yearly",
            }
        )
        self.assertEqual(self._bill_on("2026-02-01"), [300])

    def test_prices_of_other_periods_make_up_for_nothing(self):
        self._bill_on("2026-01-01")
        self._on("2026-01-10")
        self.line.write({"price_unit": 300, "recurring_rule_type": "yearly"})
        self._on("2026-01-17")
        self._sell(self.dear, 600)
        self.assertEqual(self._bill_on("2026-02-01"), [600])

    def test_what_was_invoiced_elsewhere_is_no_part_of_it(self):
        self.line.write({"date_start": "2020-03-01"})
        self.line.recurring_next_date = "2026-02-01"
        self._on("2026-01-12")
        self._sell(self.dear, 62)
        self.assertEqual(self._bill_on("2026-02-01"), [62])
        self._on("2026-02-10")
        self._terminate("2026-02-10", paid_ahead="credit")
        self.assertEqual(self._credited(), [39.86])

    def test_a_credit_out_of_goodwill_gives_no_days_back(self):
        self._bill_on("2026-01-01")
        self._credit_five()
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        self.assertEqual(self._bill_on("2026-02-01"), [15, 62])

    def test_a_credit_out_of_goodwill_forfeits_no_other(self):
        self._bill_on("2026-01-01")
        self._credit_five()
        self._on("2026-01-10")
        self._terminate("2026-01-10", paid_ahead="credit")
        self.assertEqual(self._credited(), [5, 21])

    def test_a_termination_taken_back_leaves_paid_what_was_not_given_back(self):
        self._bill_on("2026-01-01")
        values = self._line_values(
            self.cheap,
            price_unit=30,
            date_start="2026-01-10",
            recurring_next_date="2026-01-10",
        )
        self.contract.contract_line_ids = [Command.create(values)]
        other = self.contract.contract_line_ids - self.line
        self._bill_on("2026-01-10")
        self._on("2026-01-15")
        self._terminate("2026-01-15", paid_ahead="credit")
        self.assertEqual(self._credited(), [16, 24.19])
        self._notes().sorted("amount_untaxed")[0].action_post()
        self.contract.action_cancel_contract_termination()
        self.assertEqual(self.line.last_date_invoiced, date(2026, 1, 15))
        self.assertEqual(other.last_date_invoiced, date(2026, 2, 9))

    def test_a_suspension_that_ends_early(self):
        for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
            self._bill_on(day)
        self._on("2026-03-10")
        self._suspend("2026-03-10", "2026-04-18")
        self._on("2026-04-01")
        self._sell(self.dear, 62, self._resumed())
        self._on("2026-04-05")
        self.contract.action_end_suspension()
        # 22 days are left
        self.assertEqual(self._bill_on("2026-04-27"), [22, 62])

    def test_by_accounting(self):
        accountant = self._operator("test_accountant", "account.group_account_manager")
        for day in ("2026-01-01", "2026-02-01", "2026-03-01"):
            self._bill_on(day)
        self._on("2026-03-05")
        self._sell(self.dear, 62)
        self._suspend("2026-03-10", "2026-04-18")
        self._on("2026-05-11")
        self.env.flush_all()
        invoice = self.contract.with_user(accountant).recurring_create_invoice()
        self.assertEqual(
            sorted(invoice.invoice_line_ids.mapped("price_unit")), [27, 62]
        )

    def test_each_tax_has_its_own_room(self):
        tax = self.env["account.tax"].create({"name": "5%", "amount": 5})
        (self.line.product_id | self.cheap).taxes_id = tax
        self.dear.taxes_id = False
        self._downgrade_beside_another_line()
        self.assertEqual(self._bill_on("2026-02-01"), [-11, 11, 100])

    def test_what_we_buy_is_left_alone(self):
        bought = self.contract.copy({"contract_type": "purchase"})
        self.contract = bought
        self.line = bought.contract_line_ids
        self._on("2026-01-10")
        bought._recurring_create_invoice()
        self._sell(self.dear, 62)
        self._terminate("2026-01-10", paid_ahead="credit")
        moves = bought._get_related_invoices()
        self.assertEqual(set(moves.mapped("move_type")), {"in_invoice"})

    def test_the_chatter_says_what_comes(self):
        self.line.recurring_invoicing_type = "post-paid"
        self._on("2026-01-17")
        self._sell(self.dear, 62)
        self.assertIn("former price", self.contract.message_ids[0].body)
        self.assertEqual(self._bill_on("2026-02-01"), [-16, 62])
        self._sell(self.cheap, 31)
        messages = self.contract.message_ids
        self.assertNotIn("30 Mb", messages[0].body)
