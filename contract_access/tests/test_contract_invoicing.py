# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a contract is invoiced for, and what it is not."""

from datetime import date
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from ..hooks import _end_lines_with_contracts
from ..models import contract_contract_invoicing, contract_line
from .common import ClockCase

SECTION = {"display_type": "line_section", "name": "Internet"}


@tagged("post_install", "-at_install")
class TestContractInvoicing(ClockCase):
    def _sold(self, kind="post-paid", start="2026-01-01", **values):
        """A contract with a line; the first invoice is the one of its first period."""
        line = self._line_values(
            self.internet, recurring_invoicing_type=kind, date_start=start
        )
        del line["recurring_next_date"]
        return self._contract(
            self.customer,
            [],
            date_start=start,
            contract_line_ids=[Command.create(line)],
            **values,
        )

    def _bill(self, day):
        """OCA's scheduled action of a day."""
        self._on(day)
        self.env["contract.contract"].cron_recurring_create_invoice()

    def _periods(self, contract):
        """Date and first amount of each invoice."""
        return [
            (str(invoice.invoice_date), invoice.amount_untaxed)
            for invoice in contract._get_related_invoices().sorted("invoice_date")
        ]

    def test_a_run_that_is_cut_off_goes_on(self):
        self._on("2026-03-10")
        contracts = self.contract | self._sold() | self._sold()
        model = type(contracts)
        prepare, broken = model._prepare_recurring_invoices_values, self.contract
        refusal = UserError("no")

        def prepare_others(rows, *arguments, **options):
            if rows & broken:
                raise refusal
            return prepare(rows, *arguments, **options)

        def invoiced():
            return [len(row._get_related_invoices()) for row in contracts]

        with (
            patch.object(contract_contract_invoicing, "SLICE", 1),
            patch.object(model, "_prepare_recurring_invoices_values", prepare_others),
            mute_logger("odoo.addons.contract.models.contract"),
        ):
            # there is no time left after the first of them
            action = self._invoicing(cron_end_time=0)
            progress = self.env["ir.cron.progress"].browse(
                action.env.context["ir_cron_progress_id"]
            )
            for done in ([0, 0, 0], [0, 1, 0], [0, 1, 1]):
                self.assertTrue(progress.remaining or not any(invoiced()))
                action.cron_recurring_create_invoice()
                self.assertEqual(invoiced(), done)
            self.assertFalse(progress.remaining)
            # each has had its turn: what is due besides has its own tomorrow
            action.cron_recurring_create_invoice()
            self.assertEqual(invoiced(), [0, 1, 1])
            self.assertTrue(broken.invoice_generation_error)

    def test_another_line_that_is_renewed_hides_none_that_is_not(self):
        self._on("2026-03-01")
        contract = self._sold()
        broken = contract.contract_line_ids
        television = self._product("Television")
        for product in television, self._product("Telephony"):
            broken.copy({"contract_id": contract.id, "product_id": product.id})
        lines = contract.contract_line_ids
        broken |= lines.filtered(lambda line: line.product_id == television)
        lines.write({"date_end": "2026-03-31", "is_auto_renew": True})
        renew = type(lines).renew
        refusal = UserError("no such year")

        def renew_others(rows):
            if rows & broken:
                raise refusal
            return renew(rows)

        self._on("2026-04-15")
        action = self._scheduled("contract_line_successor.contract_line_cron_for_renew")
        with patch.object(type(lines), "renew", renew_others):
            action.cron_renew_contract_line()
        self.assertEqual(str((lines - broken).date_end), "2027-03-31")
        alarm = contract.activity_search([contract_line.NOT_RENEWED])
        self.assertEqual(alarm.note.count("no such year"), 2)
        self.assertIn("Television", alarm.note)
        # nobody wants them to go on any more
        broken.is_auto_renew = False
        action.cron_renew_contract_line()
        self.assertFalse(contract.activity_search([contract_line.NOT_RENEWED]))

    def test_a_line_that_cannot_be_renewed(self):
        self._on("2026-03-01")
        contracts = self._sold() | self._sold() | self._sold()
        lines = contracts.contract_line_ids
        lines.write({"date_end": "2026-03-31", "is_auto_renew": True})
        model = type(lines)
        renew, broken = model.renew, lines[1]
        broken.name = "Fibra (#START# a #END#)"
        refusal = UserError("no such year")

        def renew_others(rows):
            if rows & broken:
                raise refusal
            return renew(rows)

        def alarms():
            return [
                row.activity_search([contract_line.NOT_RENEWED]) for row in contracts
            ]

        self._on("2026-04-15")
        action = self._scheduled("contract_line_successor.contract_line_cron_for_renew")
        for size in (2, 100):
            with (
                patch.object(contract_line, "BATCH_SIZE", size),
                patch.object(model, "renew", renew_others),
            ):
                action.cron_renew_contract_line()
            ends = [str(line.date_end) for line in lines]
            self.assertEqual(ends, ["2027-03-31", "2026-03-31", "2027-03-31"])
            self.assertEqual([len(alarm) for alarm in alarms()], [0, 1, 0])
            self.assertIn("no such year", alarms()[1].note)
            self.assertIn(broken.product_id.name, alarms()[1].note)
            self.assertNotIn("#START#", alarms()[1].note)
        action.cron_renew_contract_line()
        self.assertEqual(str(broken.date_end), "2027-03-31")
        self.assertFalse(any(alarms()))

    def test_the_lines_of_a_plan(self):
        cases = (
            ("pre-paid", "monthly", ["2026-01-10", "2026-02-10"]),
            ("post-paid", "monthly", ["2026-02-10"]),
            ("post-paid", "monthlylastday", ["2026-01-31"]),
        )
        for kind, rule, days in cases:
            with self.subTest(kind, rule=rule):
                self._on("2026-01-10")
                line = self._line_values(
                    self.internet,
                    recurring_invoicing_type=kind,
                    recurring_rule_type=rule,
                )
                del line["date_start"], line["recurring_next_date"]
                plan = self.env["contract.template"].create(
                    {"name": "Plano", "contract_line_ids": [Command.create(line)]}
                )
                contract = self._contract(self.customer, [])
                contract.line_recurrence = True
                contract.contract_line_ids = contract._convert_contract_lines(plan)
                for day in ("2026-01-10", "2026-01-31", "2026-02-10", "2026-02-15"):
                    self._bill(day)
                invoiced = [day for day, _amount in self._periods(contract)]
                self.assertEqual(invoiced, days)
                self.assertFalse(contract.invoice_generation_error)

    def test_a_section_is_paid_for_by_nobody(self):
        self._on("2026-01-01")
        contract = self._sold()
        line = contract.contract_line_ids.copy_data()[0]
        del line["recurring_next_date"]
        contract.contract_line_ids = [
            Command.create({**line, "date_start": "2026-01-10"}),
            Command.create({**SECTION, "date_start": "2026-01-01", "sequence": 0}),
        ]
        for day in ("2026-02-01", "2026-02-10", "2026-03-01", "2026-03-10"):
            self._bill(day)
        self.assertEqual(len(self._periods(contract)), 4)
        self._on("2026-03-12")
        self.assertFalse(contract._paid_until(contract._today()))

    def test_the_last_days_of_what_is_paid_afterwards(self):
        self._on("2026-01-01")
        contract = self._sold()
        self._bill("2026-02-01")
        self.assertEqual(len(self._periods(contract)), 1)
        self._on("2026-02-10")
        self._terminate("2026-02-20", contract)
        for day in ("2026-02-20", "2026-02-21", "2026-02-22", "2026-03-01"):
            self._bill(day)
        self.assertEqual(
            [day for day, _amount in self._periods(contract)],
            ["2026-02-01", "2026-02-21"],
        )
        line = contract.contract_line_ids
        self.assertEqual(line.last_date_invoiced, date(2026, 2, 20))

    def test_the_last_period_of_a_fixed_term(self):
        self._on("2026-01-01")
        contract = self._sold()
        contract.contract_line_ids.date_end = "2026-02-28"
        for day in ("2026-02-01", "2026-03-01", "2026-03-02", "2026-04-01"):
            self._bill(day)
        self.assertEqual(
            [day for day, _amount in self._periods(contract)],
            ["2026-02-01", "2026-03-01"],
        )

    def test_a_late_scheduled_action_makes_up_for_the_last_days(self):
        self._on("2026-01-01")
        contract = self._sold()
        self._terminate("2026-02-10", contract)
        for _run in range(3):
            self._bill("2026-03-15")
        self.assertEqual(len(self._periods(contract)), 2)

    def test_what_is_paid_before_has_nothing_more(self):
        self._on("2026-01-01")
        contract = self._sold("pre-paid")
        self._bill("2026-01-01")
        self._on("2026-01-10")
        self._terminate("2026-01-31", contract)
        for day in ("2026-02-01", "2026-03-01"):
            self._bill(day)
        self.assertEqual(len(self._periods(contract)), 1)

    def _in_advance(self):
        """A month that was invoiced on its first day, and posted."""
        self._on("2026-03-01")
        contract = self._sold("pre-paid", "2026-03-01")
        line = contract.contract_line_ids
        line.write({"price_unit": 31, "quantity": 2})
        self._bill("2026-03-01")
        invoice = contract._get_related_invoices()
        invoice.action_post()
        self.assertEqual(
            invoice.invoice_line_ids._service_period(),
            (date(2026, 3, 1), date(2026, 3, 31)),
        )
        return contract

    def test_what_was_paid_may_be_used(self):
        contract = self._in_advance()
        self._on("2026-03-10")
        clerk = self._operator()
        wizard = (
            self.env["contract.contract.terminate"]
            .with_user(clerk)
            .create(
                {
                    "contract_id": contract.id,
                    "terminate_reason_id": self.reason.id,
                    "terminate_date": "2026-03-10",
                }
            )
        )
        self.assertEqual(wizard.paid_until, date(2026, 3, 31))
        wizard.terminate_contract()
        self.assertStatusPair(contract, "active", "active")
        self.assertEqual(contract.terminate_date, date(2026, 3, 31))
        for day, status in (("2026-03-31", "active"), ("2026-04-01", "inactive")):
            self._bill(day)
            self._dun()
            self.assertEqual(contract.contract_status, status)
        self.assertEqual(len(self._periods(contract)), 1)

    def test_what_was_paid_may_be_given_back(self):
        contract = self._in_advance()
        self._on("2026-03-10")
        self._operator("test_account", "account.group_account_invoice")
        clerk = self._operator()
        contract = contract.with_user(clerk)
        invoice = contract.sudo()._get_related_invoices()
        self._terminate("2026-03-10", contract, paid_ahead="credit")
        self.assertStatusPair(contract, "inactive", "disabled")
        note = invoice.reversal_move_ids
        self.assertEqual((note.state, note.move_type), ("draft", "out_refund"))
        self.assertAlmostEqual(note.amount_untaxed, 42)
        self.assertEqual(
            note.invoice_line_ids._service_period(),
            (date(2026, 3, 11), date(2026, 3, 31)),
        )
        accountant = note.activity_ids.user_id
        self.assertTrue(accountant.has_group("account.group_account_invoice"))
        # undone, it is as if nothing had been
        line = contract.contract_line_ids
        contract.action_cancel_contract_termination()
        self.assertEqual(note.state, "cancel")
        self.assertEqual(line.last_date_invoiced, date(2026, 3, 31))
        self.assertEqual(line.recurring_next_date, date(2026, 4, 1))
        self.assertFalse(line.date_end)

    def test_what_was_given_back_is_invoiced_anew(self):
        contract = self._in_advance()
        self._on("2026-03-10")
        invoice = contract._get_related_invoices()
        self._terminate("2026-03-10", contract, paid_ahead="credit")
        invoice.reversal_move_ids.action_post()
        contract.action_cancel_contract_termination()
        line = contract.contract_line_ids
        self.assertFalse(line.date_end)
        self.assertEqual(line.next_period_date_start, date(2026, 3, 11))
        self.assertEqual(line.recurring_next_date, date(2026, 3, 11))

    def test_what_was_given_back_had_not_begun(self):
        self._on("2026-03-10")
        contract = self._sold("pre-paid", "2026-03-15")
        invoice = contract._recurring_create_invoice()
        invoice.action_post()
        self._terminate("2026-03-10", contract, paid_ahead="credit")
        invoice.reversal_move_ids.action_post()
        contract.action_cancel_contract_termination()
        line = contract.contract_line_ids
        self.assertEqual(line.next_period_date_start, date(2026, 3, 15))
        self.assertEqual(line.recurring_next_date, date(2026, 3, 15))

    def test_whoever_leaves_is_billed_for_what_was_used(self):
        for name in ("withdraw", "blacklist"):
            with self.subTest(name):
                self._on("2026-01-01")
                contract = self._sold()
                self._on("2026-01-20")
                clerk = self._operator(f"test_{name}")
                getattr(contract.with_user(clerk), f"action_{name}")("Desistiu")
                self.assertEqual(contract.date_end, date(2026, 1, 20))
                for day in ("2026-01-20", "2026-01-21", "2026-02-01", "2026-03-01"):
                    self._bill(day)
                self.assertEqual(
                    [day for day, _amount in self._periods(contract)], ["2026-01-21"]
                )
                with self.assertRefused(UserError, "is not invoiced"):
                    contract.recurring_create_invoice()
                self._on("2026-05-01")
                contract.action_reactivate()
                line = contract.contract_line_ids
                self.assertFalse(line.date_end)
                self.assertEqual(line.next_period_date_start, date(2026, 5, 1))

    def test_whoever_leaves_before_a_planned_end(self):
        for kind, days in (("post-paid", ["2026-01-21"]), ("pre-paid", ["2026-01-01"])):
            with self.subTest(kind):
                self._on("2026-01-01")
                contract = self._sold(kind)
                self._bill("2026-01-01")
                self._terminate("2026-03-20", contract)
                self._on("2026-01-20")
                contract.action_withdraw("Desistiu")
                for day in ("2026-01-21", "2026-02-01", "2026-03-01", "2026-03-21"):
                    self._bill(day)
                invoiced = [day for day, _amount in self._periods(contract)]
                self.assertEqual(invoiced, days)
                wizard = self.env["contract.manually.create.invoice"].create(
                    {"invoice_date": "2026-06-01"}
                )
                self.assertNotIn(contract, wizard.contract_to_invoice_ids)
                contract.action_reactivate()
                self.assertFalse(contract.contract_line_ids.date_end)

    def test_another_day_said_later_is_no_service(self):
        self._on("2026-11-01")
        contract = self._sold(start="2026-11-01")
        self._on("2026-11-05")
        self._terminate("2026-11-05", contract)
        self.assertStatusPair(contract, "inactive", "disabled")
        self._on("2026-11-28")
        self._terminate("2026-11-15", contract)
        self.assertEqual(contract.contract_line_ids.date_end, date(2026, 11, 5))
        self.assertEqual(contract.terminate_date, date(2026, 11, 5))

    def test_what_accounting_has_credited_is_not_credited_again(self):
        contract = self._in_advance()
        self._on("2026-03-10")
        invoice = contract._get_related_invoices()
        invoice._reverse_moves()
        self._terminate("2026-03-10", contract, paid_ahead="credit")
        self.assertEqual(len(invoice.reversal_move_ids), 1)

    def test_nothing_was_used_of_what_was_never_signed(self):
        self._on("2026-01-01")
        contract = self._sold(contract_status="pre_contract")
        self._on("2026-02-10")
        with self.assertRefused(UserError, "is not invoiced, because it is Pre-con"):
            contract.recurring_create_invoice()
        self.assertFalse(contract.create_invoice_visibility)
        contract.action_withdraw("Desistiu")
        self._bill("2026-03-10")
        self.assertFalse(self._periods(contract))

    def test_what_was_never_signed_is_in_nobodys_way(self):
        for step, end in (("withdraw", "2026-03-20"), ("blacklist", "2026-01-01")):
            with self.subTest(step):
                self._on("2026-01-01")
                contract = self._sold(contract_status="pre_contract")
                self._terminate(end, contract)
                getattr(contract, f"action_{step}")("Desistiu")
                self._on("2026-02-01")
                wizard = self.env["contract.manually.create.invoice"].create(
                    {"invoice_date": "2026-06-01"}
                )
                self.assertNotIn(contract, wizard.contract_to_invoice_ids)

    def test_by_hand_nothing_that_is_over(self):
        for name in ("withdraw", "blacklist"):
            with self.subTest(name):
                self._on("2026-03-01")
                contract = self._sold("pre-paid")
                getattr(contract, f"action_{name}")("Desistiu")
                with self.assertRefused(UserError, "is not invoiced"):
                    contract.recurring_create_invoice()
                wizard = self.env["contract.manually.create.invoice"].create(
                    {"invoice_date": "2026-06-01"}
                )
                self.assertNotIn(contract, wizard.contract_to_invoice_ids)
                contract._recurring_create_invoice()
                self.assertFalse(self._periods(contract))

    def test_what_was_invoiced_elsewhere_stays_so_with_another_end(self):
        self._on("2026-11-27")

        def renew(line):
            line.write({"date_end": "2026-12-09", "is_auto_renew": True})
            line.renew()

        def end_by_form(line):
            with Form(line.contract_id) as form, form.contract_line_ids.edit(0) as row:
                row.date_end = "2027-12-09"

        for change in (renew, end_by_form):
            with self.subTest(change.__name__):
                contract = self._sold("pre-paid", "2025-12-10", line_recurrence=True)
                line = contract.contract_line_ids
                line.recurring_next_date = "2026-12-10"
                change(line)
                self.assertGreater(line.date_end, date(2027, 12, 1))
                self.assertEqual(line.recurring_next_date, date(2026, 12, 10))
                self._bill("2026-12-10")
                self.assertEqual(len(self._periods(contract)), 1)
                self._on("2026-11-27")

    def test_a_copy_begins_today(self):
        self._on("2026-11-27")
        contract = self._sold("pre-paid", "2024-01-10", line_recurrence=True)
        over = self._line_values(
            self.internet,
            date_start="2024-01-10",
            date_end="2026-11-26",
            last_date_invoiced="2026-11-26",
            recurring_next_date=False,
        )
        contract.contract_line_ids = [Command.create(over)]
        clerk = self._operator("clerk")
        today = date(2026, 11, 27)
        for end in (None, "2027-01-31", "2026-11-27"):
            with self.subTest(terminated=end):
                if end:
                    self._terminate(end, contract)
                copy = contract.with_user(clerk).copy()
                line = copy.contract_line_ids
                self.assertEqual(len(line), 1)
                self.assertEqual((line.date_start, line.date_end), (today, False))
                self.assertEqual(line.recurring_next_date, today)
                self.assertStatusPair(copy, "active", "active")
                self.assertTrue(copy._may_still_withdraw())
        unsigned = self._sold(contract_status="pre_contract").with_user(clerk)
        self.assertStatusPair(unsigned.copy(), "pre_contract", "awaiting_signature")

    def test_a_copy_where_the_contract_has_the_recurrence(self):
        self._on("2026-11-27")
        values = {"product_id": self.internet.id, "name": "x", "price_unit": 10}
        contract = self._contract(
            self.customer,
            [],
            line_recurrence=False,
            date_start="2024-01-10",
            contract_line_ids=[Command.create(values)],
        )
        copy = contract.with_user(self._operator("clerk")).copy()
        today = date(2026, 11, 27)
        for record in (copy, copy.contract_line_ids):
            self.assertEqual(record.date_start, today)
            self.assertEqual(record.recurring_next_date, today)

    def test_lines_follow_the_dates_of_their_contract(self):
        self._on("2026-01-10")
        values = {"product_id": self.internet.id, "name": "x", "price_unit": 10}
        contract = self._contract(
            self.customer,
            [],
            line_recurrence=False,
            date_start="2026-02-01",
            date_end="2026-04-30",
            contract_line_ids=[Command.create(values)],
        )
        line = contract.contract_line_ids
        dates = (date(2026, 2, 1), date(2026, 4, 30))
        self.assertEqual((line.date_start, line.date_end), dates)
        self.assertEqual(line.recurring_next_date, date(2026, 2, 1))
        contract.contract_line_ids = [Command.create(values)]
        other = contract.contract_line_ids - line
        self.assertEqual((other.date_start, other.date_end), dates)
        other.date_end = "2026-03-31"
        contract.date_end = "2026-05-31"
        self.assertEqual(line.date_end, date(2026, 5, 31))
        self.assertEqual(other.date_end, date(2026, 3, 31))
        self.assertEqual(contract.date_end, date(2026, 5, 31))
        for month in range(1, 9):
            self._bill(f"2026-{month:02}-01")
        self.assertEqual(len(self._periods(contract)), 4)
        contract.date_end = False
        self.assertFalse(line.date_end)
        self._bill("2026-08-01")
        self.assertEqual(len(self._periods(contract)), 5)

    def test_lines_that_were_there_before_the_addon(self):
        self._on("2026-01-10")
        contract = self._sold("pre-paid", line_recurrence=False, date_end="2026-04-30")
        # what was due before was invoiced elsewhere
        line = contract.contract_line_ids
        line.recurring_next_date = "2026-03-01"
        contract.contract_line_ids = [Command.create(SECTION)]
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE contract_line SET date_end = NULL,"
            " date_start = CASE WHEN display_type IS NULL THEN date_start END"
            " WHERE contract_id = %s",
            [contract.id],
        )
        self.env.invalidate_all()
        _end_lines_with_contracts(self.env)
        ends = set(contract.contract_line_ids.mapped("date_end"))
        self.assertEqual(ends, {date(2026, 4, 30)})
        self.assertEqual(line.recurring_next_date, date(2026, 3, 1))
        self.assertEqual(contract.date_end, date(2026, 4, 30))

    def test_what_was_invoiced_elsewhere_stays_so_where_the_end_is_moved(self):
        self._on("2026-01-10")
        contract = self._sold("pre-paid", line_recurrence=False, date_end="2026-04-30")
        line = contract.contract_line_ids
        line.recurring_next_date = "2026-03-01"
        contract.date_end = "2026-05-31"
        self.assertEqual(line.date_end, date(2026, 5, 31))
        self.assertEqual(line.recurring_next_date, date(2026, 3, 1))

    def test_an_end_before_what_was_invoiced(self):
        self._on("2026-01-10")
        contract = self._sold("pre-paid", line_recurrence=False)
        contract.contract_line_ids = [Command.create(SECTION)]
        contract.recurring_create_invoice()
        contract.date_end = "2026-04-30"
        self.assertEqual(contract.date_end, date(2026, 4, 30))
        contract.date_end = "2026-01-15"
        self.assertEqual(contract.date_end, date(2026, 1, 31))
        self._bill("2026-03-01")
        self.assertEqual(len(self._periods(contract)), 1)

    def test_the_form_keeps_the_end_that_was_entered(self):
        self._on("2026-01-10")
        self.env.user.group_ids += self.env.ref("account.group_account_manager")
        form = Form(
            self.env["contract.contract"].with_context(default_contract_type="sale"),
            "contract.contract_contract_customer_form_view",
        )
        form.name = "Contrato"
        form.partner_id = self.customer
        form.line_recurrence = False
        form.date_start = date(2026, 2, 1)
        form.date_end = date(2026, 4, 30)
        with form.contract_line_fixed_ids.new() as line:
            line.product_id = self.internet
        self.assertEqual(form.date_end, date(2026, 4, 30))
        contract = form.save()
        line = contract.contract_line_ids
        self.assertEqual(
            (line.date_start, line.date_end), (date(2026, 2, 1), date(2026, 4, 30))
        )
