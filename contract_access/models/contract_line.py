# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What a termination has cut of a line, and what the chatter says of its dates."""

from datetime import timedelta

from markupsafe import Markup

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..exceptions import RefusedError
from ..remote import check_ids, check_rows
from ..rules import NO_SERVICE
from ..suspension import DAY
from ..transaction import (
    commit,
    run,
    run_in_slices,
    together_or_one_by_one,
    words_for,
)

#: the activity that says that a line could not be renewed
NOT_RENEWED = "contract_access.activity_renewal"
#: contracts whose lines are renewed in one transaction
BATCH_SIZE = 100
#: the dates that a termination overwrites
DATES_CUT = ("date_end", "last_date_invoiced", "recurring_next_date")

#: what says where a line's periods begin
RECURRENCE = (
    "date_start",
    "recurring_rule_type",
    "recurring_interval",
    "recurring_invoicing_type",
)
#: what a line takes from its contract, where that has the recurrence
OF_CONTRACT = ("date_end", *RECURRENCE)
#: with one of these, somebody says where the invoices of a line begin
STARTS_ANEW = frozenset({"date_start", "last_date_invoiced", "recurring_next_date"})


class ContractLine(models.Model):
    _inherit = "contract.line"

    date_start = fields.Date(default=lambda self: self.env.company._today())
    # what a termination has overwritten, to be able to undo it
    before_termination = fields.Json(copy=False, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        check_rows(self.env, vals_list)
        return super().create([self._as_its_contract(vals) for vals in vals_list])

    @api.model
    def _as_its_contract(self, vals):
        """Values of a new line, with what its contract says for all of them.

        The fields' defaults would come first: such a line would begin today, never end,
        and be paid before.
        """
        contract = self.env["contract.contract"].browse(vals.get("contract_id"))
        if (
            not contract
            or contract.line_recurrence
            # what goes on with another line has that one's
            or vals.get("predecessor_contract_line_id")
        ):
            return vals
        own = {name: contract[name] for name in OF_CONTRACT if not vals.get(name)}
        return {**vals, **{name: value for name, value in own.items() if value}}

    @api.private
    @api.model
    def cron_renew_contract_line(self):
        """OCA's scheduled action, in transactions of few lines each.

        One that cannot be renewed stops no other, and a person is told of it. Within
        somebody's own transaction nothing is committed.
        """
        if not self.env.context.get("ir_cron_progress_id"):
            return super().cron_renew_contract_line()
        contracts = self.search(self._contract_line_to_renew_domain()).contract_id
        commit(self.env, remaining=len(contracts))
        run_in_slices(contracts, self._renew_what_can_be, BATCH_SIZE)
        run(self.env, self._close_renewed)

    @api.model
    def _renew_what_can_be(self, contracts):
        due = self.search(
            Domain(self._contract_line_to_renew_domain())
            & Domain("contract_id", "in", contracts.ids)
        )
        errors = {}
        together_or_one_by_one(due, type(due).renew, errors.__setitem__)
        self.union(*errors).contract_id._open_occasion(
            NOT_RENEWED,
            lambda contract: Markup("<br>").join(
                line._why_not_renewed(error, contract)
                for line, error in errors.items()
                if line.contract_id == contract
            ),
        )

    def _why_not_renewed(self, error, contract):
        return contract.env._(
            "“%(line)s” ends on %(date)s: %(problem)s",
            line=self._title(),
            date=format_date(contract.env, self.date_end),
            problem=words_for(error, contract),
        )

    @api.model
    def _close_renewed(self):
        """What a person was told of is over where none of a contract's lines is due."""
        contracts = self.env["contract.contract"].with_context(active_test=False)
        told = contracts.search(
            [("activity_ids.activity_type_id", "=", self.env.ref(NOT_RENEWED).id)]
        )
        due = self.search(
            Domain(self._contract_line_to_renew_domain())
            & Domain("contract_id", "in", told.ids)
        )
        (told - due.contract_id)._close_occasion(NOT_RENEWED)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_invoiced(self):
        self._check_not_invoiced()

    def write(self, vals):
        contract = vals.get("contract_id")
        if "contract_id" in vals:
            # the debt would go with it
            self.filtered(
                lambda line: line.contract_id.id != contract
            )._check_not_invoiced()
        ends = "date_end" in vals and STARTS_ANEW.isdisjoint(vals)
        firsts = self._first_days_after_others() if ends else {}
        result = super().write(vals)
        for line, first in firsts.items():
            next_date = line._next_invoice_from(first, line.date_end)
            if next_date:
                line.recurring_next_date = next_date
            else:
                line._count_as_invoiced(line.date_end)
        return result

    def _compute_recurring_next_date(self):
        result = super()._compute_recurring_next_date()
        # in a form; what is written is seen to above
        for line in self:
            origin = line._origin
            if (
                line != origin
                and origin._first_days_after_others()
                and all(line[name] == origin[name] for name in RECURRENCE)
            ):
                line.recurring_next_date = origin.recurring_next_date
        return result

    def _first_days_after_others(self):
        """The first days to invoice where what is before them was invoiced elsewhere.

        With another end, OCA would begin with the line's first day.

        :return: a date by line
        """
        firsts = {
            line: line._first_day_to_invoice()
            for line in self
            if line.date_start and not line.last_date_invoiced and not line.display_type
        }
        return {
            line: first
            for line, first in firsts.items()
            if first and first > line.date_start
        }

    def _check_not_invoiced(self):
        """What the customer owes is known by the lines that were invoiced."""
        if invoiced := self._invoice_lines(limit=1):
            line = invoiced.contract_line_id
            raise RefusedError(
                self.env._(
                    "The line “%s” was invoiced. It stays on its contract: end it "
                    "instead.",
                    line._title(),
                ),
                "has_invoices",
                line,
            )

    def _invoice_lines(self, *conditions, **options):
        """What stands on invoices of these lines, cancelled ones left out.

        :param conditions: further ones of a domain
        :param options: those of ``search``
        """
        # sudo: an operator may not read invoices
        return (
            self.env["account.move.line"]
            .sudo()
            .search(
                [
                    ("contract_line_id", "in", self.ids),
                    ("parent_state", "!=", "cancel"),
                    *conditions,
                ],
                **options,
            )
        )

    def stop(self, date_end, manual_renew_needed=False, post_message=True):
        """Stop the lines; the chatter says until when, as a person would write it."""
        before = {line: line.date_end for line in self}
        result = super().stop(date_end, manual_renew_needed, post_message=False)
        if post_message:
            for line in self.filtered(lambda line: line.date_end != before[line]):
                line._say_in_contract(
                    self.env._("The line “%(line)s” ends on %(end)s."),
                    end=line.date_end,
                )
        return result

    def plan_successor(
        self,
        date_start,
        date_end,
        is_auto_renew,
        recurring_next_date=False,
        post_message=True,
    ):
        """Plan successors of the lines; the chatter says from when, and until when."""
        check_ids(self)
        result = super().plan_successor(
            date_start, date_end, is_auto_renew, recurring_next_date, post_message=False
        )
        if post_message:
            for line in result.filtered("date_end"):
                line._say_in_contract(
                    self.env._(
                        "The line “%(line)s” starts on %(start)s, ends on %(end)s."
                    ),
                    start=line.date_start,
                    end=line.date_end,
                )
            for line in result.filtered(lambda line: not line.date_end):
                line._say_in_contract(
                    self.env._("The line “%(line)s” starts on %(start)s."),
                    start=line.date_start,
                )
        return result

    # OCA's dialogs have English titles in every language

    def action_stop(self):
        return {**super().action_stop(), "name": self.env._("End Line")}

    def action_plan_successor(self):
        return {**super().action_plan_successor(), "name": self.env._("Plan Start")}

    def action_stop_plan_successor(self):
        action = super().action_stop_plan_successor()
        return {**action, "name": self.env._("Suspend Line")}

    def action_uncancel(self):
        return {**super().action_uncancel(), "name": self.env._("Take Line Back")}

    def _say_in_contract(self, text, **dates):
        written = {name: format_date(self.env, day) for name, day in dates.items()}
        self.contract_id.message_post(body=text % {"line": self._title(), **written})

    def _title(self):
        """What to call the line: its own text has markers that an invoice fills in."""
        return self.product_id.display_name or self.name

    def _was_served(self):
        """Whether what the line sells has been delivered, so that it can be invoiced.

        Of a contract that was left, that is what its end has cut; the rest is not. One
        that ended as a pre-contract had no service.
        """
        status = self.contract_id.contract_status
        if status == "pre_contract" or self.contract_id.ended_unsigned:
            return False
        return status not in NO_SERVICE or bool(self.before_termination)

    def _can_be_invoiced(self, date_ref):
        return super()._can_be_invoiced(date_ref) and self._was_served()

    def _paid_beyond(self, day):
        """Those of the lines that were invoiced in advance beyond a day."""
        return self.filtered(
            lambda line: (
                line.recurring_invoicing_type == "pre-paid"
                and not line.display_type
                and not line.is_canceled
                and line.last_date_invoiced
                and line.last_date_invoiced > day
            )
        )

    def _remember_before_termination(self, credit_notes=()):
        """Keep what a termination is about to overwrite, to be able to undo it.

        :param credit_notes: those that it has made of the lines
        """
        for line in self:
            kept = line.before_termination
            if not kept:
                dates = {name: line[name] for name in DATES_CUT}
                dates["first_day_to_invoice"] = line._first_day_to_invoice()
                kept = {
                    "is_auto_renew": line.is_auto_renew,
                    **{name: day and str(day) for name, day in dates.items()},
                }
            if credit_notes:
                kept = {**kept, "credit_notes": credit_notes.ids}
            # sudo: what is kept is no field for people to write
            line.sudo().before_termination = kept

    def _end_with_contract(self, end):
        """End the lines with their contract, or with what was invoiced beyond it.

        What begins later keeps its dates. A section has an end, too: where one line has
        none, OCA's contract has none.

        :param end: the contract's; False where it has none any more
        """
        for line in self:
            if end and line.date_start and line.date_start > end:
                continue
            line.date_end = end and max(end, line.last_date_invoiced or end)

    def _cut(self, day):
        """End the lines on a day, or with what was invoiced beyond it."""
        for line in self:
            if line.date_start > day:
                line.write({"is_canceled": True, "is_auto_renew": False})
                # as OCA's cancelling does: else it cannot be undone
                line.predecessor_contract_line_id.successor_contract_line_id = False
                continue
            end = max(day, line.last_date_invoiced or day)
            if line.date_end != end:
                line.write(line._prepare_value_for_stop(end, False))
                line._say_in_contract(
                    line.env._("The line “%(line)s” ends on %(end)s."), end=end
                )

    def _restore_from_termination(self):
        """Undo what a termination has cut; OCA leaves the lines as they are."""
        for line in self.filtered("before_termination"):
            values = dict(line.before_termination)
            due = fields.Date.to_date(values.pop("first_day_to_invoice"))
            if line._is_credited(values.pop("credit_notes", [])):
                # what was given back is invoiced anew
                due = line.last_date_invoiced
                end = fields.Date.to_date(values["date_end"])
                line.recurring_next_date = line._next_invoice_from(
                    due + DAY if due else line.date_start, end
                )
                line.sudo().date_end = end
                del values["last_date_invoiced"], values["recurring_next_date"]
            elif due and line.last_date_invoiced and line.last_date_invoiced >= due:
                # invoiced since: OCA goes on from there
                del values["last_date_invoiced"], values["recurring_next_date"]
            if line.is_canceled:
                line.uncancel(line.recurring_next_date or line.date_start)
            # sudo: see above
            line.sudo().write(
                {
                    **values,
                    "before_termination": False,
                    # what a credit note had made up for, which is cancelled with it
                    "has_open_difference": bool(line.price_changes),
                }
            )

    def _is_credited(self, credit_notes):
        """Whether one of these credit notes of the line stands.

        Drafts are cancelled instead.
        """
        # sudo: see _credit_unused_days
        notes = self.env["account.move"].sudo().browse(credit_notes).exists()
        posted = notes._cancel_drafts()
        return bool(posted.invoice_line_ids.contract_line_id & self._chain())

    def _get_period_to_invoice(
        self, last_date_invoiced, recurring_next_date, stop_at_date_end=True
    ):
        start, end, date = super()._get_period_to_invoice(
            last_date_invoiced, recurring_next_date, stop_at_date_end
        )
        if start and not last_date_invoiced:
            first = self._first_day_to_invoice()
            period = self.get_relative_delta(
                self.recurring_rule_type, self.recurring_interval
            )
            # whole periods that were invoiced before the contract came to Odoo
            if first and start + period <= first:
                start = first
        return start, end, date

    def _prepare_invoice_line(self):
        start, end, _date = self._get_period_to_invoice(
            self.last_date_invoiced, self.recurring_next_date
        )
        values = super()._prepare_invoice_line()
        if not values:  # other addons leave a line out so
            return values
        # one period's price is for one period; what is counted by days is for all
        if start and values["quantity"] == self.quantity:
            start = max(start, self._first_day_to_invoice() or start)
        return {**values, "service_start": start, "service_end": end}

    def _prepare_value_for_stop(self, date_end, manual_renew_needed):
        values = super()._prepare_value_for_stop(date_end, manual_renew_needed)
        if self.last_date_invoiced or not self.recurring_next_date:
            return values
        # OCA starts from the line's first day. What was invoiced before the contract
        # came to Odoo would be invoiced again.
        first = self._first_day_to_invoice()
        values["recurring_next_date"] = self._next_invoice_from(first, date_end)
        if not values["recurring_next_date"]:
            values["last_date_invoiced"] = date_end
        return values

    def _first_day_to_invoice(self):
        """The first day that no invoice has been made for.

        A line that was never invoiced here may have been elsewhere: its next invoice
        says until when.
        """
        if self.last_date_invoiced or not self.recurring_next_date:
            return self.next_period_date_start
        day = self.recurring_next_date - timedelta(days=self.recurring_invoicing_offset)
        if self.recurring_invoicing_type == "post-paid":
            # the last day of the period that is to be invoiced
            day = day + DAY
            day -= self.get_relative_delta(
                self.recurring_rule_type, self.recurring_interval
            )
        return max(day, self.date_start)

    def _skip_until(self, today, gap_start=None):
        """Leave out of the invoices what lies before the service begins.

        What was delivered before a gap and not invoiced is due as before, if the gap is
        shorter than a period; else the chatter says that it is left.

        :param today: the day on which the service begins
        :param gap_start: the first day without service; None where there never was any,
            False where it is not known
        """
        for line in self.filtered(lambda line: not line.is_canceled):
            first = line._first_day_to_invoice()
            over = line.date_end and line.date_end < today
            if not first or first >= today or over:
                continue
            if gap_start is None and not line.last_date_invoiced:
                next_date = line._next_invoice_from(today, line.date_end)
                line.write({"date_start": today, "recurring_next_date": next_date})
                continue
            if gap_start and first < gap_start:
                period = line.get_relative_delta(
                    line.recurring_rule_type, line.recurring_interval
                )
                if first + period > today:
                    continue
                line._say_in_contract(
                    line.env._(
                        "“%(line)s”: the service from %(start)s to %(end)s was not "
                        "invoiced, and no invoice will come for it by itself."
                    ),
                    start=first,
                    end=gap_start - DAY,
                )
            line._count_as_invoiced(today - DAY)

    def _count_as_invoiced(self, last_day):
        """Have the next invoice begin after a day, which may be before the line."""
        self.write(
            {
                "last_date_invoiced": last_day >= self.date_start and last_day,
                "recurring_next_date": self._next_invoice_from(
                    last_day + DAY, self.date_end
                ),
            }
        )

    def _next_invoice_from(self, day, date_end):
        """The date of the next invoice where its period begins on a day."""
        return self.get_next_invoice_date(
            day,
            self.recurring_invoicing_type,
            self.recurring_invoicing_offset,
            self.recurring_rule_type,
            self.recurring_interval,
            max_date_end=date_end,
        )
