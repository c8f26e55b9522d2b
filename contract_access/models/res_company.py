# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A provider's rules for contracts that are overdue."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..rules import Periods


class ResCompany(models.Model):
    _inherit = "res.company"

    contract_overdue_after_days = fields.Integer(
        string="Overdue after (days)",
        help="Days after the due date until the contract is marked as overdue and the "
        "customer gets a notice. 0 switches this off.",
    )
    contract_block_after_days = fields.Integer(
        string="Block after (days)",
        help="Days after the due date until the access is blocked. 0 switches this "
        "off.",
    )
    contract_cancel_after_days = fields.Integer(
        string="Cancel after (days)",
        help="Days after the due date until the contract is terminated. 0 switches "
        "this off.",
    )
    contract_trust_days = fields.Integer(
        string="Days of trust",
        default=3,
        help="Days without an automatic block after a release by hand.",
    )
    contract_release_by = fields.Selection(
        selection=[("user", "Front desk and managers"), ("manager", "Managers only")],
        string="Who may release",
        default="user",
        required=True,
    )
    contract_release_limit = fields.Integer(
        string="Releases in 30 days",
        default=1,
        help="How often the front desk may release the same contract within 30 days; "
        "managers always may. 0 is no limit.",
    )
    contract_notify_overdue = fields.Boolean(string="When overdue", default=True)
    contract_notify_blocked = fields.Boolean(string="When blocked", default=True)
    contract_notify_released = fields.Boolean(string="When released", default=True)

    _check_trust_days = models.Constraint(
        "CHECK (contract_trust_days >= 0 AND contract_release_limit >= 0)",
        "Days of trust and releases cannot be negative.",
    )

    def init(self):
        """Let the database know the default of what it demands.

        Where this addon is updated, others make companies before it is loaded.
        """
        field = self._fields["contract_release_by"]
        self.env.cr.execute(
            SQL(
                "ALTER TABLE res_company ALTER COLUMN %s SET DEFAULT %s",
                SQL.identifier(field.name),
                field.default(self),
            )
        )
        return super().init()

    @api.constrains(
        "contract_overdue_after_days",
        "contract_block_after_days",
        "contract_cancel_after_days",
    )
    def _check_dunning_periods(self):
        for company in self:
            periods = company._dunning_periods()
            days = [periods.overdue, periods.block, periods.cancel]
            switched_on = [number for number in days if number]
            if min(days) < 0 or switched_on != sorted(set(switched_on)):
                raise ValidationError(
                    self.env._(
                        "The days until a contract is overdue, blocked and cancelled "
                        "must follow each other, such as 1, 15 and 75."
                    )
                )

    def _dunning_periods(self):
        """After how many days a contract moves.

        :return: :class:`..rules.Periods`
        """
        self.ensure_one()
        return Periods(
            overdue=self.contract_overdue_after_days,
            block=self.contract_block_after_days,
            cancel=self.contract_cancel_after_days,
        )

    def _unattended_lang(self):
        """The language of what is written while nobody is at work.

        :return: a language's code, or None where there is no telling
        """
        nobody = self.env["res.users"]
        manager = self.env["activity.occasion.mixin"]._responsible_among(nobody, self)
        return self.sudo().partner_id.lang or manager.lang or None

    def _today(self):
        """Today where the company is, whoever is asking from wherever.

        A company without a time zone is where most of Brazil's providers are.
        """
        return fields.Date.context_today(self.with_context(tz=self._time_zone()))

    def _time_zone(self):
        self.ensure_one()
        # sudo: whoever works for several companies may not read this one's address
        return self.sudo().partner_id.tz or "America/Sao_Paulo"
