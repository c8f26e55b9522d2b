# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is done to many contracts at once."""

from functools import partial

from odoo.tests import tagged

from .common import CPFS, ContractCase


@tagged("post_install", "-at_install")
class TestBulkSteps(ContractCase):
    def setUp(self):
        super().setUp()
        self.env = self.env(context={**self.env.context, "tracking_disable": False})
        self.customers = [
            self._customer(f"Cliente {number}", cpf)
            for number, cpf in enumerate(CPFS[1:])
        ]

    def _contracts(self, count):
        contracts = self.env["contract.contract"].union(
            *(
                self._contract(self.customers[number % len(self.customers)])
                for number in range(count)
            )
        )
        self._end_of_request()
        return contracts

    def _per_contract(self, work, few=10, many=30):
        """The queries that each further contract takes."""

        def request(contracts):
            work(contracts)
            self._end_of_request()

        some, more = (
            self._queries(partial(request, self._contracts(count)))
            for count in (few, many)
        )
        return (more - some) / (many - few)

    def test_each_has_one_note_of_a_step(self):
        contracts = self._contracts(3)
        messages = self.env["mail.message"]
        for step, words in (
            (lambda: contracts.action_block("fraud"), "(?s)Blocked by hand.*fraud"),
            (contracts.action_release, "Released"),
        ):
            newest = messages.search([], limit=1, order="id desc").id
            step()
            self._end_of_request()
            notes = messages.search(
                [("id", ">", newest), ("message_type", "=", "notification")]
            )
            self.assertEqual(sorted(notes.mapped("res_id")), sorted(contracts.ids))
            for note in notes:
                self.assertEqual(note.model, "contract.contract")
                self.assertEqual(note.author_id, self.env.user.partner_id)
                self.assertEqual(note.subtype_id, self.env.ref("mail.mt_note"))
                self.assertRegex(note.body, words)
                changed = note.sudo().tracking_value_ids
                self.assertIn("access_status", changed.field_id.mapped("name"))

    def test_it_takes_what_odoo_takes_for_the_line(self):
        def write(contracts):
            contracts.sudo().write({"automatic_block": False})

        def block_and_release(contracts):
            contracts.action_block()
            self._end_of_request()
            contracts.action_release()

        self._per_contract(write, 1, 2)  # fills the caches
        yardstick = self._per_contract(write)
        self.assertLessEqual(
            self._per_contract(lambda contracts: contracts.action_block()),
            yardstick + 0.2,
        )
        self.assertLessEqual(self._per_contract(block_and_release), 2 * yardstick + 1)
