# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).

from odoo import fields, models

#: nobody's telephone is at fault: our account, or the provider itself
OURS = ("sms_acc", "sms_credit", "sms_server")


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
            self._did_not_arrive(ours=failure_type in OURS)
        return result

    def _action_update_from_provider_error(self, provider_error):
        result = super()._action_update_from_provider_error(provider_error)
        self._did_not_arrive()
        return result

    def _did_not_arrive(self, ours=False):
        notices = self.contract_notice_id.filtered(lambda row: row.state == "outgoing")
        notices._failed(
            lambda notice: notice.env._("The SMS was not delivered"), ours=ours
        )
