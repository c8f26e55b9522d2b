# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Lines that stop for a suspension, and go on after it, as OCA's successors do."""

from dateutil.relativedelta import relativedelta

from odoo import fields, models

from ..remote import check_ids, given_date
from ..suspension import DAY, delays

#: what a suspension overwrites of the line that it cuts
CUT = (
    "date_start",
    "date_end",
    "last_date_invoiced",
    "recurring_next_date",
    "is_auto_renew",
    "manual_renew_needed",
)


class ContractLine(models.Model):
    _inherit = "contract.line"

    suspended_by_id = fields.Many2one(
        comodel_name="contract.suspension",
        string="Stopped by Suspension",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The suspension before which this line ends.",
    )
    resumed_after_id = fields.Many2one(
        comodel_name="contract.suspension",
        string="Begins after Suspension",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The suspension that this line waits for, or has waited for.",
    )
    # what a suspension has overwritten, to be able to undo it
    before_suspension = fields.Json(copy=False, readonly=True)

    def _prepare_value_for_plan_successor(
        self, date_start, date_end, is_auto_renew, recurring_next_date=False
    ):
        values = super()._prepare_value_for_plan_successor(
            date_start, date_end, is_auto_renew, recurring_next_date
        )
        # OCA copies what happened to a line as well; and people may not write it
        for name in self._closed(values, is_new=True):
            del values[name]
        return values

    def stop(self, date_end, manual_renew_needed=False, post_message=True):
        check_ids(self)
        date_end = given_date(self.env, "date_end", date_end)
        # OCA does not cancel what was invoiced; of a line that never begins, that was
        # invoiced before the suspension which the line waits for
        waiting = self.filtered(
            lambda line: (
                line.resumed_after_id
                and line.last_date_invoiced
                and date_end
                and line.date_start > date_end
            )
        )
        for line in waiting:
            line._say_in_contract(
                self.env._(
                    "“%(line)s”: what was invoiced already from %(start)s to %(end)s "
                    "will not be used."
                ),
                start=line.date_start,
                end=line.last_date_invoiced,
            )
        waiting.last_date_invoiced = False
        return super().stop(date_end, manual_renew_needed, post_message)

    def _suspend(self, suspension):
        """Stop the lines for a suspension; they go on after it.

        As OCA's ``stop_plan_successor``, which does not take lines that were invoiced
        in advance, nor those that have a successor already.
        """
        first, last = suspension.date_start, suspension.date_end
        lines = self.filtered(
            lambda line: (
                not line.is_canceled
                and (not line.display_type or line.is_recurring_note)
            )
        ).sorted("date_start")
        periods = [(line.date_start, line.date_end or None) for line in lines]
        delayed = [
            (line, delay)
            for line, delay in zip(lines, delays(periods, first, last), strict=True)
            if delay
        ]
        # no line overlaps with another one, not even meanwhile
        for line, delay in reversed(delayed):
            if line.date_start < first:
                line._rest(suspension)
            else:
                line.before_suspension = line._kept()
                line.resumed_after_id = suspension
                line._shift(delay)

    def _followers(self):
        """The lines that go on after this one, one after the other."""
        followers = self.browse()
        line = self.successor_contract_line_id
        while line and line not in followers:
            followers += line
            line = line.successor_contract_line_id
        return followers

    def _kept(self):
        return {
            name: value if isinstance(value, bool) else str(value)
            for name in CUT
            for value in [self[name]]
        }

    def _rest(self, suspension):
        """Have a line that has begun rest for a suspension."""
        first, length = suspension.date_start, suspension._length()
        self._keep_days_of_last_invoice()
        kept, invoiced = self._kept(), self._last_day_invoiced()
        date_end, renews = self.date_end, self.is_auto_renew
        follower = self.successor_contract_line_id
        self.successor_contract_line_id = False

        values = self._prepare_value_for_stop(first - DAY, True)
        if invoiced >= first:
            values |= {"last_date_invoiced": first - DAY, "recurring_next_date": False}
        self.write(values)
        self.write(
            {
                "suspended_by_id": suspension.id,
                "before_suspension": {
                    **kept,
                    "invoiced_when_cut": str(self.last_date_invoiced),
                },
            }
        )
        resumed = self.plan_successor(
            first + length, date_end and date_end + length, renews, post_message=False
        )
        resumed.write(
            {
                "resumed_after_id": suspension.id,
                "manual_renew_needed": kept["manual_renew_needed"],
                # what was invoiced with these is used there
                "price_changes": self.price_changes,
            }
        )
        if invoiced >= first:
            resumed._count_as_invoiced(invoiced + length)
            self._say_in_contract(
                self.env._(
                    "“%(line)s”: what was invoiced already from %(start)s to %(end)s "
                    "is used after the suspension."
                ),
                start=first,
                end=invoiced,
            )
        if follower:
            resumed.successor_contract_line_id = follower
            follower.predecessor_contract_line_id = resumed

    def _last_day_invoiced(self):
        first = self._first_day_to_invoice()
        return first - DAY if first else self.date_end

    def _shift(self, delta):
        """Move a line that has not begun; its invoices move along."""
        if not delta:
            return
        due = self._first_day_to_invoice()
        values = {
            name: self[name] + delta
            for name in ("date_start", "date_end", "last_date_invoiced")
            if self[name]
        }
        if due:
            values["recurring_next_date"] = self._next_invoice_from(
                due + delta, values.get("date_end")
            )
        if self.price_changes:
            # what was changed while it waited holds from its first day
            first, shifted = str(self.date_start), str(values["date_start"])
            values["price_changes"] = [
                {**change, "day": shifted} if change["day"] == first else change
                for change in self.price_changes
            ]
        self.write(values)

    def _waiting_for(self, suspension):
        """The lines that a suspension lets begin later, in their order."""
        return self.filtered(
            lambda line: line.resumed_after_id == suspension and not line.is_canceled
        ).sorted("date_start")

    def _resume(self, suspension, day):
        """Have the lines that wait for a suspension begin earlier.

        :param day: the first day of the service, before the suspension's end; where it
            is the suspension's first day, nothing is delayed
        """
        waiting = self._waiting_for(suspension)
        originals = [line._period_before(suspension) for line in waiting]
        order = sorted(range(len(waiting)), key=lambda place: originals[place][0])
        after = delays(
            [originals[place] for place in order], suspension.date_start, day - DAY
        )
        for place, delay in zip(order, after, strict=True):
            line, (start, _end) = waiting[place], originals[place]
            begins = day if start < suspension.date_start else start + delay
            delta = begins - line.date_start
            # what a renewal has made meanwhile
            renewed = line._followers() - waiting
            for one in (line, *renewed):
                one._shift(delta)

    def _period_before(self, suspension):
        """First and last day of a line that waits, before the suspension."""
        cut = self.predecessor_contract_line_id
        # people may have deleted the line that was cut
        kept = self.before_suspension or cut.before_suspension or {}
        start, end = map(
            fields.Date.to_date, (kept.get("date_start"), kept.get("date_end"))
        )
        return start or suspension.date_start, end or None

    def _undo_suspension(self, suspension):
        """The suspension does not come; the lines are as if it had not been planned."""
        cut = self.browse()
        waiting = self._waiting_for(suspension)
        for line in waiting.filtered(lambda line: not line.before_suspension):
            former = line.predecessor_contract_line_id
            if former._is_still_cut_by(suspension) and not (
                line._followers() - waiting or line._invoice_lines(limit=1)
            ):
                line._detach(former)
                cut += former
        waiting = waiting.exists()
        waiting._resume(suspension, suspension.date_start)
        for line in cut:
            line._take_back()
        moved = waiting.filtered("before_suspension")
        moved.write({"resumed_after_id": False, "before_suspension": False})

    def _is_still_cut_by(self, suspension):
        """Whether nobody has stopped or cancelled the line meanwhile."""
        return (
            self.suspended_by_id == suspension
            and not self.is_canceled
            and self.date_end == suspension.date_start - DAY
        )

    def _detach(self, former):
        """Delete a line that does not begin; what follows it follows the former one."""
        follower = self.successor_contract_line_id
        former.successor_contract_line_id = follower
        follower.predecessor_contract_line_id = former
        self.unlink()

    def _take_back(self):
        """Undo :meth:`_rest`."""
        kept = dict(self.before_suspension)
        unchanged = kept.pop("invoiced_when_cut") == str(self.last_date_invoiced)
        values = {
            name: value if isinstance(value, bool) else fields.Date.to_date(value)
            for name, value in kept.items()
        }
        if not unchanged:
            # invoiced since, until where it would have stopped
            del values["last_date_invoiced"]
            values["recurring_next_date"] = self._next_invoice_from(
                self.last_date_invoiced + DAY, values["date_end"]
            )
        self.write({**values, "suspended_by_id": False, "before_suspension": False})

    def _prepare_invoice_line(self):
        values = super()._prepare_invoice_line()
        if values and not self.display_type:
            values["price_unit"] *= self._share_to_invoice()
        return values

    def _share_to_invoice(self):
        """How much of the next period is invoiced: less where a suspension cuts it.

        :return: 1 for all of it
        """
        first, last = self._first_day_to_invoice(), self.next_period_date_end
        is_cut = self.suspended_by_id and last == self.date_end
        # the one kind of period whose end does not move with its beginning
        ends_with_month = (
            self.resumed_after_id and self.recurring_rule_type == "monthlylastday"
        )
        if not first or not last or not (is_cut or ends_with_month):
            return 1
        period = self.get_relative_delta(
            self.recurring_rule_type, self.recurring_interval
        )
        after = first + period
        begin = first
        if self.recurring_rule_type == "monthlylastday":
            begin = after - relativedelta(months=self.recurring_interval)
        return min(1, (last - first + DAY) / (after - begin))
