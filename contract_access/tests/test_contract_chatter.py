# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a step leaves in the chatters of many contracts."""

from odoo.tests import tagged

from .common import ContractCase


@tagged("post_install", "-at_install")
class TestContractChatter(ContractCase):
    def setUp(self):
        super().setUp()
        # tests are not tracked, unless they want to be
        self.env = self.env(context={})

    def _many(self, count):
        contracts = self.env["contract.contract"].union(
            *(
                self._contract(self.env["res.partner"].create({"name": f"C {number}"}))
                for number in range(count)
            )
        )
        self._end_of_request()
        return contracts

    def test_each_has_one_note_of_a_step(self):
        contracts = self._many(3)
        newest = self.env["mail.message"].search([], limit=1, order="id desc").id
        contracts.action_block("fraud")
        self._end_of_request()
        notes = self.env["mail.message"].search([("id", ">", newest)])
        self.assertEqual(sorted(notes.mapped("res_id")), sorted(contracts.ids))
        for note in notes:
            self.assertEqual(note.model, "contract.contract")
            self.assertEqual(note.author_id, self.env.user.partner_id)
            self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
            self.assertIn("fraud", note.body)
            changed = note.sudo().tracking_value_ids
            self.assertIn("access_status", changed.field_id.mapped("name"))

    def test_many_take_the_queries_of_a_few(self):
        def queries(count):
            contracts = self._many(count)
            before = self.env.cr.sql_log_count
            contracts.action_block()
            self._end_of_request()
            return self.env.cr.sql_log_count - before

        queries(2)
        self.assertLessEqual(queries(30), queries(5) + 10)
