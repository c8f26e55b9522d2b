# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The platform is away for an hour, and business goes on."""

from collections import Counter

from freezegun import freeze_time

from odoo import Command
from odoo.tests import tagged

from .common import FULL, SvaCase, cpfs

#: within the hour: several each minute, and more than two batches when it is over
CHANGES = 1000 if FULL else 120


@tagged("post_install", "-at_install")
class TestOutage(SvaCase):
    def setUp(self):
        super().setUp()
        partners = self.env["res.partner"].create(
            [
                {"name": f"Cliente {cpf}", "vat": cpf, "phone": "+5511987654321"}
                for cpf in cpfs(CHANGES)
            ]
        )
        contracts = self.env["contract.contract"].create(
            [
                {
                    "name": partner.name,
                    "partner_id": partner.id,
                    "line_recurrence": True,
                    "contract_line_ids": [
                        Command.create(self._line_values(self.product))
                    ],
                }
                for partner in partners
            ]
        )
        self.users = self.env["sva.user"].create(
            [{"contract_id": contract.id} for contract in contracts]
        )
        self._run_engine()

    def _change(self, users):
        """What happens at the counters: a third is blocked, a third moves, …"""
        for number, user in enumerate(users):
            if number % 3 == 0:
                user.contract_id.action_block()
            elif number % 3 == 1:
                user.phone = "+5511900000000"
            else:
                user.action_deactivate()

    def test_an_hour_with_many_changes(self):
        self.assertEqual(set(self.users.mapped("sync_state")), {"synced"})
        self.sandbox.fault("*", "status", status=503, times=None)
        activities = self.integration.activity_ids
        minutes, share = 60, CHANGES // 60 + 1
        with freeze_time() as clock:
            for minute in range(minutes):
                self._change(self.users[minute * share : (minute + 1) * share])
                self.sandbox.forget()
                self._run_engine()
                calls = Counter(self.sandbox.operations())
                if minute:
                    self.assertLessEqual(calls, Counter(getAccount=1))
                self.assertEqual(len(self.integration.activity_ids), 1)
                activities |= self.integration.activity_ids
                clock.tick(60)
            pending = self.users.filtered(lambda user: user.sync_state == "pending")
            self.assertEqual(len(pending), CHANGES)
            self.assertLessEqual(max(self.users.mapped("sync_attempts")), 1)

            self.sandbox.mend()
            self.sandbox.forget()
            clock.tick(300)
            self._run_engine()
        self.assertEqual(len(activities), 1, "one for the whole incident")
        self.assertFalse(self.integration.activity_ids)
        self.assertEqual(set(self.users.mapped("sync_state")), {"synced"})
        held = self.sandbox.users()
        for user in self.users:
            on_platform = held[user.cpf_cnpj]
            self.assertEqual(
                (on_platform["status"], on_platform["phone"]), (user.state, user.phone)
            )
        # one to see that it is back, one for each change, and a look at what the
        # outage had interrupted
        calls = Counter(self.sandbox.operations())
        self.assertEqual(calls.pop("getAccount"), 1)
        interrupted = calls.pop("listUsers", 0) + calls.pop("getUser", 0)
        self.assertLessEqual(interrupted, self.integration.max_concurrency)
        self.assertEqual(sum(calls.values()), CHANGES)
