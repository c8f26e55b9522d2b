# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""This addon's codes, and what the web client answers with more than a message."""

from http import HTTPStatus

from odoo.addons.contract_access.exceptions import (
    CODES,
    CONFLICT,
    WAIT,
    InvalidError,
    Meaning,
    RefusedError,
)

CODES.update(
    {
        # who the user is
        "cpf_taken": CONFLICT,
        "contract_taken": CONFLICT,
        "platform_user_taken": CONFLICT,
        "cpf_invalid": Meaning(),
        "cnpj": Meaning(),
        "phone_invalid": Meaning(),
        "registration_incomplete": Meaning(),
        "password_too_short": Meaning(),
        # what the contract sells
        "not_a_customers_contract": Meaning(),
        "contract_ended": Meaning(),
        "not_sold": Meaning(),
        "choose_product": Meaning(),
        "no_package": Meaning(),
        "package_unavailable": Meaning(),
        "second_package": Meaning(),
        "wrong_service_type": Meaning(),
        "other_customer": Meaning(),
        "has_sva_users": Meaning(),
        "wrong_integration": Meaning(),
        "no_integration": Meaning(),
        # the platform
        "busy": WAIT,
        "platform_away": WAIT,
        "platform_failed": WAIT,
        # the call is right, but somebody has to enter a new token
        "token_refused": Meaning(HTTPStatus.SERVICE_UNAVAILABLE),
        "platform_refused": Meaning(),
        "cpf_on_platform": CONFLICT,
        "no_other_user": Meaning(),
        "not_matched": Meaning(),
        "not_adopted": Meaning(),
        # the integration
        "integration_archived": Meaning(),
        # a person has to resume it
        "integration_paused": Meaning(HTTPStatus.SERVICE_UNAVAILABLE),
        "base_url_invalid": Meaning(),
        "url_invalid": Meaning(),
        "token_needed": Meaning(),
        "in_use": Meaning(),
        "no_key": Meaning(),
        # the supplier's bill
        "wrong_file": Meaning(),
    }
)
#: stands where a result has a code for each record: it is not in sync yet
PENDING = "pending"


class RedirectValidationError(InvalidError):
    """A validation error with a button that leads to where it can be mended.

    Odoo's ``RedirectWarning`` does that, but is no ``UserError``: a program that calls
    from outside would get a server error and no sentence.

    :param message: what is wrong
    :param code: see :data:`..contract_access.exceptions.CODES`
    :param records: what it is wrong with
    :param action: the action of the button, a dictionary
    :param button: what is on the button
    """

    def __init__(self, message, code, records, action, button):
        super().__init__(message, code, records)
        # goes to the web client beside the message, see redirect_error.esm.js
        self.context |= {"action": action, "button": button}


class PlatformAway(RefusedError):
    """A platform cannot be worked with for now; nothing is lost, and it is tried again.

    Nothing was done that must not be: so the web client tells it as news, and not as a
    mistake of whoever pressed the button, see ``static/src/platform_away``.
    """
