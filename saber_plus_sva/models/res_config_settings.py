# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""The rules for overdue contracts on the settings page, to be looked at before use."""

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..sync.lifecycle import Periods
from .sva_api_call import DEFAULT_RETENTION_DAYS, RETENTION_PARAMETER

#: after notice, 15 days until suspension and 60 more until the contract may end
#: (Anatel, Resolução 632/2014, articles 90 to 93)
PROPOSED = Periods(overdue=1, block=15, cancel=75)


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    # Not related to the company's fields: those are written as soon as this record is,
    # and a preview must come before anything is switched on.
    contract_dunning = fields.Boolean(string="Dunning")
    contract_overdue_after_days = fields.Integer(string="Overdue after")
    contract_block_after_days = fields.Integer(string="Block after")
    contract_cancel_after_days = fields.Integer(string="Cancel after")

    sva_call_retention_days = fields.Integer(
        string="Keep calls for (days)",
        config_parameter=RETENTION_PARAMETER,
        default=DEFAULT_RETENTION_DAYS,
        help="How long the calls to the platforms are listed.",
    )
    contract_trust_days = fields.Integer(
        related="company_id.contract_trust_days", readonly=False
    )
    contract_release_by = fields.Selection(
        related="company_id.contract_release_by", readonly=False
    )
    contract_release_limit = fields.Integer(
        related="company_id.contract_release_limit", readonly=False
    )
    contract_notify_overdue = fields.Boolean(
        related="company_id.contract_notify_overdue", readonly=False
    )
    contract_notify_blocked = fields.Boolean(
        related="company_id.contract_notify_blocked", readonly=False
    )
    contract_notify_released = fields.Boolean(
        related="company_id.contract_notify_released", readonly=False
    )

    @api.onchange("contract_dunning")
    def _onchange_contract_dunning(self):
        chosen = self._dunning_periods()
        if self.contract_dunning and not chosen:
            self._propose(PROPOSED)
        elif not self.contract_dunning and chosen:
            self._propose(Periods())

    @api.model
    def get_values(self):
        periods = self.env.company._dunning_periods()
        return {
            **super().get_values(),
            "contract_dunning": bool(periods),
            "contract_overdue_after_days": periods.overdue,
            "contract_block_after_days": periods.block,
            "contract_cancel_after_days": periods.cancel,
            # what is in force: what the parameter says may be no number at all, and
            # must not be in the way of other settings
            "sva_call_retention_days": self.env["sva.api.call"]._retention_days(),
        }

    @api.constrains("sva_call_retention_days")
    def _check_sva_call_retention_days(self):
        if any(settings.sva_call_retention_days < 1 for settings in self):
            raise ValidationError(
                self.env._("Calls must be kept for one day or longer.")
            )

    def set_values(self):
        result = super().set_values()
        periods = self._dunning_periods()
        self.company_id.write(
            {
                "contract_overdue_after_days": periods.overdue,
                "contract_block_after_days": periods.block,
                "contract_cancel_after_days": periods.cancel,
            }
        )
        return result

    def action_preview_dunning(self):
        """List the contracts that the next run would move, by the days on the page.

        Nothing is moved, and the days are not saved.
        """
        self.ensure_one()
        return self.env["contract.dunning.preview"]._open(
            self.company_id, self._dunning_periods()
        )

    def action_edit_notices(self):
        """Open the e-mail templates of the notices."""
        templates = self.env["mail.template"]
        for occasion in ("overdue", "blocked", "released"):
            templates += self.env.ref(f"saber_plus_sva.mail_template_{occasion}")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Notices"),
            "res_model": "mail.template",
            "view_mode": "list,form",
            "domain": [("id", "in", templates.ids)],
        }

    def _dunning_periods(self):
        return Periods(
            overdue=self.contract_overdue_after_days,
            block=self.contract_block_after_days,
            cancel=self.contract_cancel_after_days,
        )

    def _propose(self, periods):
        self.contract_overdue_after_days = periods.overdue
        self.contract_block_after_days = periods.block
        self.contract_cancel_after_days = periods.cancel
