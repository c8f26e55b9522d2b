# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Random histories of contracts, on a platform that stumbles, crashes and forgets.

After each event the state is what the table says, and once the trouble is over the
platform holds the same.
"""

import itertools
from contextlib import suppress
from datetime import timedelta

from freezegun import freeze_time
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from ..engine.converge import converge_user
from .common import FULL, SvaCase, state_table

TABLE = state_table()


def by_the_table(contract, user, today):
    """What the state table of the design says of the records."""
    lines = [
        line
        for line in contract.contract_line_ids
        if line.product_id == user.product_id and not line.is_canceled
    ]
    left = [line for line in lines if not line.date_end or line.date_end >= today]
    running = [line for line in left if line.date_start <= today]
    return TABLE[
        contract.contract_status if contract.active else "inactive",
        contract.access_status,
        "running" if running else "upcoming" if left else "ended",
        "off" if user.manually_disabled else "on",
    ]


@tagged("post_install", "-at_install")
class TestContractMachine(SvaCase):
    def test_random_histories(self):
        """Each history starts with the same contract, and is undone at its end."""
        self._switch_dunning_on()
        self.env.company.write(
            {
                "contract_release_limit": 0,
                "contract_notify_blocked": False,
                "contract_suspension_months": 0,
            }
        )
        self.courses = self._sva_product("Saber+ Cursos", self._package("SABER-CURSOS"))
        self.env.flush_all()
        run_state_machine_as_test(
            lambda: _Machine(self),
            settings=settings(
                max_examples=60 if FULL else 4,
                stateful_step_count=20,
                deadline=None,
                database=None,
                derandomize=True,
                # a history is short, and to look for a shorter one takes minutes
                phases=[Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )


class _Machine(RuleBasedStateMachine):
    def __init__(self, case):
        super().__init__()
        self.case = case
        self.today = case.contract._today()
        self.clock = None
        self._set_clock()
        case.sandbox.reset()
        case.contract = case._contract(case._customer("Maria da Silva", "52998224725"))
        self.contract = case.contract
        self.user = case._sva_user()
        self.invoices = []
        self.numbers = itertools.count()
        self.access = "active"
        self.blocked_since = None
        self.trouble = self.meddled = False

    def teardown(self):
        self.clock.stop()
        # the next history's customer has the same CPF
        self.case.env.cr.execute(
            "UPDATE sva_user SET cpf_cnpj = external_ref WHERE id = %s", [self.user.id]
        )
        self.case.env.invalidate_all()

    def _set_clock(self):
        if self.clock:
            self.clock.stop()
        self.clock = freeze_time(f"{self.today} 15:00:00")
        self.clock.start()

    def _try(self, action, *arguments):
        """An operator presses a button; a refusal changes nothing."""
        with suppress(UserError), self.case.env.cr.savepoint():
            action(*arguments)
        self.case._end_of_request()

    # time

    # named twice, to be drawn twice as often: nothing happens without it
    @rule(days=st.sampled_from([1, 2, 5]))
    def a_few_days_pass(self, days):
        self.days_pass(days)

    @rule(days=st.sampled_from([1, 14, 30, 61]))
    def days_pass(self, days):
        self.today += timedelta(days=days)
        self._set_clock()
        self.case._dun()

    # money

    @rule(days=st.sampled_from([0, 1, 15, 80]))
    @precondition(lambda self: len(self.invoices) < 3)
    def an_invoice_falls_due(self, days):
        self.invoices.append(self.case._invoice(self.contract, days))
        self.case._end_of_request()

    @rule(part=st.sampled_from([0.5, 1]))
    @precondition(lambda self: self.invoices)
    def the_customer_pays(self, part):
        invoice = self.invoices.pop()
        self.case._pay(invoice, invoice.amount_residual * part)

    @rule()
    @precondition(lambda self: self.invoices)
    def an_invoice_is_cancelled(self):
        invoice = self.invoices.pop()
        invoice.button_draft()
        invoice.button_cancel()
        self.case._end_of_request()

    @rule()
    @precondition(lambda self: self.invoices)
    def an_invoice_is_disputed_or_that_is_decided(self):
        invoice = self.invoices[0]
        invoice.write({"is_disputed": not invoice.is_disputed, "dispute_reason": "x"})
        self.case._end_of_request()

    # notices

    @rule()
    def the_notices_arrive(self):
        outgoing = self._notices("outgoing")
        outgoing._delivered()
        self.case._end_of_request()

    @rule()
    def a_notice_fails(self):
        self._notices("outgoing")._failed(lambda notice: "no")
        self.case._end_of_request()

    @rule()
    def a_notice_comes_back(self):
        for notice in self._notices("sent")[:1]:
            notice._message_receive_bounce(notice.recipient, notice.partner_id)
        self.case._end_of_request()

    @rule()
    def the_address_is_corrected(self):
        address = f"maria{next(self.numbers)}@example.com"
        self.contract.partner_id.email = address
        self.case._end_of_request()

    @rule(days=st.sampled_from([1, 5]))
    def a_promise(self, days):
        self._try(self.contract.action_promise, self.today + timedelta(days=days))

    def _notices(self, state):
        return self.contract.notice_ids.filtered(lambda notice: notice.state == state)

    # operators

    @rule(
        name=st.sampled_from(
            [
                "action_activate_contract",
                "action_block",
                "action_release",
                "action_blacklist",
                "action_withdraw",
                "action_reactivate",
                "action_cancel_contract_termination",
            ]
        )
    )
    def a_button(self, name):
        self._try(getattr(self.contract, name))

    @rule(name=st.sampled_from(["action_activate", "action_deactivate"]))
    def the_switch(self, name):
        self._try(getattr(self.user, name))

    @rule(days=st.sampled_from([-1, 0, 5]))
    def terminate(self, days):
        self._try(
            self.contract._terminate_contract,
            self.case.reason,
            False,
            self.today + timedelta(days=days),
            True,
        )

    @rule()
    def archive_or_restore(self):
        self.contract.active = not self.contract.active
        self.case._end_of_request()

    # lines

    @rule(days=st.sampled_from([0, 3]))
    def stop_the_line(self, days):
        for line in self._lines("is_stop_allowed"):
            self._try(line.stop, self.today + timedelta(days=days))

    @rule()
    def cancel_the_line(self):
        for line in self._lines("is_cancel_allowed"):
            self._try(line.cancel)

    @rule()
    def uncancel_the_line(self):
        for line in self._lines("is_un_cancel_allowed"):
            self._try(line.uncancel, self.today)

    @rule()
    def suspend_the_line(self):
        for line in self._lines("is_stop_plan_successor_allowed"):
            start, end = self.today + timedelta(days=1), self.today + timedelta(days=9)
            self._try(line.stop_plan_successor, start, end, False)

    @rule(first=st.sampled_from([0, 3]), days=st.sampled_from([30, 60]))
    def the_customer_asks_for_a_suspension(self, first, days):
        start = self.today + timedelta(days=first)
        self._try(self.contract.action_suspend, start, start + timedelta(days=days - 1))

    @rule()
    def the_suspension_is_ended(self):
        self._try(self.contract.action_end_suspension)

    @rule()
    def sell_it_again(self):
        values = self.case._line_values(
            self.case.product,
            contract_id=self.contract.id,
            date_start=self.today,
            recurring_next_date=self.today,
        )
        self._try(self.case.env["contract.line"].create, values)

    @rule()
    def change_the_product(self):
        products = [self.case.internet, self.case.product, self.case.courses]
        for line in self._lines("product_id"):
            product = products[products.index(line.product_id) - 1]
            self._try(line.write, {"product_id": product.id})
        self.case._end_of_request()

    def _lines(self, flag):
        lines = self.contract.contract_line_ids.filtered(flag)
        return lines.filtered(lambda line: line.name == self.case.product.name)[:1]

    # trouble

    @rule(
        operation=st.sampled_from(
            ["*", "createUser", "updateUser", "setUserStatus", "getUser", "listUsers"]
        ),
        fault=st.sampled_from(
            [
                {"kind": "status", "status": 503},
                {"kind": "status", "status": 500, "when": "before"},
                {"kind": "status", "status": 422, "when": "before"},
                {"kind": "rate_limited", "retry_after": 9},
                {"kind": "lost_answer"},
                {"kind": "reset", "when": "before"},
                {"kind": "reset", "when": "after"},
                {"kind": "malformed"},
                {"kind": "truncated"},
                {"kind": "wrong_shape"},
                {"kind": "expired_token"},
                {"kind": "redirect"},
            ]
        ),
        times=st.sampled_from([1, 2, None]),
    )
    def the_platform_stumbles(self, operation, fault, times):
        self.case.sandbox.fault(operation, times=times, **fault)
        self.trouble = True

    @rule(
        buttons=st.permutations(["action_activate", "action_deactivate"]),
        calls=st.booleans(),
    )
    def a_process_dies_with_its_claim(self, buttons, calls):
        """Perhaps after its calls; and before anybody notices, all is different."""
        case = self.case
        self._try(getattr(self.user, buttons[0]))
        claim = case.env["sva.engine"]._claim(case.integration)
        if calls and claim:
            with case.integration._connect() as platform:
                for task in claim.tasks:
                    converge_user(platform, task)
        self._try(getattr(self.user, buttons[1]))
        self.trouble = True

    @rule(status=st.sampled_from(["active", "blocked", "disabled", None]))
    def somebody_meddles_with_the_platform(self, status):
        held = self.case._on_platform(self.user)
        if held and status:
            self.case.sandbox.put_user(held["id"], status=status)
        elif held:
            self.case.sandbox.delete_user(held["id"])
        self.meddled = True

    def _the_trouble_is_over(self):
        """The platform is mended, and time has passed."""
        case = self.case
        case.sandbox.mend()
        case.integration.action_test_connection()
        past = fields.Datetime.now() - timedelta(days=1)
        user = self.user
        user.filtered("next_sync_date").next_sync_date = past
        user.filtered("lease_until").lease_until = past
        case.integration.filtered("paused_until").paused_until = past
        if user.sync_state == "failed":
            user.refused_digest = False
        self.trouble = False

    def _the_night_comes(self):
        self.case.env.flush_all()
        self.case.integration.action_reconcile()
        self.meddled = False

    # what must hold

    @invariant()
    def nothing_is_taken_away_unannounced(self):
        """Fifteen days after a delivered notice of a debt that is still open; sixty
        days after the block."""
        before, self.access = self.access, self.contract.access_status
        if self.access != "auto_blocked":
            by_dunning = self.contract.terminate_reason_id.is_automatic
            if self.contract.contract_status == "inactive" and by_dunning:
                assert before in ("auto_blocked", "disabled")
                assert self.today - self.blocked_since >= timedelta(days=60)
            return
        if before == "auto_blocked":
            return
        self.blocked_since = self.today
        announced = self.contract.notice_ids.filtered(
            lambda notice: (
                notice.kind == "debt"
                and notice.state == "sent"
                and notice.delivered_on <= self.today - timedelta(days=15)
            )
        )
        still_open = announced.invoice_ids.filtered(
            lambda invoice: (
                invoice.state == "posted"
                and invoice.amount_residual
                and not invoice.is_disputed
            )
        )
        assert still_open, (self.today, announced)

    @invariant()
    def the_state_is_what_the_table_says(self):
        expected = by_the_table(self.contract, self.user, self.today)
        lines = self.contract.contract_line_ids.mapped(
            lambda line: (line.name, line.date_start, line.date_end, line.is_canceled)
        )
        assert self.user.state == expected, (self.today, self.user.state_until, lines)

    @invariant()
    def the_platform_holds_the_same(self):
        self.case._run_engine()
        if self.trouble:
            self._the_trouble_is_over()
            self.case._run_engine()
        if self.meddled:
            self._the_night_comes()
            self.case._run_engine()
        held = self.case._on_platform(self.user)
        if held or self.user.state == "active":
            assert held["status"] == self.user.state, self._sync()
        assert self.user.sync_state == "synced", self._sync()
        assert not self.user.lease_until, self._sync()
        assert len(self.case.sandbox.users()) <= 1
        assert not self.case.integration.activity_ids

    def _sync(self):
        names = ["state", "sync_state", "sync_error", "platform_state", "lease_until"]
        integration = self.case.integration
        return self.user.read(names), integration.read(["connection_error"])
