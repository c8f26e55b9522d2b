"""A mail server that takes, refuses and sends back mail."""

import email.policy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid

from aiosmtpd.controller import Controller

from dev.odoo import free_port

from .provider import eventually

#: what a mail server answers for somebody that it does not know (RFC 3463, 5.1.1)
UNKNOWN = "550 5.1.1 User unknown"

#: as Postfix sends it: RFC 3464 in RFC 3462
_BOUNCE = """\
Return-Path: <>
Date: {date}
From: MAILER-DAEMON@{host} (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {sender}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="{boundary}"
Message-Id: {message_id}

This is a MIME-encapsulated message.

--{boundary}
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{recipient}>: {answer}

--{boundary}
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; {host}
X-Postfix-Sender: rfc822; {sender}
Arrival-Date: {date}

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: failed
Status: 5.1.1
Remote-MTA: dns; {host}
Diagnostic-Code: smtp; {answer}

--{boundary}
Content-Description: Undelivered Message
Content-Type: message/rfc822

{message}
--{boundary}--
"""


@dataclass(frozen=True)
class Letter:
    """A mail that the server has taken.

    :param sender: of the envelope: where it is sent back to
    :param raw: as it came
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    def part(self, kind: str) -> str:
        """The text of the mail, as ``plain`` or ``html``."""
        body = self.message.get_body((kind,))
        assert body, f"the mail has no {kind} part"
        return body.get_content()

    def bounce(self) -> bytes:
        """What a server sends that has taken it and then finds nobody to give it to."""
        [recipient] = self.recipients
        host = recipient.partition("@")[2]
        return _BOUNCE.format(
            date=self.message["Date"],
            host=host,
            sender=self.sender,
            recipient=recipient,
            answer=UNKNOWN,
            boundary="8F3C71A2.1700000000/" + host,
            message_id=make_msgid(domain=host),
            message=self.raw.decode("ascii").replace("\r\n", "\n"),
        ).encode("ascii")


@dataclass
class MailServer:
    """An SMTP server on the loopback interface.

    :param refused: addresses that it does not know
    """

    port: int
    refused: set[str] = field(default_factory=set)
    letters: list[Letter] = field(default_factory=list)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address in self.refused:
            return UNKNOWN
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        self.letters.append(
            Letter(envelope.mail_from, tuple(envelope.rcpt_tos), envelope.content)
        )
        return "250 OK"

    def letter_to(self, address: str) -> Letter:
        """The only mail to somebody, once it is there."""
        [letter] = eventually(
            lambda: [item for item in self.letters if address in item.recipients]
        )
        return letter


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A running mail server."""
    server = MailServer(free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
