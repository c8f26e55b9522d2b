# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A payment, and dunning at the same moment."""

from odoo.tests import tagged

from .common import RaceCase


@tagged("post_install", "-at_install")
class TestRaces(RaceCase):
    def setUp(self):
        super().setUp()
        self._switch_dunning_on()
        self._commit()

    def _owe(self, days):
        invoice = self._invoice(self.contract, days)
        self._commit()
        return invoice

    def _settle(self, invoice):
        def pay(env):
            wizard = env["account.payment.register"].with_context(
                active_model="account.move", active_ids=invoice.ids
            )
            wizard.create({})._create_payments()

        return pay

    def _move(self, env):
        env["contract.dunning"]._move_batch(self.contract.ids)

    def test_a_payment_beside_the_block(self):
        for order in (1, -1):
            with self.subTest(order=order):
                invoice = self._owe(20)
                self._side_by_side(*[self._settle(invoice), self._move][::order])
                self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_beside_the_termination(self):
        invoice = self._owe(80)
        self._side_by_side(self._settle(invoice), self._move)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertFalse(self.contract.is_terminated)

    def test_without_a_payment_it_is_blocked(self):
        self._owe(20)
        self._side_by_side(lambda env: None, self._move)
        self.assertStatusPair(self.contract, "active", "auto_blocked")
