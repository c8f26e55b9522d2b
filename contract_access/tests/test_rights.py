# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The front desk works on contracts without rights in accounting."""

from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CPFS, ContractCase

LIMIT = "limit of releases in 30 days is reached"


@tagged("post_install", "-at_install")
class TestRights(ContractCase):
    PEOPLE = {"clerk": (), "manager": ("test_manager", "group_contract_manager")}

    def setUp(self):
        super().setUp()
        self.ours = self.contract.with_user(self.clerk)

    def _terminate(self, date=None, who=None):
        wizards = self.env["contract.contract.terminate"].with_user(who or self.clerk)
        form = Form(wizards.with_context(default_contract_id=self.contract.id))
        form.terminate_reason_id = self.reason
        form.terminate_date = date or self.contract._today()
        form.save().terminate_contract()

    def _owe(self):
        self._switch_dunning_on()
        self.env.company.contract_release_limit = 1
        invoice = self._invoice(self.contract, 20)
        self._dun_until_blocked()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        return invoice

    def test_no_group_of_ours_brings_accounting(self):
        accounting = self.env.ref("account.group_account_readonly")
        accounting |= self.env.ref("account.group_account_invoice")
        for user in (self.clerk, self.manager):
            self.assertFalse(user.all_group_ids & accounting)
            self.assertTrue(
                user.has_group("contract_termination.can_terminate_contract")
            )
            for name in ("account.move", "account.move.line", "account.payment"):
                model = self.env[name].with_user(user)
                for operation in ("read", "write", "create", "unlink"):
                    self.assertFalse(model.has_access(operation), (name, operation))

    def test_who_could_terminate_before_stays_in_billing(self):
        billing = self.env.ref("account.group_account_invoice")
        self.assertIn(billing, self.env.ref("base.user_admin").group_ids)

    def test_the_front_desk_keeps_a_contract(self):
        contracts = self.env["contract.contract"].with_user(self.clerk)
        form = Form(
            contracts.with_context(default_contract_type="sale"),
            view="contract.contract_contract_customer_form_view",
        )
        form.name = "Contrato novo"
        form.partner_id = self.customer
        form.line_recurrence = True
        with form.contract_line_ids.new() as line:
            line.product_id = self.internet
        contract = form.save()
        self.assertEqual(contract.contract_line_ids.product_id, self.internet)
        with Form(
            contract, view="contract.contract_contract_customer_form_view"
        ) as form:
            form.name = "Contrato mudado"
        self.assertEqual(contract.invoice_count, 0)
        contract.action_block("Pedido")
        contract.action_release()
        with self.assertRefused(AccessError, ""):
            contract.recurring_create_invoice()

    def test_the_manager_makes_plans(self):
        plans = self.env["contract.template"].with_user(self.manager)
        form = Form(plans)
        form.name = "Fibra"
        plan = form.save()
        with Form(plan) as form:
            form.name = "Fibra 500"
        self.assertEqual(plan.name, "Fibra 500")

    def test_the_front_desk_terminates(self):
        self._invoice(self.contract)
        self.assertEqual(self.ours.invoice_count, 1)
        self._terminate()
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.assertEqual(self.contract.write_uid, self.clerk)
        self.ours.action_cancel_contract_termination()
        self.assertStatusPair(self.contract, "active", "active")

    def test_only_the_wizard_writes_a_termination(self):
        values = {
            "is_terminated": True,
            "terminate_date": "2026-01-01",
            "terminate_reason_id": self.reason.id,
            "terminate_comment": "x",
        }
        new = {"name": "x", "partner_id": self.customer.id}
        for name, value in values.items():
            with self.subTest(name), self.assertRefused(UserError, "cannot be written"):
                self.ours.write({name: value})
            with self.assertRefused(UserError, "cannot be written"):
                self.ours.create({**new, name: value})
        today = self.contract._today()
        for days in (20, 10):
            self._terminate(today + timedelta(days=days))
        self.assertEqual(self.contract.terminate_date, today + timedelta(days=10))
        paid_until = today + timedelta(days=5)
        self.contract.contract_line_ids.last_date_invoiced = paid_until
        self._terminate()
        self.assertEqual(self.contract.terminate_date, paid_until)
        self.assertEqual(self.contract.write_uid, self.clerk)
        self.ours.action_cancel_contract_termination()
        self.assertFalse(self.contract.is_terminated)
        portal = self._operator("test_portal", "base.group_portal")
        with self.assertRefused(AccessError, ""):
            self.contract.with_user(portal)._terminate_contract(self.reason, "", today)

    def test_a_line_that_was_invoiced_stays(self):
        invoice = self._owe()
        line = self.ours.contract_line_ids
        other = self._contract(self._customer("José", CPFS[1])).with_user(self.clerk)
        for attempt in (
            line.unlink,
            lambda: self.ours.write({"contract_line_ids": [(2, line.id)]}),
            lambda: line.write({"contract_id": other.id}),
            lambda: other.write({"contract_line_ids": [(4, line.id)]}),
            self.contract.unlink,
        ):
            with self.assertRefused(UserError, "was invoiced"):
                attempt()
        self.assertEqual(invoice.invoice_line_ids.contract_line_id, line)
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        # what was never invoiced goes
        other.contract_line_ids.unlink()

    def test_undoing_a_termination_is_a_release(self):
        self._owe()
        self._terminate()
        self.ours.action_cancel_contract_termination()
        self.assertEqual(self.contract.release_ids.user_id, self.clerk)
        self._terminate()
        tomorrow = self.contract._today() + timedelta(days=1)
        for undo in (
            self.ours.action_cancel_contract_termination,
            lambda: self._terminate(tomorrow),
        ):
            with self.assertRefused(UserError, LIMIT):
                undo()
        self.env.company.contract_release_by = "manager"
        self.env.company.contract_release_limit = 0
        for undo in (
            self.ours.action_cancel_contract_termination,
            lambda: self._terminate(tomorrow),
        ):
            with self.assertRefused(AccessError, "Only a manager"):
                undo()
        self.assertStatusPair(self.contract, "inactive", "disabled")
        self.contract.with_user(self.manager).action_cancel_contract_termination()
        self.assertStatusPair(self.contract, "active", "active")
        # what was only planned took nothing away
        self._terminate(tomorrow)
        self.ours.action_cancel_contract_termination()
        self.assertStatusPair(self.contract, "active", "active")

    def test_an_invoice_in_correction_releases_nothing(self):
        invoice = self._owe()
        invoice.button_draft()
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        self.assertIn("is being corrected", self.ours.access_explanation)
        self._dun()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        invoice.action_post()
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "auto_blocked")
        invoice.button_draft()
        invoice.button_cancel()
        self._end_of_request()
        self.assertStatusPair(self.contract, "active", "active")

    def test_wizards_and_modifications_are_ones_own(self):
        self._terminate()
        wizard = self.env["contract.contract.terminate"].search([], limit=1)
        for operation in ("read", "write", "unlink"):
            self.assertFalse(wizard.with_user(self.manager).has_access(operation))
        branch = self.env["res.company"].create({"name": "Filial"})
        theirs = self._contract(self._customer("José", CPFS[1]), company_id=branch.id)
        modification = theirs.modification_ids.with_user(self.clerk)
        self.assertTrue(modification)
        self.assertFalse(modification.has_access("read"))

    def test_the_front_desk_uses_the_buttons_of_a_line(self):
        today = self.contract._today()

        def press(line, button, title, **values):
            action = getattr(line, f"action_{button}")()
            self.assertEqual(action["name"], title)
            wizards = self.env[action["res_model"]].with_user(self.clerk)
            [(view, _kind)] = action["views"]
            form = Form(wizards.with_context(**action["context"]), view=view)
            for name, value in values.items():
                setattr(form, name, value)
            wizard = form.save()
            getattr(wizard, button)()
            return wizard

        line = self.ours.contract_line_ids
        press(
            line,
            "stop_plan_successor",
            "Suspend Line",
            date_start=today + timedelta(10),
            date_end=today + timedelta(19),
        )
        self.assertEqual(line.date_end, today + timedelta(9))
        second = line.successor_contract_line_id
        self.assertEqual(second.date_start, today + timedelta(20))
        press(second, "stop", "End Line", date_end=today + timedelta(29))
        self.assertEqual(second.date_end, today + timedelta(29))
        press(second, "plan_successor", "Plan Start", date_start=today + timedelta(40))
        third = second.successor_contract_line_id
        self.assertEqual(third.date_start, today + timedelta(40))
        third.cancel()
        wizard = press(
            third,
            "uncancel",
            "Take Line Back",
            recurring_next_date=third.date_start,
        )
        self.assertFalse(third.is_canceled)
        self.assertFalse(wizard.with_user(self.manager).has_access("read"))
        branch = self.env["res.company"].create({"name": "Filial"})
        theirs = self._contract(self._customer("José", CPFS[1]), company_id=branch.id)
        with self.assertRefused(AccessError, ""):
            wizard.create({"contract_line_id": theirs.contract_line_ids.id})
