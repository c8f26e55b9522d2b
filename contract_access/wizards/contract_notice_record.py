# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A notice that a person has given, otherwise than by our e-mail."""

from odoo import Command, api, fields, models
from odoo.tools import plaintext2html

from ..exceptions import RefusedError
from ..remote import on_one_record


class ContractNoticeRecord(models.TransientModel):
    """Asks how and when the customer was told of the debt."""

    _name = "contract.notice.record"
    _description = "Record a Notice"
    _inherit = "write.guard.mixin"

    contract_id = fields.Many2one(
        comodel_name="contract.contract",
        required=True,
        readonly=True,
        ondelete="cascade",
    )
    channel = fields.Selection(
        selection=lambda self: self._channels(), required=True, default="letter"
    )
    recipient = fields.Char(
        string="Address or Number", help="Where the notice was sent to."
    )
    delivered_on = fields.Date(
        required=True,
        default=lambda self: self.env.company._today(),
        help="The day on which the customer had the notice. The days until the block "
        "count from here.",
    )
    text = fields.Text(required=True, help="What the customer was told.")
    attachment_ids = fields.Many2many(
        comodel_name="ir.attachment",
        string="Proof",
        help="The receipt, a picture of the message …",
    )
    is_done = fields.Boolean(
        readonly=True, help="Whoever asks again, because the answer was lost, has it."
    )

    @api.model
    def _channels(self):
        channels = self.env["contract.notice"]._fields["channel"]
        return [
            (channel, label)
            for channel, label in channels._description_selection(self.env)
            if channel != "email"
        ]

    @api.model
    def _open_to_write(self):
        return super()._open_to_write() | {
            "channel",
            "recipient",
            "delivered_on",
            "text",
            "attachment_ids",
        }

    @api.model
    def _open_to_create(self):
        return super()._open_to_create() | {"contract_id"}

    @on_one_record
    def action_confirm(self):
        """Keep the notice, with what is overdue and had fallen due by then.

        :return: the action that closes the dialog
        :raises UserError: the day is one to come, or nothing had fallen due by then
        """
        close = {"type": "ir.actions.act_window_close"}
        if self.is_done:
            return close
        contract = self.contract_id
        contract.check_access("write")
        if self.delivered_on > contract._today():
            raise RefusedError(
                self.env._("The notice cannot have arrived later than today."),
                "wrong_day",
                self,
            )
        # sudo: what is open, and the notice itself, are made by this step only
        dues = [
            due
            for due in contract.env["contract.dunning"]
            .sudo()
            ._open_dues(contract)
            .get(contract.id, [])
            if due[1] < self.delivered_on
        ]
        if not dues:
            raise RefusedError(
                self.env._("On that day nothing was overdue of what is open now."),
                "nothing_overdue",
                contract,
            )
        notices = self.env["contract.notice"].sudo()
        self.attachment_ids.check_access("read")
        notice = notices.create(
            notices._prepare(contract, contract.partner_id, "debt", dues)
            | {
                "channel": self.channel,
                "recipient": self.recipient,
                "subject": self.env._("Recorded by hand"),
                "body": plaintext2html(self.text),
                "state": "sent",
                "delivered_on": self.delivered_on,
                "block_from": contract._blocks_if_told(self.delivered_on).get(
                    contract.id
                ),
                "attachment_ids": [
                    Command.create(
                        {
                            "name": attachment.name,
                            "raw": attachment.raw,
                            "res_model": "contract.notice",
                        }
                    )
                    for attachment in self.attachment_ids
                ],
            }
        )
        notice._close_undelivered()
        # sudo: what was done is not for people to write
        self.sudo().is_done = True
        return close
