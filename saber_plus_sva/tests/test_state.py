# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The user's state follows the contract and its lines."""

from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo.tests import tagged

from ..models import sva_user
from .common import CPFS, SvaCase, state_table


@tagged("post_install", "-at_install")
class TestState(SvaCase):
    def setUp(self):
        super().setUp()
        self.user = self._sva_user()
        self.line = self.contract.contract_line_ids.filtered(
            lambda line: line.service_type == "sva"
        )
        self.today = self.contract._today()

    def test_the_table(self):
        days = {"running": (-9, 9), "upcoming": (1, 9), "ended": (-9, -1)}
        for (contract, access, line, switch), state in state_table().items():
            with self.subTest(contract=contract, access=access, line=line, on=switch):
                self.contract.write(
                    {"contract_status": contract, "access_status": access}
                )
                start, end = (self.today + timedelta(days=day) for day in days[line])
                self.line.write(
                    {
                        "date_start": start,
                        "date_end": end,
                        "recurring_next_date": start,
                    }
                )
                self.user.sudo().manually_disabled = switch == "off"
                self.assertEqual(self.user.state, state)

    def test_the_day_looks_at_those_whose_day_has_come(self):
        other = self._sva_user(self._contract(self._customer("José", CPFS[1])))
        users = self.user + other
        self.line.date_end = self.today
        other.contract_id.contract_line_ids.date_end = self.today
        self.env.flush_all()
        looked_at = []
        derive = type(users)._rederive_state

        def spy(rows):
            looked_at.append(rows)
            return derive(rows)

        with (
            patch.object(sva_user, "DAY_SIZE", 1),
            patch.object(type(users), "_rederive_state", spy),
        ):
            self._run_daily_action()
            self.assertFalse(looked_at)
            self.assertEqual({*users.mapped("state")}, {"active"})
            with freeze_time(f"{self.today + timedelta(days=1)} 15:00:00"):
                self._run_daily_action()
                self.assertEqual({*looked_at}, {self.user, other})
                self.assertEqual({*users.mapped("state")}, {"disabled"})
                # each once
                self._run_daily_action()
                self.assertEqual(len(looked_at), 2)

    def test_the_line_is_cancelled_replaced_or_deleted(self):
        self.line.cancel()
        self.assertEqual(self.user.state, "disabled")
        self.line.uncancel(self.today)
        self.assertEqual(self.user.state, "active")
        self.line.product_id = self.internet
        self.assertEqual(self.user.state, "disabled")
        self.line.product_id = self.product
        self.assertEqual(self.user.state, "active")
        self.line.cancel()
        self.line.unlink()
        self.assertEqual(self.user.state, "disabled")

    def test_today_is_the_companys(self):
        self.env.company.partner_id.tz = "America/Sao_Paulo"
        with freeze_time("2026-03-02 01:30:00"):
            self.assertEqual(str(self.contract._today()), "2026-03-01")
