# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Why a contract or a user is what it is, in a sentence; and what may be pressed."""

from datetime import timedelta

from odoo import Command
from odoo.tests import tagged

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestExplanation(SvaCase):
    PEOPLE = {"clerk": ()}

    def setUp(self):
        super().setUp()
        self.user = self._sva_user()
        self.env["res.lang"]._activate_lang("en_US")
        self._speak("en_US")
        self.today = self.contract._today()

    def _speak(self, lang):
        """See what the front desk sees."""
        self.ours = self.contract.with_user(self.clerk).with_context(lang=lang)
        self.theirs = self.user.with_env(self.ours.env)

    def _money(self, amount):
        return self.env.company.currency_id.with_env(self.ours.env).format(amount)

    def assertExplained(self, contract, user=None):
        """Both say why, the user the same as the contract unless it is given."""
        self.env.invalidate_all()
        self.assertEqual(self.ours.access_explanation, contract)
        self.assertEqual(self.theirs.state_explanation, user or contract)

    def test_nothing_to_explain(self):
        self._run_engine()
        self.assertExplained(False)

    def test_what_is_overdue_counts_once_in_as_many_queries_for_many(self):
        self._switch_dunning_on()
        # two lines of one contract on an invoice are one debt
        lines = [
            Command.create(
                {
                    "product_id": line.product_id.id,
                    "contract_line_id": line.id,
                    "price_unit": price,
                    "tax_ids": [],
                }
            )
            for line, price in zip(
                self.contract.contract_line_ids, (59.9, 30), strict=True
            )
        ]
        invoice = self._invoice(self.contract, 20, invoice_line_ids=lines)
        self._invoice(self.contract, 3, 19.9)
        self._invoice(self.contract, -5, 500)
        others = [
            self._contract(self._customer(f"Cliente {number}", cpf))
            for number, cpf in enumerate(CPFS[1:])
        ]
        for other in others:
            self._invoice(other, 7, 10)
        contracts = self.ours.union(*(other.with_user(self.clerk) for other in others))

        def queries(contracts):
            return self._queries(lambda: contracts.mapped("access_explanation"))

        queries(self.ours)  # what is read once per process
        self.assertEqual(queries(contracts), queries(self.ours))
        self.assertEqual(self.ours.overdue_days, 20)
        self.assertAlmostEqual(self.ours.overdue_amount, 109.8)
        self.assertEqual(contracts.mapped("overdue_days"), [20, 7, 7, 7, 7])
        self.assertAlmostEqual(sum(contracts.mapped("overdue_amount")), 149.8)
        self._pay(invoice, 40)
        self.assertAlmostEqual(self.ours.overdue_amount, 69.8)

    def test_overdue_and_blocked(self):
        self._run_engine()
        self._switch_dunning_on()
        self._invoice(self.contract, 1, 59.9)
        self._dun()
        debt = f"The contract has been overdue for 1 day, {self._money(59.9)} is open."
        self.assertExplained(
            f"{debt} Nothing is blocked before the notice has arrived."
        )
        self._deliver_notices(days_ago=5)
        self.assertExplained(f"{debt} The block follows on {self._in_days(10)}.")
        self.contract.notice_ids.delivered_on -= timedelta(days=10)
        self._invoice(self.contract, 20, 49.9)
        self._dun()
        amount = self._money(109.8)
        debt = f"The contract has been overdue for 20 days, {amount} is open."
        self.assertExplained(
            f"Blocked automatically. {debt} A payment releases it at once. "
            f"The termination follows on {self._in_days(60)}."
        )
        self.contract.action_block("Fraude.")
        self.assertExplained(
            f"Blocked by hand: Fraude. A payment does not release it. {debt}"
        )
        self.contract.action_release()
        until = self._in_days(3)
        self.assertExplained(
            f"{debt} Trusted until {until}. The block follows on {until}."
        )

    def _in_days(self, days):
        return (self.today + timedelta(days=days)).strftime("%m/%d/%Y")

    def test_in_portuguese(self):
        self._speak_portuguese()
        self._speak("pt_BR")
        self._run_engine()
        self._switch_dunning_on()
        self._invoice(self.contract, 20, 109.8)
        self._dun_until_blocked()
        self.assertExplained(
            "Bloqueado automaticamente. O contrato está em atraso há 20 dias, com "
            f"{self._money(109.8)} em aberto. Um pagamento o libera imediatamente. "
            f"O cancelamento é em {(self.today + timedelta(60)):%d/%m/%Y}."
        )

    def test_ended(self):
        self._run_engine()
        for action, expected in (
            ("action_blacklist", "The customer was blacklisted: Serasa."),
            ("action_withdraw", "The customer has withdrawn: Serasa."),
        ):
            getattr(self.contract, action)("Serasa")
            self.assertExplained(expected)
            self.assertFalse(self.theirs.can_activate)
            self.contract.action_reactivate()
        reason = self.env.ref("contract_access.terminate_reason_moved")
        self.contract._terminate_contract(reason, "", self.today)
        day = self.today.strftime("%m/%d/%Y")
        self.assertExplained(f"The contract was terminated on {day}: Moved away.")
        self.contract.active = False
        self.assertExplained("The contract is archived.")

    def test_not_on_the_platform_yet(self):
        later = "The user is created on the platform once it is active."
        contract = self._contract(
            self._customer("José", CPFS[1]), contract_status="pre_contract"
        )
        user = self._sva_user(contract)
        self._run_engine()
        self.assertEqual(user.sync_state, "synced")
        theirs = user.with_env(self.ours.env)
        self.assertEqual(
            theirs.state_explanation, f"The contract awaits signature. {later}"
        )
        contract.action_activate_contract()
        start = self.today + timedelta(days=5)
        self._sva_line(contract).write(
            {"date_start": start, "recurring_next_date": start}
        )
        day = start.strftime("%m/%d/%Y")
        self.assertEqual(
            theirs.state_explanation,
            f"Its line on the contract starts on {day}. {later}",
        )

    def test_the_operators_switch(self):
        self._run_engine()
        self.assertFalse(self.user.can_activate)
        self.user.action_deactivate()
        self.assertExplained(
            False, "Switched off by an operator; the contract goes on."
        )
        self.assertTrue(self.theirs.can_activate)
        # it would be blocked, which is more than nothing
        self.contract.action_block()
        self.assertTrue(self.theirs.can_activate)
        self.contract.action_release()
        self._sva_line().date_end = self.today - timedelta(days=1)
        self.assertExplained(
            False, "The contract does not sell “Saber+ Livros” any more."
        )
        self.assertFalse(self.theirs.can_activate)
        self._sva_line().date_end = False
        self.user.action_activate()
        self.assertFalse(self.theirs.can_activate)
        self.assertExplained(False)
