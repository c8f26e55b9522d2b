# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The users that a platform has had before are matched, adopted, or removed."""

from datetime import timedelta

from lxml import etree

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import safe_eval

from ..models import sva_divergence
from .common import CPFS, PACKAGE, SvaCase


@tagged("post_install", "-at_install")
class TestAdoption(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def _read(self):
        self.integration.with_user(self.manager).action_reconcile()
        return self.env["sva.divergence"].with_user(self.manager).search([])

    def test_a_customer_is_found_however_the_cpf_is_written(self):
        self.customer.vat = "529.982.247-25"
        self._existing()
        row = self._read()
        self.assertEqual(
            (row.match, row.contract_id, row.product_id, row.proposal),
            ("a_ready", self.contract, self.product, "No change."),
        )

    def test_an_adopted_user_stays_as_it_is(self):
        existing = self._existing()
        self.assertTrue(self._read().action_adopt())
        user = self.contract.sva_user_ids
        self.assertEqual(
            (user.name, user.username, user.phone, user.platform_user_id),
            ("Maria S.", "maria.silva", "+5511977776666", existing["id"]),
        )
        self.sandbox.forget()
        self._run_engine()
        self.assertEqual(self.sandbox.operations(), ["getUser"])
        self.assertEqual((user.sync_state, user.platform_state), ("synced", "active"))
        self.assertEqual(self._on_platform(user), existing)
        self.assertFalse(self._read())

    def test_from_then_on_the_contract_decides(self):
        self._existing(package_code="SABER-CURSOS", phone="+551133334444")
        self.contract.action_block()
        row = self._read()
        self.assertEqual(
            row.proposal,
            f"status: Active → Blocked; package: SABER-CURSOS → {PACKAGE}",
        )
        row.action_adopt()
        self._run_engine()
        user = self.contract.sva_user_ids
        held = self._on_platform(user)
        self.assertEqual((held["status"], held["package_code"]), ("blocked", PACKAGE))
        # a landline is no mobile phone: the registration's is taken
        self.assertEqual(user.phone, "+5511987654321")

    def test_what_nothing_fits(self):
        self._existing(CPFS[1], name="Sem cadastro")
        self._existing(CPFS[2], name="Sem contrato")
        self._customer("Sem contrato", CPFS[2])
        self._existing(CPFS[3], name="Só internet")
        self._contract(self._customer("Só internet", CPFS[3]), self.internet)
        rows = self._read()
        self.assertEqual(
            {row.name: row.obstacle for row in rows},
            {
                "Sem cadastro": "no_customer",
                "Sem contrato": "no_contract",
                "Só internet": "no_contract",
            },
        )
        self.assertEqual(set(rows.mapped("match")), {"c_none"})
        with self.assertRefused(UserError, "No customer has this CPF"):
            rows.filtered(lambda row: row.name == "Sem cadastro").action_adopt()
        # the customer is registered, and the next look finds it
        self._contract(self._customer("Sem cadastro", CPFS[1]))
        rows.action_match()
        self.assertEqual(
            rows.filtered(lambda row: row.name == "Sem cadastro").match, "a_ready"
        )

    def test_a_contract_can_be_chosen(self):
        second = self._contract(self.customer)
        self._existing()
        row = self._read()
        self.assertEqual((row.match, row.obstacle), ("b_choose", "several"))
        row.contract_id = second
        self.assertEqual((row.match, row.product_id), ("a_ready", self.product))
        row.action_match()
        self.assertEqual(row.contract_id, second)
        row.action_adopt()
        self.assertTrue(second.sva_user_ids)
        self.assertFalse(self.contract.sva_user_ids)

    def test_a_product_can_be_chosen(self):
        courses = self._package("SABER-CURSOS")
        kids = [
            self._sva_product("Kids A", courses),
            self._sva_product("Kids B", courses),
        ]
        contract = self._contract(self._customer("José", CPFS[1]), kids[0])
        self._sell_tomorrow(contract, kids[1])
        self._existing(CPFS[1])
        row = self._read()
        self.assertEqual(
            (row.contract_id, row.match, row.proposal),
            (contract, "b_choose", "Choose the product."),
        )
        row.product_id = kids[1]
        row.action_adopt()
        self.assertEqual(contract.sva_user_ids.product_id, kids[1])

    def test_a_living_contract_comes_before_one_that_has_ended(self):
        self.contract.action_blacklist()
        self._existing()
        row = self._read()
        self.assertEqual(row.contract_id, self.contract)
        self.assertIn("Disabled", row.proposal)
        row.sudo().unlink()
        living = self._contract(self.customer)
        self.assertEqual(self._read().contract_id, living)

    def test_a_contract_that_has_a_user_already(self):
        self._sva_user(use_partner_data=False, cpf_cnpj=CPFS[2], phone="11988887777")
        self._existing()
        row = self._read()
        self.assertEqual((row.match, row.obstacle), ("c_none", "taken"))

    def test_a_row_with_this_cpf_is_linked(self):
        existing = self._existing()
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        self.assertTrue(user.sync_error.startswith("CPF já cadastrado."))
        row = self._read()
        self.assertEqual((row.match, row.sva_user_id), ("a_ready", user))
        row.action_adopt()
        self._run_engine()
        self.assertEqual(
            (user.sync_state, user.platform_user_id, user.username),
            ("synced", existing["id"], "maria.silva"),
        )
        self.assertEqual(self._on_platform(user)["name"], "Maria da Silva")

    def test_a_user_is_removed_by_a_person(self):
        self._existing()
        user = self._sva_user()
        self._run_engine()
        self.assertEqual(user.sync_state, "failed")
        row = self._read()
        row.action_remove()
        self.assertFalse(row.exists())
        self._run_engine()
        self._run_engine()
        self.assertInStep(user, "active")
        self.assertEqual(len(self.sandbox.users()), 1)

    def test_a_user_that_has_become_ours_is_not_removed(self):
        self._existing()
        row = self._read()
        user = self._sva_user()
        self._run_engine()
        user.action_link_platform_user()
        self._run_engine()
        row.action_remove()
        self._run_engine()
        self.assertFalse(self.env["sva.user.removal"].search([]))
        self.assertEqual(user.sync_state, "synced")
        self.assertIn(user.cpf_cnpj, self.sandbox.users())

    def test_a_removal_hits_nobody_else_with_the_same_reference(self):
        kept = self._existing(external_ref="contract-7")
        self._existing(CPFS[1], external_ref="contract-7")
        rows = self._read()
        rows.filtered("contract_id").action_adopt()
        self._run_engine()
        rows.exists().action_remove()
        self.sandbox.fault("deleteUser", "lost_answer")
        self._run_engine()
        removal = self.env["sva.user.removal"].search([])
        self.assertEqual(removal.sync_state, "pending")
        removal.next_sync_date = False
        self._run_engine()
        self.assertEqual(removal.sync_state, "synced")
        self.assertEqual([*self.sandbox.users().values()], [kept])

    def test_what_others_do_in_their_wizards_is_not_to_be_seen(self):
        action = self.integration.with_user(self.manager).action_open_adoption()
        other = self._operator("test_other_manager", "group_sva_manager")
        wizard = self.env["sva.adoption"].browse(action["res_id"])
        self.assertTrue(wizard.with_user(self.manager).has_access("read"))
        self.assertFalse(wizard.with_user(other).has_access("read"))

    def test_many_are_matched_in_batches(self):
        self.patch(sva_divergence, "BATCH_SIZE", 2)
        for cpf in CPFS:
            self._existing(cpf, username=cpf)
        rows = self._read()
        self.assertEqual(rows.mapped("match").count("c_none"), len(CPFS) - 1)
        for cpf in CPFS[1:]:
            self._contract(self._customer(f"Cliente {cpf}", cpf))
        rows.action_match()
        self.assertEqual(set(rows.mapped("match")), {"a_ready"})

    def test_many_are_adopted_in_batches_and_one_stops_no_other(self):
        self.patch(sva_divergence, "AT_ONCE", 2)
        self.patch(sva_divergence, "BATCH_SIZE", 2)
        for cpf in CPFS[1:]:
            self._contract(self._customer(f"Cliente {cpf}", cpf))
        for cpf in CPFS:
            self._existing(cpf, username=cpf)
        rows = self._read()
        self.assertEqual(set(rows.mapped("match")), {"a_ready"})
        rows.action_adopt()
        self.assertEqual(set(rows.mapped("is_queued")), {True})
        # what was right when it was asked for may be wrong when it is done
        self.customer.phone = False
        rows.filtered(lambda row: row.cpf_cnpj == CPFS[0]).sudo().phone = "nenhum"
        self.env["ir.cron"]._commit_progress()
        self.env["sva.reconciliation"]._cron_go_on()
        left = rows.exists()
        self.assertEqual(left.cpf_cnpj, CPFS[0])
        self.assertIn("mobile phone", left.problem)
        self.assertFalse(left.is_queued)
        self._run_engine()
        users = self.env["sva.user"].search([])
        self.assertEqual(set(users.mapped("sync_state")), {"synced"})
        self.assertEqual(set(users.mapped("cpf_cnpj")), set(CPFS[1:]))
        # put right, it goes through
        self.customer.phone = "11 98765-4321"
        left.action_adopt()
        self.assertFalse(left.exists())

    def test_one_that_cannot_be_adopted_does_not_keep_the_others(self):
        self._existing()
        self._existing(CPFS[1], phone="+551133334444")
        other = self._customer("José", CPFS[1], phone=False)
        self._contract(other)
        rows = self._read()
        self.assertEqual(set(rows.mapped("match")), {"a_ready"})
        rows.action_adopt()
        self.assertEqual(rows.exists().cpf_cnpj, CPFS[1])
        self.assertTrue(rows.exists().problem)
        self.assertTrue(self.contract.sva_user_ids)
        with self.assertRefused(UserError, "mobile phone"):
            rows.exists().action_adopt()
        # it is not offered again before something has changed
        wizard = self._wizard()
        self.assertEqual((wizard.ready_count, wizard.problem_count), (0, 1))
        self.assertEqual(
            self._shown_buttons(wizard),
            {"action_read", "action_match"},
        )
        other.phone = "(11) 98765-4321"
        wizard.action_match()
        wizard.invalidate_recordset()
        self.assertEqual((wizard.ready_count, wizard.problem_count), (1, 0))
        self.assertIn("action_adopt", self._shown_buttons(wizard))

    def _shown_buttons(self, wizard):
        """The names of the buttons that the web client shows in the header."""
        header = etree.fromstring(wizard.get_view()["arch"]).find("header")
        values = wizard.read()[0]
        return {
            button.get("name")
            for button in header.iter("button")
            if not safe_eval(button.get("invisible"), values)
        }

    def test_a_contract_that_was_deleted_meanwhile(self):
        self._existing()
        self._existing(CPFS[1])
        self._contract(self._customer("José", CPFS[1]))
        rows = self._read()
        self.contract.unlink()
        rows.sudo().write({"is_queued": True})
        self._go_on()
        left = rows.exists()
        self.assertEqual((left.cpf_cnpj, left.is_queued), (CPFS[0], False))
        self.assertEqual(left.problem, "The customer has no contract with this SVA")
        self.assertEqual(left.match, "c_none")

    def test_who_has_another_contract_meanwhile_is_adopted(self):
        self._existing()
        row = self._read()
        second = self._contract(self.customer)
        self.contract.unlink()
        row.sudo().is_queued = True
        self._go_on()
        self.assertFalse(row.exists())
        self.assertTrue(second.sva_user_ids)

    def test_who_is_being_worked_on_is_adopted_later(self):
        self.patch(sva_divergence, "AT_ONCE", 1)
        existing = self._existing()
        user = self._sva_user()
        self._run_engine()
        self._existing(CPFS[1], username="jose")
        self._contract(self._customer("José", CPFS[1]))
        rows = self._read()
        rows.action_adopt()
        user.lease_until = fields.Datetime.now() + timedelta(minutes=1)
        self._go_on()
        left = rows.exists()
        self.assertEqual((left.sva_user_id, left.problem), (user, False))
        self.assertTrue(left.is_queued)
        user.lease_until = False
        self._go_on()
        self.assertFalse(rows.exists())
        self._run_engine()
        self.assertEqual(
            (user.sync_state, user.platform_user_id), ("synced", existing["id"])
        )

    def _go_on(self):
        self.env.flush_all()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.reconciliation"]._cron_go_on()
        self.env.invalidate_all()

    def test_only_contract_and_product_can_be_written(self):
        self._existing()
        row = self._read()
        with self.assertRefused(UserError, "only contract and product"):
            row.platform_user_id = "usr_other"
        front_desk = self._operator()
        for action in ("action_adopt", "action_remove", "action_match"):
            with self.assertRefused(AccessError, ""):
                getattr(row.with_user(front_desk), action)()

    # the wizard

    def test_the_wizard_reads_and_adopts(self):
        self._existing()
        self._existing(CPFS[1], name="José")
        integration = self.integration.with_user(self.manager)
        action = integration.action_open_adoption()
        wizard = self.env[action["res_model"]].with_user(self.manager)
        wizard = wizard.browse(action["res_id"])
        self.assertFalse(wizard.state)
        wizard.action_read()
        self.assertEqual(
            (wizard.state, wizard.seen_count, wizard.ready_count, wizard.none_count),
            ("done", 2, 1, 1),
        )
        self.assertEqual(len(Form(wizard).divergence_ids), 2)
        wizard.action_adopt()
        wizard.invalidate_recordset()
        self.assertEqual((wizard.ready_count, wizard.none_count), (0, 1))
        self.assertTrue(self.contract.sva_user_ids)
        # what is left is taken along by the list of divergences
        self.manager.group_ids += self.env.ref("base.group_allow_export")
        left = self.env["sva.divergence"].with_user(self.manager).search([])
        self.assertEqual(
            left.export_data(["cpf_cnpj", "name", "proposal"])["datas"],
            [[CPFS[1], "José", "No customer has this CPF"]],
        )

    def _kids(self):
        """A user of the platform who has another package than the contract sells."""
        kids = self._sva_product("Saber+ Kids", self._package("SABER-KIDS"))
        contract = self._contract(self._customer("José", CPFS[1]), kids)
        self._existing(CPFS[1])
        return contract

    def _wizard(self):
        integration = self.integration.with_user(self.manager)
        wizards = self.env["sva.adoption"].with_user(self.manager)
        return wizards.browse(integration.action_open_adoption()["res_id"])

    def test_who_would_change_the_package_is_told_before_and_after(self):
        self._existing()
        contract = self._kids()
        wizard = self._wizard()
        wizard.action_read()
        self.assertEqual(wizard.package_change_count, 1)
        self.assertEqual(wizard.package_changes, f"1 × {PACKAGE} → SABER-KIDS")
        question = wizard.action_confirm_adopt()
        self.assertEqual((question["res_id"], question["target"]), (wizard.id, "new"))
        self.assertIs(wizard.action_adopt(), True)
        said = contract.sva_user_ids.message_ids.mapped("body")
        self.assertIn(f"{PACKAGE} → SABER-KIDS", "".join(said))
        said = self.contract.sva_user_ids.message_ids.mapped("body")
        self.assertNotIn("→", "".join(said))
        self._run_engine()
        held = self._on_platform(contract.sva_user_ids)
        self.assertEqual(held["package_code"], "SABER-KIDS")

    def test_only_those_who_keep_their_package_can_be_adopted(self):
        self._existing()
        contract = self._kids()
        wizard = self._wizard()
        wizard.action_read()
        wizard.action_adopt_unchanged()
        self.assertTrue(self.contract.sva_user_ids)
        self.assertFalse(contract.sva_user_ids)
        [left] = self.env["sva.divergence"].search([])
        self.assertTrue(left.changes_package)
        # the contract gets what the platform gives already
        contract.contract_line_ids.product_id.product_tmpl_id.sva_package_id = (
            self.package
        )
        self.assertFalse(left.changes_package)

    def test_a_linked_user_is_written_down(self):
        user = self._sva_user()
        self._existing(package_code="SABER-KIDS")
        self._read()
        self.env["sva.divergence"].search([]).action_adopt()
        said = "".join(user.message_ids.mapped("body"))
        self.assertIn(f"SABER-KIDS → {PACKAGE}", said)

    def test_the_wizards_buttons_leave_the_page_where_it_is(self):
        self._existing()
        wizard = self._wizard()
        for button in ("action_read", "action_match", "action_adopt"):
            self.assertIs(getattr(wizard, button)(), True)
