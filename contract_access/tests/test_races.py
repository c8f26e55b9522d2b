# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A payment, and dunning at the same moment."""

from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import RaceCase


@tagged("post_install", "-at_install")
class TestRaces(RaceCase):
    def setUp(self):
        super().setUp()
        self._switch_dunning_on()
        self._commit()

    def test_a_payment_beside_the_block(self):
        for order in (1, -1):
            with self.subTest(order=order):
                invoice = self._owe(self._invoice(self.contract, 20))
                self._side_by_side(*[self._settle(invoice), self._move][::order])
                self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_beside_the_termination(self):
        invoice = self._owe(self._invoice(self.contract, 20))
        self._dun()
        self.contract.blocked_on -= timedelta(days=60)
        self._commit()
        self._side_by_side(self._settle(invoice), self._move)
        self.assertStatusPair(self.contract, "active", "active")
        self.assertFalse(self.contract.is_terminated)

    def test_without_a_payment_it_is_blocked(self):
        self._owe(self._invoice(self.contract, 20))
        self._side_by_side(lambda env: None, self._move)
        self.assertStatusPair(self.contract, "active", "auto_blocked")

    def test_what_falls_due_later_is_told_once(self):
        self._invoice(self.contract, 20)
        self._dun()
        self._invoice(self.contract, 10)
        self._commit()
        before = self.contract.notice_ids
        self._side_by_side(self._move, self._move)
        self.assertEqual(len(self.contract.notice_ids - before), 1)

    def test_a_bounce_beside_the_block(self):
        self._owe(self._invoice(self.contract, 20))
        [notice] = self.contract.notice_ids

        def bounce(env):
            notice.with_env(env)._message_receive_bounce("x", env["res.partner"])

        self._side_by_side(bounce, self._move)
        self.assertStatusPair(self.contract, "active", "overdue")
        self.assertFalse(self.contract.blocked_on)

    def test_a_dispute_beside_the_block(self):
        invoice = self._owe(self._invoice(self.contract, 20))

        def dispute(env):
            values = {"is_disputed": True, "dispute_reason": "Em dobro"}
            invoice.with_env(env).write(values)

        self._side_by_side(dispute, self._move)
        self.assertStatusPair(self.contract, "active", "active")

    def test_a_payment_beside_the_invoicing(self):
        contracts = self.contract
        for _more in range(2):
            contracts |= self._contract(self.customer)
        payments = [self._settle(self._invoice(self.contract, 5))]
        self._commit()
        before = {row: len(row._get_related_invoices()) for row in contracts}
        create = type(contracts)._cron_recurring_create

        def create_beside_a_payment(model, *arguments, **options):
            model.search_count([])  # what it sees of the others ends here
            if payments:
                with self.registry.cursor() as desk:
                    payments.pop()(self.env(cr=desk))
            return create(model, *arguments, **options)

        with (
            patch.object(
                type(contracts), "_cron_recurring_create", create_beside_a_payment
            ),
            patch(
                "odoo.service.model.random", SimpleNamespace(uniform=lambda *_range: 0)
            ),
            mute_logger(
                "odoo.sql_db",
                "odoo.service.model",
                "odoo.addons.contract.models.contract",
            ),
        ):
            self._invoicing().cron_recurring_create_invoice()
        for contract in contracts:
            self.assertEqual(
                len(contract._get_related_invoices()), before[contract] + 1
            )

    def test_a_payment_in_time_waits_for_nobody(self):
        invoice = self._invoice(self.contract)
        self._commit()

        def version():
            query = "SELECT xmin FROM contract_contract WHERE id = %s"
            self.env.cr.execute(query, [self.contract.id])
            return self.env.cr.fetchone()

        before = version()
        self._settle(invoice)(self.env)
        self._commit()
        self.assertEqual(invoice.payment_state, "paid")
        self.assertEqual(version(), before)
