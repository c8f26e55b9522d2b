# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The history on paper, and what is invoiced of a block."""

from datetime import timedelta

from freezegun import freeze_time

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestHistory(ContractCase):
    PEOPLE = {"clerk": ()}

    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "tracking_disable": False})
        self.contract = self.contract.with_env(self.env)
        self._switch_dunning_on()

    def test_everything_with_date_and_author(self):
        self.env["res.lang"]._activate_lang("en_US")
        self.customer.lang = "en_US"
        invoice = self._invoice(self.contract, 20, 99.9)
        self._dun_until_blocked()
        self.contract.with_user(self.clerk).action_promise(
            self.contract._today() + timedelta(days=3)
        )
        self._pay(invoice)
        ours = self.contract.with_user(self.clerk)
        titles = [entry.title for entry in ours._history()]
        for title in (
            f"Invoice {invoice.name}",
            f"Payment of {invoice.name}",
            "Notice: Debt",
            "Notice: Blocking",
            "Notice: Releasing",
        ):
            self.assertIn(title, titles)
        report = self.env.ref("contract_access.report_contract_history")
        html, _type = report.with_user(self.clerk)._render_qweb_html(
            report.report_name, self.contract.ids
        )
        html = html.decode()
        for words in (
            "History of the contract",
            "may be suspended",
            "52998224725@example.com",
            "Promised to pay on",
            "Active",
            self.clerk.name,
            "99.90",
        ):
            self.assertIn(words, html)

    def test_no_program_can_keep_it_quiet(self):
        quiet = {"tracking_disable": True, "mail_notrack": True}
        contract = self.contract.with_user(self.clerk).with_context(**quiet)
        contract.action_block("Equipamento")
        self._end_of_request()
        contract.automatic_block = False
        self._end_of_request()
        steps = [entry.title for entry in self.contract._history()]
        self.assertIn("Blocked by hand: Equipamento", steps)
        self.assertIn("Change", steps)

    def test_it_is_not_for_customers(self):
        customer = self._operator("test_customer")
        customer.group_ids = self.env.ref("base.group_portal")
        self.contract.message_subscribe(customer.partner_id.ids)
        self.contract.action_block("Suspeita de fraude")
        with self.assertRefused(AccessError, "provider's people"):
            self.contract.with_user(customer)._history()

    def test_a_dispute_with_hour_and_author(self):
        self.env["res.lang"]._activate_lang("en_US")
        invoice = self._invoice(self.contract, 20)
        self._dun()
        dispute = self.env["contract.dispute"].with_user(self.clerk)
        for reason, is_disputed in (("Em dobro", True), (False, False)):
            with freeze_time("2026-03-02 15:20:00"):
                dialog = dispute.create({"contract_id": self.contract.id})
                dialog.reason = reason
                dialog.line_ids.is_disputed = is_disputed
                dialog.action_confirm()
                self.env.cr.precommit.run()  # what is tracked is written then
        told = {
            entry.title: entry
            for entry in self.contract.with_user(self.clerk)._history()
        }
        began = told[f"Invoice {invoice.name} is disputed"]
        self.assertEqual(began.text, "Em dobro")
        self.assertEqual(began.author, self.clerk.name)
        self.assertIn("12:20", began.shown)
        self.assertIn(f"The dispute of {invoice.name} is decided", told)

    def test_one_clock_for_all_of_it(self):
        # not that of whoever prints it
        self.clerk.tz = "UTC"
        self.contract.company_id.partner_id.tz = "America/Sao_Paulo"
        report = self.env.ref("contract_access.report_contract_history")
        with freeze_time("2026-03-02 01:30:00"):
            html, _type = report.with_user(self.clerk)._render_qweb_html(
                report.report_name, self.contract.ids
            )
        self.assertRegex(html.decode(), r"Printed on <span>0[13]/0[13]/2026 (22|10):30")

    def test_of_ones_own_company_only(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        stranger = self._operator("test_stranger")
        stranger.write({"company_ids": branch.ids, "company_id": branch.id})
        with self.assertRefused(AccessError, ""):
            self.contract.with_user(stranger)._history()

    def test_a_contract_without_a_history(self):
        self.assertEqual(self.contract._history(), [])


@tagged("post_install", "-at_install")
class TestBlockedDays(ContractCase):
    """A post-paid month, invoiced on the first of the next one."""

    def setUp(self):
        super().setUp()
        self.line = self.contract.contract_line_ids
        self.line.write(
            {
                "recurring_invoicing_type": "post-paid",
                "date_start": "2026-01-01",
                "recurring_next_date": "2026-02-01",
            }
        )

    def _block_on(self, day):
        with self._on(day):
            self.contract.action_block("x")

    def _on(self, day):
        return freeze_time(f"{day} 15:00:00")

    def _invoiced(self, day):
        """How many periods the scheduled action has invoiced until a day."""
        with self._on(day):
            for _run in range(4):  # one period in a run
                self.env["contract.contract"].cron_recurring_create_invoice()
        rows = self.env["account.move.line"].search(
            [("contract_line_id", "=", self.line.id)], order="id"
        )
        return len(rows)

    def test_a_period_wholly_in_a_block_is_not_invoiced(self):
        self._block_on("2026-01-10")
        # January began before the block
        self.assertEqual(self._invoiced("2026-02-01"), 1)
        # February and March lie in it, April only in part
        self.assertEqual(self._invoiced("2026-04-05"), 1)
        with self._on("2026-04-10"):
            self.contract.action_release()
        self.assertEqual(str(self.line.recurring_next_date), "2026-05-01")
        self.assertEqual(self._invoiced("2026-05-01"), 2)

    def test_a_company_may_want_it_otherwise(self):
        self.env.company.contract_bill_blocked = True
        self._block_on("2026-01-10")
        self.assertEqual(self._invoiced("2026-04-05"), 3)
        with self._on("2026-04-10"):
            self.contract.action_release()
        self.assertEqual(self._invoiced("2026-05-01"), 4)

    def test_nor_where_the_contract_ends_with_it(self):
        self._block_on("2026-02-10")
        self.assertEqual(self._invoiced("2026-03-01"), 2)
        with self._on("2026-04-10"):
            self.contract.action_withdraw("x")
        self.assertEqual(self._invoiced("2026-06-01"), 2)

    def test_in_advance(self):
        self.line.write(
            {
                "recurring_invoicing_type": "pre-paid",
                "recurring_next_date": "2026-01-01",
            }
        )
        self.assertEqual(self._invoiced("2026-01-01"), 1)
        self._block_on("2026-01-10")
        self.assertEqual(self._invoiced("2026-03-15"), 1)
        with self._on("2026-03-20"):
            self.contract.action_release()
        # of March he has a part
        self.assertEqual(self._invoiced("2026-03-20"), 2)
        self.assertEqual(str(self.line.recurring_next_date), "2026-04-01")
