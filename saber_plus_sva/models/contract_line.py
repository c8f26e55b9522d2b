# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The contract's lines hand their type of service on, and may activate SVA."""

from odoo import api, fields, models
from odoo.tools import format_date


class ContractLine(models.Model):
    _inherit = "contract.line"

    cut_by_termination = fields.Boolean(copy=False, readonly=True)
    date_end_before_termination = fields.Date(copy=False, readonly=True)
    auto_renew_before_termination = fields.Boolean(copy=False, readonly=True)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        # flows that make the contract first and its lines after it
        sva = lines.filtered(lambda line: line.service_type == "sva")
        sva.contract_id.filtered("sva_auto_activate")._sva_auto_activate()
        return lines

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

    def _say_in_contract(self, text, **dates):
        written = {name: format_date(self.env, day) for name, day in dates.items()}
        self.contract_id.message_post(body=text % {"line": self.name, **written})

    def _remember_before_termination(self):
        """Keep what a termination is about to overwrite, to be able to undo it."""
        for line in self.filtered(lambda line: not line.cut_by_termination):
            line.write(
                {
                    "cut_by_termination": True,
                    "date_end_before_termination": line.date_end,
                    "auto_renew_before_termination": line.is_auto_renew,
                }
            )

    def _restore_from_termination(self):
        """Undo what a termination has cut; OCA leaves the lines as they are."""
        for line in self.filtered("cut_by_termination"):
            if line.is_canceled:
                line.uncancel(line.recurring_next_date or line.date_start)
            line.write(
                {
                    "date_end": line.date_end_before_termination,
                    "is_auto_renew": line.auto_renew_before_termination,
                    "cut_by_termination": False,
                    "date_end_before_termination": False,
                    "auto_renew_before_termination": False,
                }
            )

    def _prepare_invoice_line(self):
        return {**super()._prepare_invoice_line(), "service_type": self.service_type}
