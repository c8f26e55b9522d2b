# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Contracts that are lived day by day: what is invoiced, and what may be used."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from freezegun import freeze_time

from odoo import Command
from odoo.exceptions import UserError

from .common import SvaCase, cpfs

PRICE = 30.0


@dataclass
class Life:
    """A contract, and what happens to it.

    :param kind: ``pre-paid`` or ``post-paid``
    :param at: whether the ``line`` has the recurrence, or the ``contract``
    :param created: the day on which it is entered
    :param dunning: what counts as its debt (the company's ``contract_debt_scope``);
        nothing where there is no dunning
    :param steps: what a person does, by day: a word, and what goes with it
    """

    kind: str
    recurrence: str = "monthly"
    interval: int = 1
    at: str = "line"
    created: date = date(2026, 1, 1)
    start: date = date(2026, 1, 1)
    end: date | None = None
    status: str = "active"
    price: float = PRICE
    dunning: str = ""
    steps: dict[date, list[str]] = field(default_factory=dict)


def days(first, last):
    """Each day from the first to the last."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def spans(several):
    """Days as they are written in the table: ``2026-01-01..2026-01-31``, …"""
    written, run = [], []
    for day in sorted(several):
        if run and day != run[-1] + timedelta(days=1):
            written.append(run)
            run = []
        run.append(day)
    written += [run] if run else []
    return " ".join(f"{run[0]}..{run[-1]}" for run in written)


class BillingCase(SvaCase):
    """Lives side by side, because the days are the same for all of them."""

    def setUp(self):
        super().setUp()
        self.cpfs = cpfs(10000, first=500)
        self.other = self._sva_product("Saber+ Cursos", self._package("SABER-CURSOS"))

    def _live(self, lives, first, last):
        """Live them from the first day to the last; dunning is the same for all.

        :return: for each of them its contract, and the days on which the SVA user was
            active in the morning
        """
        # the daily action commits: what lived before is still there
        self.env["contract.contract"].search([]).active = False
        [dunning] = {life.dunning for life in lives}
        if dunning:
            self._switch_dunning_on()
            self.env.company.contract_debt_scope = dunning
        contracts, users, usable = {}, {}, {number: [] for number in range(len(lives))}
        with freeze_time(f"{first} 15:00:00") as clock:
            for day in days(first, last):
                # to begin anew each day takes longer than what happens on most of them
                clock.move_to(f"{day} 15:00:00")
                for number, life in enumerate(lives):
                    if life.created == day:
                        customer = self._customer(f"Cliente {number}", next(self.cpfs))
                        contracts[number] = self._begin_life(life, customer)
                        users[number] = self._sva_user(contracts[number])
                self._morning()
                for number, user in users.items():
                    if user.state == "active":
                        usable[number].append(day)
                for number, life in enumerate(lives):
                    for step in life.steps.get(day, ()):
                        self._step(contracts[number], *step.split())
        return [(contracts[number], usable[number]) for number in contracts]

    def _morning(self):
        """The scheduled actions, and accounting that posts what they made."""
        self.env["contract.contract"].cron_recurring_create_invoice()
        drafts = self.env["account.move"].search(
            [
                ("state", "=", "draft"),
                ("move_type", "=", "out_invoice"),
                ("invoice_line_ids.contract_line_id", "!=", False),
            ]
        )
        if drafts:
            drafts.action_post()
        self._end_of_request()
        self._run_daily_action()
        self._deliver_notices()

    def _begin_life(self, life, customer):
        dates = {"date_start": life.start, "date_end": life.end}
        recurrence = {
            "recurring_rule_type": life.recurrence,
            "recurring_interval": life.interval,
            "recurring_invoicing_type": life.kind,
        }
        line = {
            "product_id": self.product.id,
            "name": self.product.name,
            "price_unit": life.price,
        }
        at_line = life.at == "line"
        return self._contract(
            customer,
            [],
            line_recurrence=at_line,
            contract_status=life.status,
            contract_line_ids=[
                Command.create({**line, **(dates | recurrence if at_line else {})})
            ],
            **({} if at_line else dates | recurrence),
        )

    def _step(self, contract, name, *words):
        getattr(self, f"_step_{name}")(contract, *words)
        self._end_of_request()

    def _step_terminate(self, contract, day, paid_ahead="use"):
        self._terminate(day, contract, paid_ahead=paid_ahead)

    def _step_default(self, contract):
        """As dunning terminates."""
        contract._terminate_contract(
            self.env.ref("contract_access.terminate_reason_default"),
            "75 dias",
            contract._today(),
            terminate_lines_with_last_date_invoiced=True,
        )

    def _step_withdraw(self, contract):
        contract.action_withdraw("Desistiu")

    def _step_blacklist(self, contract):
        contract.action_blacklist("Negativado")

    def _step_block(self, contract):
        contract.action_block("Equipamento")

    def _step_release(self, contract):
        contract.action_release()

    def _step_sign(self, contract):
        contract.action_activate_contract()

    def _step_invoice(self, contract):
        """By hand; where that is refused, the person goes home."""
        try:
            with self.env.cr.savepoint():
                contract.recurring_create_invoice()
        except UserError:
            return

    def _step_pay(self, contract):
        self._pay(contract._get_related_invoices())

    def _step_undo(self, contract):
        """The bank takes the payments back."""
        payments = self.env["account.payment"].search(
            [("partner_id", "=", contract.partner_id.id)]
        )
        payments.action_draft()
        payments.action_cancel()

    def _step_deposit(self, contract, amount):
        """A payment on account that nobody has reconciled."""
        self._pay_on_account(float(amount), contract.partner_id)

    def _step_correct(self, contract):
        """The invoices are set back to draft, and posted as they were."""
        invoices = contract._get_related_invoices()
        invoices.button_draft()
        self._end_of_request()
        invoices.action_post()

    def _step_bill(self, contract, amount, named="named"):
        """An invoice by hand that names the contract, or none."""
        invoice = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": contract.partner_id.id,
                "invoice_date": contract._today(),
                "invoice_date_due": contract._today(),
                "dunning_contract_id": contract.id if named == "named" else False,
                "invoice_line_ids": [
                    Command.create({"name": "Roteador", "price_unit": float(amount)})
                ],
            }
        )
        invoice.invoice_line_ids.tax_ids = False
        invoice.action_post()

    def _step_settle(self, contract):
        """All that the customer was invoiced by hand is paid."""
        self._pay(
            self.env["account.move"].search(
                [
                    ("partner_id", "=", contract.partner_id.id),
                    ("move_type", "=", "out_invoice"),
                    ("payment_state", "=", "not_paid"),
                ]
            )
        )

    def _step_suspend(self, contract, first, last):
        self._sva_line(contract).stop_plan_successor(
            date.fromisoformat(first), date.fromisoformat(last), False
        )

    def _step_upgrade(self, contract, price):
        self._sva_line(contract).write(
            {"product_id": self.other.id, "price_unit": float(price)}
        )

    def _bills(self, contract):
        """Date and amount of what was invoiced and credited."""
        bills = contract._get_related_invoices().filtered(
            lambda bill: bill.state != "cancel"
        )
        return [
            (bill.invoice_date, round(bill.amount_untaxed_signed, 2))
            for bill in bills.sorted(lambda bill: (bill.invoice_date, bill.id))
        ]

    def _paid_days(self, contract):
        """The days that were invoiced, each as often as it was; credited ones apart."""
        paid = []
        sold = contract._get_related_invoices().invoice_line_ids.filtered(
            lambda line: line.parent_state != "cancel" and line.service_start
        )
        for line in sold.filtered(lambda row: row.move_id.move_type == "out_invoice"):
            paid += days(line.service_start, line.service_end)
        for line in sold.filtered(lambda row: row.move_id.move_type == "out_refund"):
            for day in days(line.service_start, line.service_end):
                paid.remove(day)
        return paid
