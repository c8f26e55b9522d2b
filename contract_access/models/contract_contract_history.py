# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What has happened to a contract, for Procon, Anatel or a court."""

from dataclasses import dataclass
from datetime import datetime, time

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import format_date, format_datetime, html2plaintext

from ..remote import on_records

#: the fields whose changes tell the contract's life
TOLD = (
    "contract_status",
    "access_status",
    "no_block_until",
    "blocked_on",
    "automatic_block",
    "automatic_cancellation",
)


@dataclass
class Entry:
    """A step, as it stands in the history.

    :param when: a naive datetime in UTC; a date's midnight where no hour is known
    :param shown: the same, written where the company is
    :param text: what is known of it, in sentences
    :param body: what was sent, as HTML
    """

    when: datetime
    shown: str
    author: str
    title: str
    text: str = ""
    body: str = ""


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def write(self, vals):
        if not vals.keys().isdisjoint(TOLD):
            # what may be asked for in court is told, whatever context a program gives
            self = self.with_context(tracking_disable=False, mail_notrack=False)
        return super().write(vals)

    @on_records
    def action_print_history(self):
        """Print the history of these contracts.

        :return: a report action
        """
        return self.env.ref("contract_access.report_contract_history").report_action(
            self
        )

    def _printed_on(self):
        """Now, written as the steps are."""
        tz = self.company_id._time_zone()
        return format_datetime(self.env, fields.Datetime.now(), tz=tz)

    def _history(self):
        """The contract's notices, steps, invoices and payments, the oldest first.

        :return: a list of :class:`Entry`
        :raises AccessError: the user may not read the contract, or is a customer
        """
        self.ensure_one()
        self.check_access("read")
        if not self.env.user._is_internal():
            # a customer reads the contract, but neither people's names nor reasons
            raise AccessError(
                self.env._("The history of a contract is for the provider's people.")
            )
        # sudo: a customer's invoices and payments, on paper for those who may not open
        # them; nothing but what concerns this contract
        contract = self.sudo().with_context(tz=self.company_id._time_zone())
        entries = [
            *contract._told_notices(),
            *contract._told_steps(),
            *contract._told_money(),
            *contract._told_disputes(),
        ]
        return sorted(entries, key=lambda entry: entry.when)

    def _told_notices(self):
        for notice in self.notice_ids:
            texts = [
                f"{notice._selection_label('channel')}: {notice.recipient or ''}",
                notice.partner_id.name,
                notice._selection_label("state"),
                notice.delivered_on and format_date(self.env, notice.delivered_on),
                notice.failure_reason,
                notice.amount and notice.currency_id.format(notice.amount),
            ]
            yield self._told(
                notice.date,
                notice.user_id.name,
                self.env._("Notice: %s", notice._selection_label("kind")),
                texts,
                notice.body,
            )

    def _told_steps(self):
        for message in self.message_ids:
            changes = message.tracking_value_ids.filtered(
                lambda value: value.field_id.name in TOLD
            )
            if not changes:
                continue
            texts = [self._told_change(value) for value in changes]
            yield self._told(
                message.date,
                message.author_id.name,
                html2plaintext(message.body or "") or self.env._("Change"),
                texts,
            )

    @staticmethod
    def _told_change(value):
        kind = value.field_id.ttype
        [before], [after] = (
            value._format_display_value(kind, new) for new in (False, True)
        )
        return f"{value.field_id.field_description}: {before or '–'} → {after or '–'}"

    def _told_money(self):
        for invoice in self._invoices_that_count():
            yield self._told_day(
                invoice.invoice_date,
                invoice.create_uid.name,
                self.env._("Invoice %s", invoice.name),
                [
                    self.env._(
                        "%(amount)s, due on %(day)s",
                        amount=invoice.currency_id.format(invoice.amount_total),
                        day=format_date(self.env, invoice.invoice_date_due),
                    ),
                    invoice.is_disputed
                    and self.env._("Disputed: %s", invoice.dispute_reason),
                ],
            )
            for day, author, amount, name in self._payments(invoice):
                yield self._told_day(
                    day,
                    author,
                    self.env._("Payment of %s", invoice.name),
                    [invoice.currency_id.format(amount), name],
                )

    def _told_disputes(self):
        for invoice in self._invoices_that_count():
            for message in invoice.message_ids:
                values = {
                    value.field_id.name: value for value in message.tracking_value_ids
                }
                if "is_disputed" not in values:
                    continue
                if values["is_disputed"].new_value_integer:
                    title = self.env._("Invoice %s is disputed", invoice.name)
                else:
                    title = self.env._("The dispute of %s is decided", invoice.name)
                reason = values.get("dispute_reason")
                yield self._told(
                    message.date,
                    message.author_id.name,
                    title,
                    [reason and reason.new_value_char],
                )

    def _payments(self, invoice):
        """What was paid of an invoice: day, who booked it, amount, number."""
        partials, _exchanges = invoice._get_reconciled_invoices_partials()
        for _partial, amount, entry in partials:
            yield entry.date, entry.create_uid.name, amount, entry.move_id.name
        # where payments post without an entry
        for payment in invoice.matched_payment_ids.filtered(
            lambda row: not row.move_id
        ):
            yield payment.date, payment.create_uid.name, payment.amount, payment.name

    def _told(self, when, author, title, texts, body=""):
        shown = format_datetime(self.env, when, tz=self.env.context["tz"])
        text = "; ".join(filter(None, texts))
        return Entry(when, shown, author or "", title, text, body or "")

    def _told_day(self, day, author, title, texts):
        """What is known by its day only."""
        text = "; ".join(filter(None, texts))
        when = datetime.combine(day, time.min)
        return Entry(when, format_date(self.env, day), author or "", title, text)
