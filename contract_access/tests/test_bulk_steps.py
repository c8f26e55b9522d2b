# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What is done to many contracts at once."""

from contextlib import contextmanager

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

    @contextmanager
    def _counted(self):
        """The number of queries of a request."""
        counts = []
        before = self.env.cr.sql_log_count
        yield counts
        self._end_of_request()
        counts.append(self.env.cr.sql_log_count - before)

    def _per_contract(self, work, few=10, many=30):
        """The queries that each further contract takes."""
        numbers = []
        for count in (few, many):
            contracts = self._contracts(count)
            with self._counted() as counts:
                work(contracts)
            numbers += counts
        return (numbers[1] - numbers[0]) / (many - few)

    def test_one_line_for_each_contract(self):
        contracts = self._contracts(4)
        messages = self.env["mail.message"]
        for step in (contracts.action_block, contracts.action_release):
            before = messages.search([], order="id desc", limit=1)
            step()
            self._end_of_request()
            lines = messages.search(
                [("id", ">", before.id), ("message_type", "=", "notification")]
            )
            self.assertEqual(set(lines.mapped("model")), {"contract.contract"})
            self.assertEqual(sorted(lines.mapped("res_id")), sorted(contracts.ids))

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
