# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Overdue invoices move contracts; what settles them moves them back at once."""

from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import SQL, mute_logger

from .common import CPFS, FULL, ContractCase


@tagged("post_install", "-at_install")
class TestDunning(ContractCase):
    def setUp(self):
        super().setUp()
        self._switch_dunning_on()

    def test_each_step_rests_on_the_one_before(self):
        self._invoice(self.contract, 1)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        [notice] = self._deliver_notices()
        for days, status_pair in (
            (14, ("active", "overdue")),
            (15, ("active", "auto_blocked")),
        ):
            with self.subTest(days_after_notice=days):
                notice.delivered_on = self.contract._today() - timedelta(days=days)
                self._dun()
                self.assertStatusPair(self.contract, *status_pair)
        self.assertEqual(self.contract.blocked_on, self.contract._today())
        notice.delivered_on -= timedelta(days=60)
        for days, status_pair in (
            (59, ("active", "auto_blocked")),
            (60, ("inactive", "disabled")),
        ):
            with self.subTest(days_after_block=days):
                self.contract.blocked_on = self.contract._today() - timedelta(days=days)
                self._dun()
                self.assertStatusPair(self.contract, *status_pair)
        self.assertFalse(self.contract.blocked_on)

    def test_a_contract_found_late_begins_with_the_notice(self):
        self._invoice(self.contract, 200)
        for _day in range(3):
            self._dun()
            self.assertStatusPair(self.contract, "active", "overdue")
        self.assertEqual(len(self.contract.notice_ids), 1)

    def test_the_end(self):
        self._terminate_by_dunning()
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.assertTrue(self.contract.is_terminated)
        self.assertEqual(
            self.contract.terminate_reason_id.name,
            "Automatic cancellation for default",
        )
        today = self.contract._today()
        self.assertEqual(self.contract.contract_line_ids.mapped("date_end"), [today])

    def _terminate_by_dunning(self):
        self._invoice(self.contract, 90)
        self._dun_until_terminated()

    def test_one_without_the_day_of_its_end_stops_nobody(self):
        other = self._contract(self._customer("José", CPFS[1]))
        self._invoice(other, 20)
        self.contract.is_terminated = True
        self._dun()
        self.assertStatusPair(other, "active", "overdue")
        self.assertStatusPair(self.contract, "inactive", "disabled")

    def test_running_twice_changes_nothing(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        messages = self.contract.message_ids
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertEqual(self.contract.message_ids, messages)

    def test_who_was_never_blocked_is_not_told_of_a_release(self):
        blocked = self._contract(self._customer("José", CPFS[1]))
        self._invoice(blocked, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        self._invoice(self.contract, 3)
        self._dun()
        self.assertStatusPair(blocked, "active", "auto_blocked")
        self.env.company.contract_minimum_debt = 1000
        self._dun()
        for contract, kinds in (
            (self.contract, {"debt"}),
            (blocked, {"debt", "block", "release"}),
        ):
            self.assertStatusPair(contract, "active", "active")
            self.assertEqual(set(contract.notice_ids.mapped("kind")), kinds)

    def test_switched_off(self):
        self._switch_dunning_on(0, 0, 0)
        self._invoice(self.contract, 90)
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")

    def test_per_contract(self):
        self._invoice(self.contract, 90)
        self.contract.write({"automatic_block": False, "automatic_cancellation": False})
        self._dun_until_blocked()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.contract.automatic_block = True
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.contract.blocked_on -= timedelta(days=90)
        notices = self.contract.notice_ids
        notices.filtered("delivered_on").delivered_on -= timedelta(days=90)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_days_of_trust(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self.contract.action_release()
        self.assertStatusPair(self.contract, "active", "overdue")
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.contract.no_block_until = self.contract._today()
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_a_cancellation_that_is_undone_is_not_repeated_at_once(self):
        self._terminate_by_dunning()
        for undo in ("action_cancel_contract_termination", "action_reactivate"):
            self.assertStatusPair(self.contract, "inactive", "disabled")
            getattr(self.contract, undo)()
            self._dun()
            self.assertStatusPair(self.contract, "active", "overdue")
            # no trust any more: blocked again, and sixty days from then
            self.contract.no_block_until = False
            self._dun()
            self.assertStatusPair(self.contract, "active", "auto_blocked")
            self.contract.blocked_on -= timedelta(days=60)
            self._dun()

    def _many_to_block(self):
        others = [
            self._contract(self._customer(f"Cliente {number}", cpf))
            for number, cpf in enumerate(CPFS[1:])
        ]
        contracts = self.contract.union(*others)
        for contract in contracts:
            self._invoice(contract, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        self.env["ir.cron"]._commit_progress()
        return contracts

    def _blocked(self, contracts):
        self.env.invalidate_all()
        return contracts.filtered(lambda row: row.access_status == "auto_blocked")

    @contextmanager
    def _cut_off(self, size):
        """Runs have the time for so many contracts.

        :return: how many of them each had before it
        """
        cron = type(self.env["ir.cron"])
        commit = cron._commit_progress
        asked = []

        def no_time_left(self, *arguments, remaining=None, **options):
            commit(self, *arguments, remaining=remaining, **options)
            if remaining is not None:
                asked.append(remaining)
            return 0

        dunning = "odoo.addons.contract_access.models.contract_dunning"
        with (
            patch(f"{dunning}.BATCH_SIZE", size),
            patch(f"{dunning}.RUN_SECONDS", 0),
            patch.object(cron, "_commit_progress", no_time_left),
        ):
            yield asked

    def test_a_run_cut_off_in_the_middle_goes_on(self):
        contracts = self._many_to_block()
        with self._cut_off(2):
            self._dun()
        self.assertEqual(len(self._blocked(contracts)), 2)
        self._dun()
        self.assertEqual(self._blocked(contracts), contracts)

    def test_those_that_fail_are_in_nobodys_way(self):
        contracts = self._many_to_block()
        broken = contracts.sorted("id")[:2]
        model = type(contracts)
        move, refusal = model._move, UserError("no")

        def move_others(rows, *arguments, **values):
            if rows & broken:
                raise refusal
            return move(rows, *arguments, **values)

        with self._cut_off(2) as asked, patch.object(model, "_move", move_others):
            for _run in range(4):
                self._dun()
        # each of the day has been tried: the action is done
        self.assertEqual(asked[:4], [5, 3, 1, 0])
        self.assertEqual(self._blocked(contracts), contracts - broken)
        told = broken.message_ids.filtered(lambda row: ": no" in row.body)
        self.assertEqual(len(told), 2)

    def test_a_manual_block_stays(self):
        invoice = self._invoice(self.contract, 20)
        self.contract.action_block()
        self._dun()
        self.assertStatusPair(self.contract, "active", "manually_blocked")
        self._pay(invoice)
        self.assertStatusPair(self.contract, "active", "manually_blocked")

    def test_only_posted_customer_invoices_of_the_contract_count(self):
        draft = self._invoice(self.contract, 20)
        draft.button_draft()
        other = self._invoice(self.contract, 20)
        other.invoice_line_ids.contract_line_id = False
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_releases_at_once(self):
        for days in (5, 20):
            invoice = self._invoice(self.contract, days)
            self._dun()
            self.assertNotEqual(self.contract.access_status, "active")
            self._pay(invoice)
            self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_booked_by_accounting(self):
        invoice = self._invoice(self.contract, 20)
        self._dun()
        biller = self._operator("test_biller")
        biller.group_ids = self.env.ref("account.group_account_invoice")
        env = self.env
        self.env = self.env(user=biller)
        self._pay(invoice.with_user(biller))
        self.env = env
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_without_an_entry_does(self):
        """As with bank reconciliation afterwards: until then the residual stays."""
        for journal in self.env["account.journal"].search([("type", "=", "bank")]):
            journal.inbound_payment_method_line_ids.payment_account_id = False
        in_payment = type(self.env["account.move"])._get_invoice_in_payment_state
        invoice = self._invoice(self.contract, 80)
        with patch.object(
            type(self.env["account.move"]),
            "_get_invoice_in_payment_state",
            lambda _move: in_payment(_move) and "in_payment",
        ):
            self._pay(invoice)
            self.assertEqual(
                (invoice.payment_state, invoice.amount_residual), ("in_payment", 100)
            )
            self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.contract.overdue_days, 0)

    def test_a_partial_payment_does_not(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay(invoice, 40)
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self._pay(invoice, 60)
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_credit_note_does(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        reversal = self.env["account.move.reversal"].with_context(
            active_model="account.move", active_ids=invoice.ids
        )
        wizard = reversal.create({"journal_id": invoice.journal_id.id})
        wizard.modify_moves()  # reverses, reconciles, and makes a new draft
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_reconciliation_does(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        receivable = invoice.line_ids.filtered("amount_residual")
        payment = self._pay_on_account(50)
        self._pay(invoice, 50)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(invoice.amount_residual, 50)
        counterpart = payment.move_id.line_ids.filtered(
            lambda line: line.account_id == receivable.account_id
        )
        (receivable + counterpart).reconcile()
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")

    def test_what_is_in_the_payers_favour_settles_the_oldest(self):
        self._pay_on_account(150)
        other = self._contract(self._customer("José", CPFS[1]))
        other.invoice_partner_id = self.customer
        self._invoice(self.contract, 20, 100)
        self._invoice(other, 10, 100, partner_id=self.customer.id)
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertStatusPair(other, "active", "overdue")
        self.assertEqual(other.overdue_amount, 50)
        self._pay_on_account(50)
        self.assertStatusPair(other, "active", "active")

    def test_a_payment_on_account_releases_at_once(self):
        self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay_on_account(500)
        self.assertStatusPair(self.contract, "active", "active")

    def test_less_than_the_minimum_is_left_alone(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self._pay(invoice, 95)
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self._pay(invoice, 0.01)
        self.assertStatusPair(self.contract, "active", "active")
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")
        self.env.company.contract_minimum_debt = 0
        self._dun()
        # from a new notice
        self.assertStatusPair(self.contract, "active", "overdue")

    def test_instalments_count_by_the_one_that_is_due(self):
        term = self.env["account.payment.term"].create(
            {
                "name": "0 + 30",
                "line_ids": [
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": 0}
                    ),
                    Command.create(
                        {"value": "percent", "value_amount": 50, "nb_days": 30}
                    ),
                ],
            }
        )
        invoice = self._invoice(
            self.contract, 20, invoice_payment_term_id=term.id, invoice_date_due=False
        )
        self._dun_until_blocked()
        self.assertEqual(self.contract.overdue_days, 20)
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self._pay(invoice, 50)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(self.contract.overdue_days, 0)
        # the second falls due: what was said of the first is no notice of it
        invoice.line_ids.filtered("amount_residual").date_maturity -= timedelta(40)
        self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        kinds = self.contract.notice_ids.sorted("id").mapped("kind")
        self.assertEqual(kinds, ["debt", "block", "release", "debt"])

    def test_one_that_fails_stops_nobody(self):
        other = self._contract(self._customer("José", CPFS[1]))
        self._invoice(self.contract, 20)
        self._invoice(other, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        model = type(self.contract)
        move = model._move

        def broken(contracts, name, cause, **values):
            if self.contract.id in contracts.ids:
                raise ValueError(f"not {contracts.partner_id.name}")
            return move(contracts, name, cause, **values)

        with (
            patch.object(model, "_move", broken),
            self.assertLogs("odoo.addons.contract_access.transaction", "ERROR") as log,
        ):
            self._dun()
            self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertStatusPair(other, "active", "auto_blocked")
        self.assertEqual(len(self.contract.activity_ids), 1)
        self.assertIn(f"({self.contract.id},): ValueError", log.output[0])
        # what an error says may be a person's name
        bodies = self.contract.message_ids.mapped("body")
        told = "".join([*log.output, *bodies, self.contract.activity_ids.note])
        self.assertNotIn("not Maria", told)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertFalse(self.contract.activity_ids)

    def test_a_day_that_cannot_be_begun_stops_no_dunning(self):
        self._invoice(self.contract, 20)
        with (
            patch.object(
                type(self.contract), "_begin_day", side_effect=ZeroDivisionError
            ),
            self.assertLogs("odoo.addons.contract_access.models", "ERROR"),
        ):
            self._dun_until_blocked()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_today_does_not_depend_on_who_asks(self):
        self.env.company.partner_id.tz = False
        clerk = self._operator()
        with freeze_time("2026-03-02 01:30:00"):
            for zone in ("Asia/Tokyo", "UTC", False):
                clerk.tz = zone
                contract = self.contract.with_user(clerk)
                self.assertEqual(str(contract._today()), "2026-03-01")

    def test_a_failed_release_is_not_in_the_way_of_a_payment(self):
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        model = type(self.contract)
        with (
            patch.object(model, "_move", side_effect=UserError("no")),
            mute_logger("odoo.addons.contract_access.models.contract_dunning"),
        ):
            self._pay(invoice)
        self.assertIn(invoice.payment_state, ("paid", "in_payment"))
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self._dun()
        self.assertStatusPair(self.contract, "active", "active")

    def test_each_step_needs_the_one_before(self):
        for periods in ((0, 15, 60), (1, 0, 60), (-1, 15, 60), (0, 0, 60)):
            with self.assertRefused(ValidationError, "rests on the one before"):
                self._switch_dunning_on(*periods)
        for periods in ((1, 0, 0), (1, 15, 0), (0, 0, 0), (30, 1, 1)):
            self._switch_dunning_on(*periods)

    def test_settings(self):
        self._switch_dunning_on(0, 0, 0)
        form = Form(self.env["res.config.settings"])
        self.assertFalse(form.contract_dunning)
        form.contract_dunning = True
        self.assertEqual(form.contract_block_after_notice_days, 15)
        settings = form.save()
        self.assertFalse(self.env.company.contract_notice_after_days)
        settings.execute()
        self.assertEqual(self.env.company.contract_cancel_after_block_days, 60)

    @contextmanager
    def _with_other_rules(self, other, *decided_by):
        """Have another addon extend what dunning owes a contract.

        :param other: gets the contract, its debt, and what our rule says
        :param decided_by: the columns that it looks at, and our rule does not
        """
        model, dunning = type(self.contract), type(self.env["contract.dunning"])
        ours, columns = model._owed_transition, dunning._decided_by

        def extended(contract, debt, rules):
            return other(contract, debt, ours(contract, debt, rules))

        def more_columns(self):
            return [*columns(self), *map(SQL, decided_by)]

        with (
            patch.object(model, "_owed_transition", extended),
            patch.object(dunning, "_decided_by", more_columns),
        ):
            yield

    def test_an_extended_rule_is_followed_by_all_who_ask(self):
        patient = self._contract(self._customer("José", CPFS[1]))
        both = self.contract + patient
        for contract in both:
            invoice = self._invoice(contract, 20)
        self._dun()
        self._deliver_notices(days_ago=15)
        self.assertEqual(both.mapped("access_status"), ["overdue", "overdue"])
        explanation = "The daily action blocks it."

        def preview():
            company = self.env.company
            found = self.env["contract.dunning.preview"]._make(
                company, company._dunning_rules()
            )
            return {line.contract_id: line.access_status_after for line in found}

        self.assertEqual(preview(), dict.fromkeys(both, "auto_blocked"))
        for contract in both:
            self.assertIn(explanation, contract.access_explanation)
        with self._with_other_rules(
            lambda contract, _debt, owed: owed if contract != patient else None,
            "contract.id",
        ):
            self.env.invalidate_all()
            self.assertEqual(preview(), {self.contract: "auto_blocked", patient: False})
            self.assertIn(explanation, self.contract.access_explanation)
            self.assertNotIn(explanation, patient.access_explanation)
            self._dun()
            self.assertStatusPair(self.contract, "active", "auto_blocked")
            self.assertStatusPair(patient, "active", "overdue")
            self._pay(invoice)
            self.assertStatusPair(patient, "active", "overdue")
            self.assertIn("Nothing is overdue.", patient.access_explanation)
        self._dun()
        self.assertStatusPair(patient, "active", "active")

    def test_an_extended_rule_may_be_quicker(self):
        self._invoice(self.contract, 3)
        with self._with_other_rules(
            lambda _contract, debt, owed: "auto_block" if debt.days > 2 else owed
        ):
            self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_one_amount_does_not_stand_for_another(self):
        other = self._contract(self._customer("José", CPFS[1]))
        self._invoice(self.contract, 3)
        self._invoice(other, 3, amount=500)
        with self._with_other_rules(
            lambda _contract, debt, owed: "auto_block" if debt.amount > 400 else owed,
            "overdue.amount",
        ):
            self._dun()
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertStatusPair(other, "active", "auto_blocked")

    def test_the_rule_is_asked_once_for_all_that_are_alike(self):
        self._invoice(self.contract, 3)
        self._dun()
        self._multiply_the_contract(50)
        dunning = self.env["contract.dunning"]
        asked = []
        with self._with_other_rules(
            lambda contract, _debt, owed: asked.append(contract) or owed
        ):
            moving = dunning._moving(dunning._rules())
        # the copies owe nothing any more, and the one that they are of does
        self.assertEqual(len(asked), 2)
        self.assertEqual(len(moving), 50)
        self.assertNotIn(self.contract.id, moving)

    def test_a_constant_number_of_queries_where_nothing_moves(self):
        look = self.env["contract.dunning"]._cron_contract_lifecycle
        # no debt and no reason to look; each of them looked at, and none moved
        for access in ("active", "overdue"):
            self.contract.access_status = access
            with self._with_other_rules(lambda *_decided: None):
                self._multiply_the_contract(200)
                self._dun()
                few = self._queries(look)
                self._multiply_the_contract(20_000 if FULL else 2_000)
                self.assertEqual(self._queries(look), few, access)

    def _multiply_the_contract(self, count):
        """Copies of the contract and its lines, by SQL: the ORM would take an hour."""
        self.env.flush_all()
        names = self._columns("contract_contract")
        copies = self.env.execute_query(
            SQL(
                """
                INSERT INTO contract_contract (%(names)s)
                SELECT %(names)s
                  FROM contract_contract, generate_series(1, %(count)s)
                 WHERE id = %(original)s
                RETURNING id
                """,
                names=names,
                count=count,
                original=self.contract.id,
            )
        )
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO contract_line (contract_id, %(names)s)
                SELECT copy, %(names)s
                  FROM contract_line, unnest(%(copies)s) AS copy
                 WHERE contract_id = %(original)s
                """,
                names=self._columns("contract_line", "contract_id"),
                copies=[copy for [copy] in copies],
                original=self.contract.id,
            )
        )

    def _columns(self, table, *others):
        rows = self.env.execute_query(
            SQL(
                """
                SELECT column_name FROM information_schema.columns
                 WHERE table_name = %s AND column_name NOT IN %s
                """,
                table,
                ("id", *others),
            )
        )
        return SQL(", ").join(SQL.identifier(name) for [name] in rows)
