# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import fields, models

#: the telephone is at fault, or whoever has it; all else is ours, or the provider's
THEIRS = frozenset(
    {
        "sms_blacklist",
        "sms_country_not_supported",
        "sms_duplicate",
        "sms_expired",
        "sms_invalid_destination",
        "sms_not_allowed",
        "sms_not_delivered",
        "sms_number_format",
        "sms_number_missing",
        "sms_optout",
        "sms_rejected",
    }
)


class SmsTracker(models.Model):
    _inherit = "sms.tracker"

    contract_notice_id = fields.Many2one(
        comodel_name="contract.notice", ondelete="cascade", index="btree_not_null"
    )

    def _action_update_from_sms_state(
        self, sms_state, failure_type=False, failure_reason=False
    ):
        result = super()._action_update_from_sms_state(
            sms_state, failure_type=failure_type, failure_reason=failure_reason
        )
        # what the provider has only taken ("pending") may still not arrive
        if sms_state == "sent":
            self.contract_notice_id._delivered()
        elif sms_state in ("error", "canceled"):
            self._did_not_arrive(failure_type)
        return result

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        _status, failure_type, _reason = result
        self._did_not_arrive(failure_type)
        return result

    def _did_not_arrive(self, failure_type):
        notices = self.contract_notice_id.filtered(lambda row: row.state == "outgoing")
        notices._failed(
            lambda notice: notice.env._("The SMS was not delivered"),
            ours=failure_type not in THEIRS,
        )
