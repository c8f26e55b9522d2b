# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The transitions that people make, from every state that a contract can be in."""

import csv
from datetime import timedelta
from pathlib import Path

from lxml import etree

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from ..rules import (
    AUTO_BLOCKED,
    BLACKLISTED,
    ENDED,
    LIVING,
    PRE_CONTRACT,
    REACHED,
    WITHDRAWN,
)
from .common import ContractCase


def status_pairs(text):
    return [tuple(pair.split("/")) for pair in text.split()]


#: the table of the design: for each button, from where it is allowed and where it leads
with Path(__file__).with_name("transition_table.csv").open() as file:
    TABLE = list(csv.DictReader(file))
ACTIONS = {
    row["action"]: (status_pairs(row["sources"]), *status_pairs(row["target"]))
    for row in TABLE
    if row["action"]
}
TRANSITION_OF = {row["action"]: row["transition"] for row in TABLE if row["action"]}
SOURCES = {row["transition"]: status_pairs(row["sources"]) for row in TABLE}
#: the buttons of the form, and the transition that each of them makes
BUTTONS = {
    "Contract signed": "activate",
    "Release": "release",
    "Terminate Contract": "terminate",
    "Block": "block",
    "Blacklist": "blacklist",
    "Withdraw": "withdraw",
    "Reactivate": "reactivate",
}
TERMINATION_BUTTONS = {"Update Termination Details", "Cancel Contract Termination"}


@tagged("post_install", "-at_install")
class TestLifecycle(ContractCase):
    def _stand(self, status_pair):
        self.contract.write(
            {"contract_status": status_pair[0], "access_status": status_pair[1]}
        )

    def test_every_action_from_every_state(self):
        for action, (sources, target) in ACTIONS.items():
            for status_pair in LIVING | ENDED | {PRE_CONTRACT}:
                with self.subTest(action=action, status_pair=status_pair):
                    self._stand(status_pair)
                    reached = REACHED[TRANSITION_OF[action]]
                    if status_pair in sources:
                        self.assertTrue(getattr(self.contract, action)())
                        self.assertStatusPair(self.contract, *target)
                    elif status_pair in reached:
                        self.assertIs(getattr(self.contract, action)(), True)
                        self.assertStatusPair(self.contract, *status_pair)
                    else:
                        with self.assertRefused(UserError, "is not possible"):
                            getattr(self.contract, action)()
                        self.assertStatusPair(self.contract, *status_pair)

    def test_the_front_desk_makes_a_pre_contract(self):
        contracts = self.env["contract.contract"].with_user(self._operator())
        view = "contract.contract_contract_customer_form_view"
        form = Form(contracts, view=view)
        form.name = "Proposta"
        form.partner_id = self.customer
        form.contract_status = "pre_contract"
        contract = form.save()
        self.assertStatusPair(contract, "pre_contract", "awaiting_signature")
        contract.action_activate_contract()
        self.assertStatusPair(contract, "active", "active")

    def test_the_front_desk_uses_buttons(self):
        operator = self._operator()
        contract = self.contract.with_user(operator)
        for values in (
            {"contract_status": "inactive"},
            {"access_status": "manually_blocked"},
        ):
            with self.assertRefused(UserError, "Use its buttons"):
                contract.write(values)
        with self.assertRefused(UserError, "either active or a pre-contract"):
            contract.create(
                {
                    "name": "X",
                    "partner_id": self.customer.id,
                    "contract_status": "withdrawn",
                }
            )

    def test_others_may_do_nothing(self):
        biller = self._operator("test_biller", "group_contract_user")
        biller.group_ids = self.env.ref("account.group_account_invoice")
        contract = self.contract.with_user(biller)
        for action in ACTIONS:
            self._stand(("active", "manually_blocked"))
            with self.assertRaises(AccessError):
                getattr(contract, action)()

    def test_a_release_is_in_trust(self):
        self._invoice(self.contract, 20)
        self._stand(("active", "auto_blocked"))
        self.env.company.contract_trust_days = 5
        self.contract.action_release()
        self.assertEqual(
            self.contract.no_block_until,
            self.contract._today() + timedelta(days=5),
        )
        self.assertEqual(self.contract.release_ids.user_id, self.env.user)

    def test_a_customer_without_debts_needs_no_trust(self):
        contract = self.contract.with_user(self._operator())
        self.env.company.contract_release_limit = 1
        for _time in range(3):
            contract.action_block()
            contract.action_release()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertFalse(self.contract.no_block_until)
        self.assertFalse(self.contract.release_ids)

    def test_a_release_of_several_trusts_the_debtors(self):
        other = self._contract(self._customer("José", "11144477735"))
        self._invoice(other, 20)
        both = self.contract + other
        both.action_block()
        both.action_release()
        self.assertStatusPair(self.contract, "active", "active")
        self.assertStatusPair(other, "active", "overdue")
        self.assertEqual(both.release_ids.contract_id, other)

    def test_who_may_release_and_how_often(self):
        self._invoice(self.contract, 20)
        operator = self._operator()
        contract = self.contract.with_user(operator)
        self.env.company.contract_release_limit = 1
        contract.action_block()
        contract.action_release()
        contract.action_block()
        with self.assertRefused(UserError, "limit of releases in 30 days"):
            contract.action_release()
        self.env.company.contract_release_limit = 0
        contract.action_release()
        contract.action_block()
        self.env.company.contract_release_by = "manager"
        with self.assertRefused(AccessError, "Only a manager"):
            contract.action_release()
        manager = self._operator("test_manager", "group_contract_manager")
        self.contract.with_user(manager).action_release()
        self.assertStatusPair(contract, "active", "overdue")

    def test_a_step_keeps_its_reason(self):
        operator = self._operator()
        steps = self.env["contract.step"].with_user(operator)
        steps = steps.with_context(tracking_disable=False)
        for step, status_pair in (
            ("block", ("active", "manually_blocked")),
            ("blacklist", ("blacklisted", "disabled")),
            ("withdraw", ("withdrawn", "disabled")),
        ):
            with self.subTest(step=step):
                self._stand(("active", "active"))
                self._end_of_request()
                context = {"default_contract_id": self.contract.id}
                form = Form(steps.with_context(**context, default_step=step))
                form.reason = " Pedido <b>dela</b> "
                form.save().action_confirm()
                self._end_of_request()
                self.assertStatusPair(self.contract, *status_pair)
                self.assertEqual(self.contract.status_reason, "Pedido <b>dela</b>")
                message = self.contract.message_ids[0].body
                self.assertIn(": Pedido &lt;b&gt;dela&lt;/b&gt;", message)
        self.contract.action_reactivate()
        self.assertFalse(self.contract.status_reason)
        with self.assertRefused(UserError, "Use its buttons"):
            self.contract.with_user(operator).status_reason = "Outro"

    def test_customers_do_not_read_the_reason(self):
        customer = self._operator("test_customer")
        customer.group_ids = self.env.ref("base.group_portal")
        self.contract.message_subscribe(customer.partner_id.ids)
        self.contract.action_block("Suspeita de fraude")
        contract = self.contract.with_user(customer)
        self.assertEqual(contract.access_status, "manually_blocked")
        for name in ("status_reason", "access_explanation"):
            with self.assertRefused(AccessError, ""):
                contract.read([name])

    def test_a_step_is_for_those_who_may_make_it(self):
        step = self.env["contract.step"].create(
            {"contract_id": self.contract.id, "step": "block", "reason": "Fraude"}
        )
        operator = self._operator()
        with self.assertRaises(AccessError):
            step.with_user(operator).action_confirm()
        other = self._operator("test_other")
        company = self.env["res.company"].create({"name": "Filial"})
        other.write({"company_ids": company.ids, "company_id": company.id})
        values = {"contract_id": self.contract.id, "step": "block", "reason": "Fraude"}
        with self.assertRefused(AccessError, ""):
            self.env["contract.step"].with_user(other).create(values)
        biller = self._operator("test_biller")
        biller.group_ids = self.env.ref("account.group_account_invoice")
        with self.assertRefused(AccessError, ""):
            self.env["contract.step"].with_user(biller).create(values)
        self.assertStatusPair(self.contract, "active", "active")

    def test_what_is_in_progress(self):
        filters = self._filters()
        for status_pair in LIVING | ENDED | {PRE_CONTRACT}:
            self._stand(status_pair)
            found = {
                name
                for name, domain in filters.items()
                if self.contract.filtered_domain(domain)
            }
            expected = "finished" if status_pair in ENDED else "not_finished"
            self.assertEqual(found, {expected}, status_pair)
        self._stand(("active", "active"))
        self.contract.contract_line_ids.date_end = "2026-01-31"
        self.assertTrue(self.contract.filtered_domain(filters["finished"]))
        self.assertFalse(self.contract.filtered_domain(filters["not_finished"]))

    def _filters(self):
        """The domains of OCA's filters, as the web client evaluates them."""
        view = self.env["contract.contract"].get_view(
            self.env.ref("contract.contract_contract_search_view").id, "search"
        )
        tree = etree.fromstring(view["arch"])
        names = {"context_today": lambda: self.contract._today()}
        return {
            name: safe_eval(
                tree.find(f".//filter[@name='{name}']").get("domain"), names
            )
            for name in ("finished", "not_finished")
        }

    def test_a_button_is_shown_where_it_can_act(self):
        manager = self._operator("test_manager", "group_contract_manager")
        contract = self.contract.with_user(manager)
        for status_pair in LIVING | ENDED | {PRE_CONTRACT}:
            self._stand(status_pair)
            expected = {
                button
                for button, name in BUTTONS.items()
                if status_pair in SOURCES[name]
            }
            if status_pair == AUTO_BLOCKED:  # a link beside the reason says more
                expected.discard("Block")
            with self.subTest(status_pair=status_pair, terminated=False):
                self.assertEqual(self._shown_buttons(contract), expected)
            self.contract.is_terminated = True
            expected.discard("Terminate Contract")
            if status_pair not in {BLACKLISTED, WITHDRAWN}:
                expected |= TERMINATION_BUTTONS
            with self.subTest(status_pair=status_pair, terminated=True):
                self.assertEqual(self._shown_buttons(contract), expected)
            self.contract.is_terminated = False

    def test_a_signature_is_asked_about(self):
        view = self.env.ref("contract.contract_contract_customer_form_view")
        header = etree.fromstring(self.contract.get_view(view.id)["arch"])
        button = header.find(".//button[@name='action_activate_contract']")
        self.assertIn("cannot be taken back", button.get("confirm"))

    def test_a_release_is_offered_to_those_who_may(self):
        operator = self.contract.with_user(self._operator())
        manager = self.contract.with_user(
            self._operator("test_manager", "group_contract_manager")
        )
        self._invoice(self.contract, 20)
        self.contract.is_terminated = True
        for status_pair, buttons in (
            (("active", "manually_blocked"), {"Release", "Promise to pay"}),
            (("inactive", "disabled"), {"Cancel Contract Termination"}),
        ):
            self._stand(status_pair)
            self.env.company.contract_release_by = "user"
            self.assertLessEqual(buttons, self._shown_buttons(operator))
            self.env.company.contract_release_by = "manager"
            self.assertFalse(buttons & self._shown_buttons(operator))
            self.assertLessEqual(buttons, self._shown_buttons(manager))
        # one that is only planned takes nothing away
        self._stand(("active", "active"))
        self.assertIn("Cancel Contract Termination", self._shown_buttons(operator))

    def _shown_buttons(self, contract):
        """Those of the contract's header that the web client shows to its user."""
        view = contract.get_view(
            self.env.ref("contract.contract_contract_customer_form_view").id
        )
        header = etree.fromstring(view["arch"]).find("header")
        contract.invalidate_recordset()
        values = {
            name: contract[name]
            for name in (
                "id",
                "access_status",
                "can_release",
                "may_release",
                "overdue_days",
                "contract_status",
                "contract_type",
                "ended_unsigned",
                "is_terminated",
                "suspension_state",
                "termination_receipt_number",
            )
        }
        shown = {
            button.get("string")
            for button in header.iter("button")
            if not safe_eval(button.get("invisible") or "False", values)
        }
        return shown & (BUTTONS.keys() | TERMINATION_BUTTONS | {"Promise to pay"})

    def test_nothing_is_invoiced_without_service(self):
        invoiced = self.env["contract.contract"]._get_contracts_to_invoice_domain(
            "2099-01-01"
        )
        for status, expected in (
            ("active", True),
            ("inactive", True),  # OCA ends it by its lines
            ("pre_contract", False),
            ("blacklisted", False),
            ("withdrawn", False),
        ):
            self.contract.contract_status = status
            found = self.contract.search([*invoiced, ("id", "=", self.contract.id)])
            self.assertEqual(bool(found), expected, status)

    def test_several_at_once(self):
        other = self._contract(self._customer("José", "11144477735"))
        both = self.contract + other
        self.assertTrue(both.action_block())
        self.assertEqual(set(both.mapped("access_status")), {"manually_blocked"})
        other.action_withdraw()
        with self.assertRefused(UserError, "is not possible"):
            both.action_release()
        self.assertStatusPair(self.contract, "active", "manually_blocked")
