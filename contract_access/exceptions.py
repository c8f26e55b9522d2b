# Copyright 2026 Contract Access contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Refusals that a program can tell apart: each has a code beside its sentence.

Over JSON-2 and JSON-RPC the code is in the error's ``context``; XML-RPC carries a
string only, which ends with the code in brackets.
"""

from dataclasses import dataclass
from http import HTTPStatus

from odoo.exceptions import AccessError, MissingError, UserError, ValidationError


@dataclass(frozen=True)
class Meaning:
    """What a code says to a program.

    :param status: the HTTP status over JSON-2: 409 where it is there already, 503 where
        the platform cannot be worked with, 422 for every other refusal
    :param retryable: whether the same call may well succeed later, by itself
    """

    status: int = HTTPStatus.UNPROCESSABLE_ENTITY
    retryable: bool = False


CONFLICT = Meaning(HTTPStatus.CONFLICT)
WAIT = Meaning(HTTPStatus.SERVICE_UNAVAILABLE, retryable=True)

#: every code of our addons; each addon adds its own. Programs rely on them: none is
#: renamed.
CODES = {
    # how the method was called
    "ids_missing": Meaning(),
    "one_record_only": Meaning(),
    "wrong_type": Meaning(),
    "field_closed": Meaning(),
    "field_missing": Meaning(),
    # the contract's life
    "wrong_status": Meaning(),
    "release_limit": Meaning(),
    "nothing_overdue": Meaning(),
    "wrong_day": Meaning(),
    "cannot_suspend": Meaning(),
    "not_suspended": Meaning(),
    "kept_as_proof": Meaning(),
    "already_delivered": CONFLICT,
    "not_a_debt": Meaning(),
    "no_receipt": Meaning(),
    "has_invoices": Meaning(),
}
#: what stands for Odoo's own errors where a result has a code for each record
ACCESS_DENIED = "access_denied"
NOT_FOUND = "not_found"
REFUSED = "refused"
UNFORESEEN = "unforeseen"


class CodedMixin:
    """What both kinds of refusal have: a code, and the records that it is about.

    :param message: what people are told
    :param code: one of :data:`CODES`
    :param records: what stands in the way, or cannot be done; as far as the caller may
        know of it
    """

    def __init__(self, message, code, records=None):
        super().__init__(message)
        meaning = CODES[code]
        self.http_status = meaning.status
        self.context = {
            "code": code,
            "retryable": meaning.retryable,
            "model": records._name if records is not None else False,
            "ids": records.ids if records is not None else [],
        }

    @property
    def message(self):
        """What people are told."""
        return self.args[0]

    def __str__(self):
        return f"{self.message} [{self.context['code']}]"


class RefusedError(CodedMixin, UserError):
    """What was asked for cannot be done."""


class InvalidError(CodedMixin, ValidationError):
    """What was written cannot be; a constraint of Odoo's may raise no other error."""


def message_of(error: UserError) -> str:
    """What an error says to people, without its code."""
    return error.message if isinstance(error, CodedMixin) else str(error)


def code_of(error: Exception) -> str:
    """The code of any error; Odoo's own have one of four."""
    if isinstance(error, CodedMixin):
        return error.context["code"]
    if isinstance(error, AccessError):
        return ACCESS_DENIED
    if isinstance(error, MissingError):
        return NOT_FOUND
    return REFUSED if isinstance(error, UserError) else UNFORESEEN
