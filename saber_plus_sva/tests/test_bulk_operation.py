# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Many contracts at once: simulated, run, stopped, repeated."""

from datetime import timedelta
from unittest.mock import patch

from lxml import etree

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import format_date

from odoo.addons.contract_access.exceptions import InvalidError

from ..models import sva_bulk_operation
from .common import CPFS, SvaCase, cpfs


@tagged("post_install", "-at_install")
class TestBulkOperation(SvaCase):
    PEOPLE = {"manager": ("test_manager", "group_sva_manager")}

    def setUp(self):
        super().setUp()
        self.manager.lang = "en_US"
        self.bulks = self.env["sva.bulk.operation"].with_user(self.manager)

    def _bulk(self, contracts=None, operation="activate", **values):
        if contracts is None:
            return self.bulks.create({"operation": operation, **values})
        contracts = contracts.with_user(self.manager)
        bulk = self.bulks.browse(contracts.action_sva_bulk(operation)["res_id"])
        bulk.write(values)
        return bulk

    def _work(self):
        """What the scheduled action does."""
        self._end_of_request()
        self.env["ir.cron"]._commit_progress()
        self.env["sva.bulk.operation"]._cron_go_on()
        self.env.invalidate_all()

    def _simulate(self, bulk):
        bulk.action_simulate()
        self._work()

    def _run(self, bulk):
        bulk.action_run()
        self._work()

    def _row(self, bulk, contract):
        return bulk.line_ids.filtered(lambda row: row.contract_id == contract)

    def _some(self, count, *products, first=0):
        contracts = self.env["contract.contract"]
        for number, cpf in enumerate(cpfs(count, first)):
            customer = self._customer(f"Cliente {first + number}", cpf)
            contracts += self._contract(
                customer, self.env["product.product"].union(*products) or None
            )
        return contracts

    def test_whom_it_was_for_is_forgotten(self):
        bulks = [self._bulk(self._some(1, first=n)) for n in range(3)]
        bulks[1].action_simulate()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sva_bulk_operation SET create_date = create_date - %s"
            " WHERE id IN %s",
            (timedelta(days=6 * 366), tuple(bulk.id for bulk in bulks[:2])),
        )
        self.env.invalidate_all()
        self.env["sva.bulk.operation"]._gc_outdated()
        # what is at work goes on
        self.assertEqual([bool(bulk.exists()) for bulk in bulks], [False, True, True])

    def test_no_such_operation(self):
        contract = self.contract.with_user(self.manager)
        for wrong in (5, True, None, "remove", ["block"], {"a": 1}):
            with self.subTest(wrong), self.assertRaises(InvalidError) as raised:
                contract.action_sva_bulk(wrong)
            self.assertEqual(raised.exception.context["code"], "wrong_type")

    def test_more_than_the_list_hands_over(self):
        contracts = self._some(2)
        self.env["sva.user"].create([{"contract_id": row.id} for row in contracts])
        self.env["ir.config_parameter"].set_param("web.active_ids_limit", "2")
        for name, chosen in (
            ("contract_action_bulk_activate", contracts),
            ("sva_user_action_bulk_sync", contracts.sva_user_ids),
        ):
            action = self.env.ref(f"saber_plus_sva.{name}").with_user(self.manager)
            listed = {"active_model": chosen._name, "active_id": chosen[0].id}
            few = action.with_context(**listed, active_ids=chosen[0].ids)
            self.assertTrue(few.run()["res_id"])
            many = action.with_context(**listed, active_ids=chosen.ids)
            with self.assertRefused(UserError, "no more than 2"):
                many.run()
        # programs give all that they mean
        self.assertTrue(contracts.with_user(self.manager).action_sva_bulk()["res_id"])

    def assertRow(self, bulk, contract, state, words=""):
        row = self._row(bulk, contract)
        self.assertEqual(row.state, state, row.reason)
        self.assertIn(words, row.reason or "")

    def test_each_reason_is_named_and_nothing_is_done(self):
        good = self.contract
        sold = self._some(5)
        has_user, no_phone, no_cpf, company, blocked = sold
        self._sva_user(has_user)
        no_phone.partner_id.phone = False
        no_cpf.partner_id.vat = False
        company.partner_id.vat = "11.222.333/0001-81"
        blocked.action_block()
        same_cpf = self._contract(good.partner_id)
        only_internet = self._some(1, self.internet, first=50)
        users = self.env["sva.user"].search_count([])
        bulk = self._bulk(sold | good | same_cpf | only_internet)
        self._simulate(bulk)
        self.assertEqual(bulk.state, "simulated")
        self.assertRow(bulk, good, "ready")
        self.assertRow(bulk, has_user, "nothing")
        self.assertRow(bulk, no_phone, "problem", "Missing: mobile phone")
        self.assertRow(bulk, no_cpf, "problem", "Missing: CPF")
        self.assertRow(bulk, company, "problem", "CNPJ")
        self.assertRow(bulk, blocked, "problem", "Active / Blocked manually")
        self.assertRow(bulk, same_cpf, "problem", good.display_name)
        self.assertRow(bulk, only_internet, "problem", "does not sell")
        self.assertEqual(
            (bulk.line_count, bulk.ready_count, bulk.problem_count), (8, 1, 6)
        )
        self.assertEqual(self.env["sva.user"].search_count([]), users)

    def test_the_cpf_of_another_contract_is_named(self):
        self._sva_user()
        other = self._contract(self.customer)
        bulk = self._bulk(other)
        self._simulate(bulk)
        self.assertRow(bulk, other, "problem", f"“{self.contract.display_name}”")

    def test_it_is_run_once(self):
        contracts = self._some(3) | self.contract
        bulk = self._bulk(contracts)
        self._simulate(bulk)
        self._run(bulk)
        self.assertEqual((bulk.state, bulk.done_count), ("done", 4))
        users = contracts.sva_user_ids
        self.assertEqual(len(users), 4)
        self.assertEqual(bulk.line_ids.sva_user_id, users)
        self._run_engine()
        self.assertEqual(set(users.mapped("sync_state")), {"synced"})
        self.assertEqual(len(self.sandbox.users()), 4)
        # again: the same one, and a new one
        self._simulate(bulk)
        self.assertEqual((bulk.done_count, bulk.ready_count), (4, 0))
        with self.assertRefused(UserError, "None of the contracts is ready"):
            bulk.action_run()
        again = self._bulk(contracts)
        self._simulate(again)
        self.assertEqual((again.nothing_count, again.ready_count), (4, 0))
        self.assertEqual(contracts.sva_user_ids, users)

    def test_what_changes_between_simulation_and_run(self):
        contracts = self._some(2) | self.contract
        bulk = self._bulk(contracts)
        self._simulate(bulk)
        self.assertEqual(bulk.ready_count, 3)
        contracts[0].action_block()
        self._sva_user(contracts[1])
        self._run(bulk)
        self.assertRow(bulk, contracts[0], "problem", "Blocked manually")
        self.assertRow(bulk, contracts[1], "nothing")
        self.assertRow(bulk, contracts[2], "done")

    def test_one_that_fails_stops_nobody(self):
        contracts = self._some(2) | self.contract
        bulk = self._bulk(contracts)
        self._simulate(bulk)
        create, words = type(self.env["sva.user"]).create, "Não deu"

        def fail(users, vals_list):
            if any(vals["contract_id"] == contracts[0].id for vals in vals_list):
                raise UserError(words)
            return create(users, vals_list)

        with patch.object(type(self.env["sva.user"]), "create", fail):
            self._run(bulk)
        self.assertRow(bulk, contracts[0], "failed", words)
        self.assertEqual((bulk.state, bulk.done_count), ("done", 2))
        self._simulate(bulk)
        self._run(bulk)
        self.assertEqual(bulk.done_count, 3)

    def test_a_price_is_in_the_contracts_currency(self):
        [contract] = self._some(1, self.internet)
        ours = self.env.company.currency_id
        [foreign, *_others] = self.env.ref("base.USD") + self.env.ref("base.EUR") - ours
        foreign.active = True
        foreign.rate_ids.unlink()
        foreign.rate_ids = [Command.create({"name": "2026-01-01", "rate": 0.25})]
        contract.manual_currency_id = foreign
        bulk = self._bulk(contract, missing_line="add", product_id=self.product.id)
        bulk.price_unit = 12.5
        self._simulate(bulk)
        self._run(bulk)
        self.assertEqual(self._sva_line(contract).price_unit, 3.125)

    def test_a_line_is_added(self):
        contracts = self._some(2, self.internet)
        tomorrow = contracts[0]._today() + timedelta(days=1)
        bulk = self._bulk(contracts, missing_line="add", product_id=self.product.id)
        self.assertEqual(bulk.price_unit, self.product.lst_price)
        bulk.write({"price_unit": 12.5})
        self._simulate(bulk)
        self.assertEqual((bulk.ready_count, bulk.added_count), (2, 2))
        self.assertEqual(bulk.monthly_amount, 25)
        self.assertFalse(self._sva_line(contracts[0]))
        self._run(bulk)
        for contract in contracts:
            line = self._sva_line(contract)
            self.assertEqual(
                (line.product_id, line.price_unit, line.date_start),
                (self.product, 12.5, contract._today()),
            )
            self.assertEqual(line.recurring_next_date, line.date_start)
            self.assertEqual(contract.sva_user_ids.state, "active")
        later = self._some(1, self.internet, first=10)
        bulk = self._bulk(
            later, missing_line="add", product_id=self.product.id, date_start=tomorrow
        )
        self._simulate(bulk)
        self.assertRow(bulk, later, "ready", "Active from")
        self._run(bulk)
        self.assertEqual(later.sva_user_ids.state, "blocked")

    def test_a_line_that_rests(self):
        """As with a suspension: one line is over, and the next one is to come."""
        today = self.contract._today()
        self._sell_tomorrow(self.contract, self.product)
        line = self._sva_line()[0]
        line.write({"date_end": today - timedelta(days=1)})
        bulk = self._bulk(self.contract)
        self._simulate(bulk)
        day = format_date(bulk.with_context(lang="en_US").env, today + timedelta(1))
        self.assertRow(bulk, self.contract, "ready", f"Active from {day}")

    def test_a_line_on_a_contract_that_has_the_recurrence(self):
        contract = self.env["contract.contract"].create(
            {
                "name": "Só um vencimento",
                "partner_id": self._customer("Zé", CPFS[1]).id,
                "date_start": "2026-01-01",
                "recurring_next_date": self.contract._today() + timedelta(days=9),
            }
        )
        bulk = self._bulk(contract, missing_line="add", product_id=self.product.id)
        self._simulate(bulk)
        self._run(bulk)
        self.assertRow(bulk, contract, "done")
        self.assertEqual(
            self._sva_line(contract).recurring_next_date, contract.recurring_next_date
        )

    def test_a_plan_that_activates_by_itself(self):
        contract = self._some(1, self.internet)
        contract.sva_auto_activate = True
        bulk = self._bulk(contract, missing_line="add", product_id=self.product.id)
        self._simulate(bulk)
        self._run(bulk)
        self.assertRow(bulk, contract, "done")
        self.assertEqual(len(contract.sva_user_ids), 1)

    def test_by_filters(self):
        tag = self.env["contract.tag"].create({"name": "Fibra"})
        tagged_ones = self._some(2)
        tagged_ones.tag_ids = tag
        tagged_ones[1].action_block()
        bulk = self._bulk(tag_ids=tag.ids, contract_status="active")
        self._simulate(bulk)
        self.assertEqual(bulk.line_ids.contract_id, tagged_ones)
        bulk.access_status = "active"
        self.assertEqual(bulk.state, "draft")
        self._simulate(bulk)
        self.assertEqual(bulk.line_ids.contract_id, tagged_ones[0])
        bulk.write({"access_status": False, "customer_kind": "company"})
        self._simulate(bulk)
        self.assertFalse(bulk.line_ids)
        bulk.write({"customer_kind": "person", "started_from": "2099-01-01"})
        self._simulate(bulk)
        self.assertFalse(bulk.line_ids)
        bulk.write({"started_from": False, "product_ids": self.internet.ids})
        self._simulate(bulk)
        self.assertEqual(bulk.line_ids.contract_id, tagged_ones)

    def test_it_is_stopped_and_goes_on(self):
        contracts = self._some(4)
        bulk = self._bulk(contracts)
        self._simulate(bulk)
        bulk.action_run()
        with patch.object(sva_bulk_operation, "BATCH_SIZE", 2):
            self._end_of_request()
            self.env["sva.bulk.operation"].browse(bulk.id)._next_batch()
            self.assertEqual(bulk.progress, 50)
            bulk.action_stop()
            self._work()
            self.assertEqual((bulk.state, bulk.done_count), ("stopped", 2))
            self._run(bulk)
        self.assertEqual((bulk.state, bulk.done_count), ("done", 4))
        self.assertEqual(len(contracts.sva_user_ids), 4)

    def test_none_is_duplicated(self):
        """The copy of one for chosen contracts would be for all of them."""
        for kind in ("list", "form"):
            arch = etree.fromstring(self.bulks.get_view(view_type=kind)["arch"])
            self.assertEqual(arch.get("duplicate"), "0", kind)

    def test_something_else_is_simulated_first(self):
        bulk = self._bulk(self.contract)
        self._simulate(bulk)
        bulk.action_run()
        bulk.action_stop()
        self.assertEqual(bulk.state, "stopped")
        bulk.missing_line = "add"
        self.assertEqual(bulk.state, "draft")
        with self.assertRefused(UserError, "Simulate it first"):
            bulk.action_run()

    def test_nothing_is_changed_while_it_works(self):
        bulk = self._bulk(self.contract)
        bulk.action_simulate()
        with self.assertRefused(UserError, "Stop it first"):
            bulk.missing_line = "add"
        with self.assertRefused(UserError, "Stop it first"):
            bulk.unlink()
        bulk.action_stop()
        self.assertEqual(bulk.state, "draft")
        with self.assertRefused(UserError, "Simulate it first"):
            bulk.action_run()

    def test_the_same_number_of_queries_for_more_contracts(self):
        def queries(contracts):
            bulk = self._bulk(contracts)
            bulk.action_simulate()
            counts = []
            for _phase in ("simulating", "running"):
                self._end_of_request()
                before = self.env.cr.sql_log_count
                self.env["sva.bulk.operation"].browse(bulk.id)._next_batch()
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - before)
                self._work()
                if bulk.ready_count:
                    bulk.action_run()
            self.assertEqual(bulk.done_count, len(contracts))
            return counts

        queries(self._some(2))  # warms up
        few = queries(self._some(5, first=20))
        many = queries(self._some(25, first=40))
        self.assertLessEqual(many[0], few[0] + 3)
        self.assertLessEqual(many[1], few[1] + 10)

    def test_a_batch_reads_its_own_rows_only(self):
        self.startPatcher(patch.object(sva_bulk_operation, "BATCH_SIZE", 2))
        bulk = self._bulk(self._some(6))
        bulk.action_simulate()
        self._end_of_request()
        self.assertEqual(
            self.env["sva.bulk.operation"].browse(bulk.id)._next_batch(), 2
        )
        rows = self.env["sva.bulk.operation.line"]
        self.assertEqual(len(rows._fields["bulk_id"]._get_cache(self.env)), 2)

    def test_the_contracts_steps(self):
        contracts = self._some(2)
        bulk = self._bulk(contracts, "block")
        with self.assertRefused(UserError, "Say why"):
            bulk.action_simulate()
        bulk.reason = "Mudança de torre"
        contracts[0].action_block("Outra coisa")
        self._simulate(bulk)
        self.assertRow(bulk, contracts[0], "nothing")
        self._run(bulk)
        self.assertEqual(contracts[1].access_status, "manually_blocked")
        self.assertEqual(contracts[1].status_reason, "Mudança de torre")
        self.assertEqual(contracts[0].status_reason, "Outra coisa")
        bulk = self._bulk(contracts, "release")
        self._simulate(bulk)
        self._run(bulk)
        self.assertEqual(set(contracts.mapped("access_status")), {"active"})

    def test_the_users_switch_and_look(self):
        contracts = self._some(2)
        user = self._sva_user(contracts[0])
        self._run_engine()
        bulk = self._bulk(contracts, "sync")
        self._simulate(bulk)
        self.assertRow(bulk, contracts[1], "problem", "no SVA user")
        self._run(bulk)
        self.assertEqual(user.sync_state, "pending")
        bulk = self._bulk(contracts, "deactivate")
        self._simulate(bulk)
        self._run(bulk)
        self.assertTrue(user.manually_disabled)
        again = self._bulk(contracts, "deactivate")
        self._simulate(again)
        self.assertRow(again, contracts[0], "nothing")

    def test_who_may(self):
        clerk = self._operator()
        with self.assertRefused(AccessError, ""):
            self.contract.with_user(clerk).action_sva_bulk()
        bulk = self._bulk(self.contract)
        with self.assertRefused(UserError, ""):
            bulk.state = "done"
        with self.assertRefused(AccessError, ""):
            bulk.line_ids.write({"state": "ready"})

    def test_rights_that_were_lost(self):
        bulk = self._bulk(self.contract)
        bulk.action_simulate()
        self.manager.group_ids = self.env.ref("base.group_user")
        self._work()
        row = bulk.sudo().line_ids
        self.assertEqual((row.state, bulk.sudo().state), ("problem", "simulated"))

    def test_contracts_of_several_companies(self):
        branch = self.env["res.company"].create({"name": "Filial"})
        self.manager.company_ids += branch
        other = self._contract(
            self._customer("Ana", CPFS[1]), self.internet, company_id=branch.id
        )
        contracts = self.contract | other
        with self.assertRefused(UserError, "one company"):
            contracts.with_user(self.manager).with_context(
                allowed_company_ids=self.manager.company_ids.ids
            ).action_sva_bulk()
