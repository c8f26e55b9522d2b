# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What became of a notice's mail."""

import re
from datetime import timedelta

from odoo import fields, models

from ..transaction import touch

#: Odoo's word for a mail server that cannot be reached
NO_CONNECTION = "mail_smtp"
#: … and those for an address that is at fault
ADDRESS = ("mail_email_invalid", "mail_email_missing")
#: what a server answers of an address that it refuses for good (RFC 5321, 4.2.1), but
#: for a quota or a policy, which are ours to look at (RFC 3463, X.4 and X.7)
REFUSED = re.compile(r"SMTPRecipientsRefused.*\(5\d\d,(?!.*\b5\.[47]\.\d)", re.DOTALL)
#: … and of what it may take later, whatever it was said of
LATER = re.compile(r"\(4\d\d,|SMTPServerDisconnected|SMTPConnectError")
RETRY_AFTER = timedelta(hours=1)


class MailMail(models.Model):
    _inherit = "mail.mail"

    def _notices(self):
        mails = self.filtered(lambda mail: mail.model == "contract.notice")
        # sudo: whoever runs the mail queue
        notices = self.env["contract.notice"].sudo()
        return notices.browse(mails.mapped("res_id")).exists()

    def _prepare_outgoing_list(self, *arguments, **options):
        # what fails after the server has taken it would have it sent again
        touch(self._notices())
        return super()._prepare_outgoing_list(*arguments, **options)

    def _postprocess_sent_message(
        self, success_pids, success_emails, failure_reason=False, failure_type=None
    ):
        notices = self._notices()
        reason = failure_reason or ""
        if not failure_type:
            notices._delivered()
        elif failure_type in ADDRESS or REFUSED.search(reason):
            notices._failed(lambda notice: notice.env._("The mail server refused it"))
        elif failure_type == NO_CONNECTION or LATER.search(reason):
            # nobody's address is at fault, and nothing of ours
            mails = self.filtered(lambda mail: mail.model == "contract.notice")
            later = fields.Datetime.now() + RETRY_AFTER
            mails.write({"state": "outgoing", "scheduled_date": later})
        else:
            notices._failed(
                lambda notice: notice.env._("The mail server refused it"), ours=True
            )
        return super()._postprocess_sent_message(
            success_pids, success_emails, failure_reason, failure_type
        )
