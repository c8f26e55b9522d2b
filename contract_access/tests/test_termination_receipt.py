# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Whoever cancels gets a number, a day and an hour at once."""

from datetime import date, datetime

from odoo.exceptions import UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import format_date

from odoo.addons.mail.tests.common import mail_new_test_user

from .test_suspension import LeavingCase


@tagged("post_install", "-at_install")
class TestTerminationReceipt(LeavingCase):
    def setUp(self):
        super().setUp()
        self.customer.email = "maria@example.com"
        self._on("2026-03-10")

    def _terminate(self, day="2026-03-10", contract=None):
        contract = contract or self.contract
        contract._terminate_contract(self.reason, False, date.fromisoformat(day), True)

    def _mails(self):
        return self.env["mail.mail"].search(
            [
                ("model", "=", "contract.notice"),
                ("res_id", "in", self.contract.notice_ids.ids),
            ]
        )

    def test_a_termination(self):
        clerk = self._operator()
        self._terminate(contract=self.contract.with_user(clerk))
        contract = self.contract
        self.assertTrue(contract.termination_receipt_number.startswith("2026/"))
        self.assertEqual(contract.termination_receipt_date, datetime(2026, 3, 10, 15))
        self.assertEqual(contract.termination_receipt_user_id, clerk)
        # 15:00 UTC, where the provider is
        self.assertIn("12:00", contract.termination_receipt_time)
        mail = self._mails()
        self.assertIn(contract.termination_receipt_number, mail.subject)
        for text in (
            contract.termination_receipt_number,
            contract.termination_receipt_time,
            contract.termination_receipt_last_day,
        ):
            self.assertIn(text, mail.body_html)

    def test_it_is_given_when_asked_for_and_not_on_the_day(self):
        self._terminate("2026-03-20")
        number = self.contract.termination_receipt_number
        self.assertTrue(number)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertEqual(
            self.contract.termination_receipt_last_day, self._said("2026-03-20")
        )
        self._on("2026-03-21")
        self._dun()
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.assertEqual(self.contract.termination_receipt_number, number)
        self.assertEqual(
            self.contract.termination_receipt_last_day, self._said("2026-03-20")
        )
        self.assertEqual(len(self._mails()), 1)

    def test_dunning_s_own(self):
        self._switch_dunning_on()
        self._invoice(self.contract, 80)
        self._dun_until_terminated()
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.assertTrue(self.contract.termination_receipt_number)
        root = self.env.ref("base.user_root")
        self.assertEqual(self.contract.termination_receipt_user_id, root)

    def test_a_withdrawal(self):
        self.contract.action_withdraw("Desistiu")
        self.assertTrue(self.contract.termination_receipt_number)
        self.assertEqual(
            self.contract.termination_receipt_last_day, self._said("2026-03-10")
        )
        self.assertEqual(len(self._mails()), 1)

    def test_other_ends_have_none(self):
        self.contract.action_blacklist("Não pagou")
        self.assertFalse(self.contract.termination_receipt_number)

    def test_it_is_void_where_the_contract_goes_on(self):
        self._terminate("2026-03-20")
        first = self.contract.termination_receipt_number
        self.contract.action_cancel_contract_termination()
        self.assertFalse(self.contract.termination_receipt_number)
        self._terminate()
        second = self.contract.termination_receipt_number
        self.assertNotEqual(first, second)
        self.contract.action_reactivate()
        self.assertFalse(self.contract.termination_receipt_number)
        self.contract.action_withdraw()
        self.assertNotIn(
            self.contract.termination_receipt_number, (False, first, second)
        )
        self.contract.action_reactivate()
        self.assertFalse(self.contract.termination_receipt_date)

    def test_a_withdrawal_is_no_termination(self):
        clerk = self._operator()
        for leave in ("action_withdraw", "action_blacklist"):
            contract = self._contract(self.customer)
            contract.contract_line_ids.recurring_invoicing_type = "post-paid"
            getattr(contract, leave)("Mudou-se")
            number = contract.termination_receipt_number
            kept = contract.contract_line_ids.mapped("before_termination")
            self.assertTrue(kept)
            with self.assertRefused(UserError, "not possible"):
                contract.with_user(clerk).action_cancel_contract_termination()
            self.assertEqual(contract.termination_receipt_number, number)
            self.assertEqual(
                contract.contract_line_ids.mapped("before_termination"), kept
            )
            contract.action_reactivate()
            self.assertStatusPair(contract, "active", "active")

    def test_what_was_not_cancelled_has_none_by_its_address_either(self):
        def pages():
            report = self.env.ref("contract_access.termination_receipt_report")
            html, _type = report._render_qweb_html(
                report.report_name, self.contract.ids
            )
            return html.decode().count("Decreto 11.034/2022")

        self.assertEqual(pages(), 0)
        self._terminate()
        self.assertEqual(pages(), 1)

    def test_the_company_does_not_want_it_sent(self):
        self.env.company.contract_notify_terminated = False
        self._terminate()
        self.assertTrue(self.contract.termination_receipt_number)
        self.assertFalse(self._mails())

    def test_each_company_has_its_own_numbers(self):
        company = self.env["res.company"].create({"name": "Outro Provedor"})
        companies = self.env.company | company
        numbers = [one._next_receipt_number() for one in companies]
        sequences = self.env["ir.sequence"].search(
            [("code", "=", "contract.termination.receipt")]
        )
        self.assertLessEqual(companies, sequences.company_id)
        self.assertEqual(numbers[1], "2026/000001")
        self.assertEqual(
            len(sequences), len(self.env["res.company"].search([("id", "!=", 0)]))
        )

    def test_a_sequence_that_was_deleted(self):
        self.env["ir.sequence"].search(
            [("code", "=", "contract.termination.receipt")]
        ).unlink()
        self._terminate()
        self.assertTrue(self.contract.termination_receipt_number)

    def test_nobody_writes_it(self):
        clerk = self._operator()
        for name, value in (
            ("termination_receipt_number", "1"),
            ("termination_receipt_date", "2026-03-10 12:00:00"),
            ("termination_receipt_user_id", clerk.id),
        ):
            with self.subTest(name), self.assertRefused(UserError, "cannot be writ"):
                self.contract.with_user(clerk).write({name: value})

    def test_printed(self):
        with self.assertRefused(UserError, "not cancelled"):
            self.contract.action_print_termination_receipt()
        self._speak_portuguese()
        self.customer.lang = "pt_BR"
        self._terminate()
        clerk = self._operator()
        contract = self.contract.with_user(clerk)
        action = contract.action_print_termination_receipt()
        self.assertEqual(action["report_name"], "contract_access.termination_receipt")
        html = (
            self.env["ir.actions.report"]
            .with_user(clerk)
            ._render_qweb_html(action["report_name"], contract.ids)[0]
        )
        text = " ".join(html.decode().split())
        for words in (
            "Comprovante de cancelamento",
            self.contract.termination_receipt_number,
            self.customer.name,
            "10/03/2026",
            "12:00",
            "Decreto 11.034/2022",
        ):
            self.assertIn(words, text)

    def test_a_manager_of_contracts_edits_the_text(self):
        manager = self._operator("test_manager", "group_contract_manager")
        manager.company_ids = self.env["res.company"].search([])
        template = self.env.ref("contract_access.mail_template_terminated")
        template = template.with_user(manager)
        body = str(template.body_html).replace("</strong>", "</strong> !")
        template.body_html = body
        self.assertIn("!", template.body_html)


@tagged("post_install", "-at_install")
class TestPortal(HttpCase):
    def test_what_the_customer_sees(self):
        portal = mail_new_test_user(
            self.env, login="test_portal", groups="base.group_portal", password="12345"
        )
        contract = self.env["contract.contract"].create(
            {"name": "Contrato de Maria", "partner_id": portal.partner_id.id}
        )
        first, last = contract._proposed_suspension()
        contract.action_suspend(first, last)
        contract.message_subscribe(portal.partner_id.ids)
        self.authenticate("test_portal", "12345")
        page = self.url_open(contract.get_portal_url()).text
        self.assertIn(format_date(self.env, last), page)
        contract.action_withdraw("Desistiu")
        page = self.url_open(contract.get_portal_url()).text
        self.assertIn(contract.termination_receipt_number, page)
        self.assertNotIn("Desistiu", page)
