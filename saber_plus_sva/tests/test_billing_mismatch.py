# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The worklist of what is billed without access, and used without a bill."""

from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import SQL

from .common import CPFS, SvaCase


@tagged("post_install", "-at_install")
class TestBillingMismatch(SvaCase):
    def _reasons(self, contract=None):
        rows = self.env["sva.billing.mismatch"].search(
            [("contract_id", "=", (contract or self.contract).id)]
        )
        self.env.invalidate_all()
        return rows.mapped("reason")

    def test_invoiced_without_an_active_user(self):
        self.assertEqual(self._reasons(), ["no_user"])
        self.assertEqual(self._sva_line().sva_mismatch, "no_user")
        self.assertIn("there is no SVA user", self.contract.sva_mismatches)
        user = self._sva_user()
        self.assertFalse(self._reasons())
        user.action_deactivate()
        self.assertEqual(self._reasons(), ["switched_off"])
        user.action_activate()
        self._sva_line().quantity = 3
        self.assertEqual(self._reasons(), ["quantity"])

    def test_opening_a_contract_takes_no_look_at_all_of_them(self):
        asked = []
        cursor = type(self.env.cr)
        execute = cursor.execute

        def note(cr, query, params=None, log_exceptions=True):
            if isinstance(query, SQL) and "running AS" in query.code:
                asked.append(query)
            return execute(cr, query, params, log_exceptions)

        for record, name in (
            (self.contract, "sva_mismatches"),
            (self.contract, "lacks_sva_user"),
            (self._sva_line(), "sva_mismatch"),
        ):
            self.env.flush_all()
            self.env.invalidate_all()
            asked.clear()
            with self.subTest(name), patch.object(cursor, "execute", note):
                self.assertTrue(record[name])
                [query] = asked
                plan = self.env.execute_query(SQL("EXPLAIN %s", query))
                self.assertNotIn("CTE running", "".join(row for (row,) in plan))

    def test_used_without_a_bill(self):
        user = self._sva_user()
        line = self._sva_line()
        line.price_unit = 0
        self.assertEqual(self._reasons(), ["free"])
        line.write({"price_unit": 9, "discount": 100})
        self.assertEqual(self._reasons(), ["free"])
        line.discount = 10
        self.assertFalse(self._reasons())
        # nothing makes it so but a fault, which the nightly check mends
        line.date_end = self.contract._today() - timedelta(days=1)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE sva_user SET state = 'active' WHERE id = %s", [user.id]
        )
        self.env.invalidate_all()
        self.assertEqual(self._reasons(), ["not_sold"])
        row = self.env["sva.billing.mismatch"].search([("sva_user_id", "=", user.id)])
        self.assertEqual(row.action_mend()["res_id"], user.id)

    def test_not_while_there_is_no_access(self):
        for status in ("block", "withdraw"):
            contract = self._contract(self._customer("José", CPFS[1]))
            getattr(contract, f"action_{status}")("x")
            self.assertFalse(self._reasons(contract))

    def test_the_buttons(self):
        clerk = self._operator()
        rows = self.env["sva.billing.mismatch"].with_user(clerk)
        domain = [("contract_id", "=", self.contract.id)]
        action = rows.search(domain).action_mend()
        self.assertEqual(action["res_model"], "sva.user")
        user = self._sva_user()
        user.action_deactivate()
        self.env.invalidate_all()
        action = rows.search(domain).action_mend()
        self.assertEqual((action["res_model"], action["res_id"]), ("sva.user", user.id))
        user.action_activate()
        self._sva_line().quantity = 2
        self.env.invalidate_all()
        action = rows.search(domain).action_mend()
        self.assertEqual(action["res_id"], self.contract.id)

    def test_of_ones_own_company_only(self):
        clerk = self._operator()
        self.assertTrue(
            self.env["sva.billing.mismatch"].with_user(clerk).search_count([])
        )
        nobody = self._operator("test_nobody", "base.group_user")
        with self.assertRefused(AccessError, ""):
            self.env["sva.billing.mismatch"].with_user(nobody).search_count([])
        branch = self.env["res.company"].create({"name": "Filial"})
        clerk.write({"company_ids": [Command.set(branch.ids)], "company_id": branch.id})
        rows = self.env["sva.billing.mismatch"].with_user(clerk)
        self.assertFalse(rows.search_count([("contract_id", "=", self.contract.id)]))

    def test_the_nightly_check_tells_who_is_responsible(self):
        def told():
            return self.integration.activity_search(["saber_plus_sva.activity_billing"])

        self._end_of_request()
        self.env["sva.reconciliation"]._cron_reconcile()
        self.assertTrue(told())
        self._sva_user()
        self._end_of_request()
        self.env["sva.reconciliation"]._cron_reconcile()
        self.assertFalse(told())
