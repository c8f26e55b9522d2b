# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What became of a notice's mail."""

from odoo import models

#: Odoo's word for a mail server that cannot be reached
NO_CONNECTION = "mail_smtp"
#: … and those for a sender, which is ours, that will not do
SENDER = ("mail_from_invalid", "mail_from_missing")


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        mails = self.filtered(lambda mail: mail.model == "contract.notice")
        notices = self.env["contract.notice"].browse(mails.mapped("res_id")).exists()
        # sudo: whoever runs the mail queue
        if failure_type == NO_CONNECTION:
            # nobody's address is at fault: the next run of the queue tries it again
            mails.write({"state": "outgoing"})
        elif failure_type:
            notices.sudo()._failed(
                lambda notice: notice.env._("The mail server refused it"),
                ours=failure_type in SENDER,
            )
        else:
            notices.sudo()._delivered()
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
