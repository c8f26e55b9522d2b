# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A contract that ends before the days that were invoiced in advance."""

from collections import defaultdict

from odoo import models
from odoo.tools import format_date

from ..suspension import DAY

#: what the wizard says of these days, in the context: the access goes on, or they are
#: credited
PAID_AHEAD = "contract_paid_ahead"


class ContractContract(models.Model):
    _inherit = "contract.contract"

    def _paid_until(self, day):
        """The last day that was invoiced in advance, if that is after a day."""
        lines = self.contract_line_ids._paid_beyond(day)
        return max(lines.mapped("last_date_invoiced"), default=False)

    def _keep_access_while_paid(self, day):
        """What is terminated for a day may be used until the paid period ends.

        :param day: the day that the contract was terminated for
        """
        paid_until = self._paid_until(day)
        if (
            self.env.context.get(PAID_AHEAD) == "use"
            and self.contract_status in ("active", "pre_contract")
            and paid_until
            and paid_until > self._today()
        ):
            self.sudo().terminate_date = paid_until  # sudo: see TERMINATION_FIELDS

    def _credit_unused_days(self, day):
        """Draft credit notes for what was invoiced in advance beyond the last day.

        By days, of each invoice line's period. Accounting checks and posts them.

        :param day: the last day of the service
        """
        if self.env.context.get(PAID_AHEAD) != "credit":
            return
        # sudo: the front desk ends the service without rights in accounting; nothing is
        # posted
        lines = self.sudo().contract_line_ids._paid_beyond(day)
        lines._keep_days_of_last_invoice()
        unused = defaultdict(lambda: defaultdict(list))
        # those that a suspension has cut are looked at together
        for chain in dict.fromkeys(line._chain() for line in lines):
            charges, _made_up_for = chain._charges()
            for _line, charge in chain._days_of_use(charges):
                rest, row = charge.after(day), charge.source
                is_sold = row.move_id.move_type == "out_invoice"
                if rest and is_sold and not row._is_credited():
                    unused[row.move_id][row].append(rest)
        notes = self.env["account.move"].sudo()
        for invoice, rows in unused.items():
            notes += self._credit_note(invoice, rows)
        lines._remember_before_termination(notes)
        for note in notes:
            self._make_up_for_differences(note, lines)
        for line in lines:
            line.last_date_invoiced = day if day >= line.date_start else False

    def _make_up_for_differences(self, note, lines):
        """What was given back at a former price is worth what it costs now."""
        rows = note.invoice_line_ids.filtered("product_id")
        commands = lines._difference_commands(
            lines._open_differences(),
            [
                {
                    "product_id": row.product_id.id,
                    "price_unit": row.price_subtotal,
                    "quantity": 1,
                }
                for row in rows
            ],
            sign=-1,
        )
        if commands:
            note.invoice_line_ids = commands

    def _credit_note(self, invoice, unused):
        """A draft credit note for days of an invoice's lines that are not used.

        :param unused: lists of :class:`..charges.Charge` by the invoice's line
        """
        customer = invoice.with_context(lang=invoice.partner_id.lang)
        note = customer._reverse_moves(
            [{"invoice_date": self._today(), "date": self._today()}]
        )
        # what makes up for a price is for no days
        sold_as = {(row.contract_line_id, row.service_start): row for row in unused}
        credited = note.invoice_line_ids.filtered(
            lambda row: (row.contract_line_id, row.service_start) in sold_as
        )
        (note.invoice_line_ids - credited).unlink()
        for row in credited:
            sold = sold_as[row.contract_line_id, row.service_start]
            rests = unused[sold]
            whole, days = sold._charge(), sum(rest.days for rest in rests)
            share = days / whole.days
            row.write(
                {
                    "quantity": 1,
                    "price_unit": row.price_unit * row.quantity * share,
                    "service_start": whole.last - (days - 1) * DAY,
                    "service_end": whole.last,
                    "name": customer.env._(
                        "%(product)s: not used from %(start)s to %(end)s",
                        product=row.product_id.display_name or row.name,
                        start=format_date(customer.env, rests[0].first),
                        end=format_date(customer.env, rests[-1].last),
                    ),
                }
            )
        self._have_accounting_check(
            note,
            lambda contract: contract.env._(
                "The contract “%s” has ended before the days that were invoiced.",
                contract.display_name,
            ),
        )
        return note
