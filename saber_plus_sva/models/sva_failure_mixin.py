# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What went wrong with a platform, kept as a code and told in the reader's language."""

from odoo import api, fields, models
from odoo.tools import LazyTranslate

from odoo.addons.contract_access.transaction import UNFORESEEN

_lt = LazyTranslate(__name__)

#: what a failure means to people, by the code of a `PlatformError` or one of our own;
#: the platform's other codes come with the platform's own words
EXPLANATIONS = {
    "timeout": _lt("The platform did not answer in time. The call will be repeated."),
    "connection_failed": _lt(
        "The platform cannot be reached. Check the base URL and the network."
    ),
    "connection_lost": _lt(
        "The connection to the platform broke. The call will be repeated."
    ),
    "tls_failed": _lt(
        "The platform's certificate could not be verified. Nothing was sent."
    ),
    "unavailable": _lt("The platform is not available. The call will be repeated."),
    "rate_limited": _lt(
        "The platform asks for fewer calls. The call will be repeated."
    ),
    "redirected": _lt(
        "The platform answered from another address, which was not followed. "
        "Check the base URL."
    ),
    "malformed_answer": _lt(
        "The platform's answer could not be understood. Check the base URL."
    ),
    "answer_too_large": _lt("The platform's answer was too large. Check the base URL."),
    "cursor_loop": _lt("The platform's list of pages does not end."),
    "unstable": _lt("The platform's answers contradict each other."),
    "unforeseen": UNFORESEEN,
    "no_token": _lt("There is no token. Enter it in the SVA integration."),
    "wrong_key": _lt(
        "What was stored encrypted cannot be read with this server's key. "
        "Enter the token (or the password) again."
    ),
    "no_key": _lt(
        "A server that works for this database has no encryption key. Its "
        "administrator must put the key file, or the environment variable, on it; see "
        "its log."
    ),
    "other_database": _lt(
        "The token was entered in another database: this one is a copy, or was "
        "restored or moved. Nothing is sent to the platform from here. Enter the token "
        "again, or confirm in the SVA integration that this is the real database."
    ),
    "malformed_token": _lt(
        "The token has characters that no token has. Enter it again in the "
        "SVA integration."
    ),
    "unauthorized": _lt(
        "The platform refused the token. Check it in the SVA integration."
    ),
    "invalid_token": _lt(
        "The platform refused the token. Check it in the SVA integration."
    ),
    "account_suspended": _lt(
        "The platform has suspended this account. Contact the platform."
    ),
    "malformed_request": _lt("The user's data have characters that cannot be sent."),
    "refused": _lt("The platform refused the request."),
    "forbidden": _lt(
        "The platform accepts the token, but refused this request. A firewall on the "
        "way may have done so; ask the platform."
    ),
    "not_found": _lt("The platform does not know this address or user."),
    "cpf_already_registered": _lt(
        "CPF já cadastrado. The platform has a user with this CPF that was not "
        "created from here."
    ),
    "stopped": _lt("No calls are made: the integration is paused or archived."),
    "out_of_time": _lt(
        "There was no time left for the call. It will be made as soon as there is."
    ),
    "killed": _lt(
        "The server has killed the work while the platform was asked, more than once. "
        "It will be tried again. The server's log says when and why; compare the "
        "time-out with the server's time limits."
    ),
    "username_taken": _lt(
        "The platform has a user with this user name that was not created from here."
    ),
    "unknown_package": _lt(
        "The platform does not have this package any more. Fetch the packages again."
    ),
    "invalid_client": _lt(
        "The platform refused client ID and secret. Check them in the SVA integration."
    ),
}


class SvaFailureMixin(models.AbstractModel):
    """Keeps the last failure of a record."""

    _name = "sva.failure.mixin"
    _description = "SVA Failure"

    # shown to people in words
    error_code = fields.Char(readonly=True, copy=False, groups="base.group_system")
    error_message = fields.Char(readonly=True, copy=False, groups="base.group_system")

    def _explain_failure(self):
        """The record's failure in the user's language, False where there is none."""
        self.ensure_one()
        return self.error_code and self._explain(self.error_code, self.error_message)

    @api.model
    def _explain(self, code, message):
        """What a failure means, in the user's language.

        :param code: see :data:`EXPLANATIONS`
        :param message: the platform's own words, for a code that is the platform's own
        """
        known = EXPLANATIONS.get(code)
        return self.env._(known) if known else message or code

    @api.model
    def _failure_values(self, error=None):
        """The values that keep a failure, or that there is none any more.

        :param error: a :class:`..client.errors.PlatformError`
        """
        if error is None:
            return {"error_code": False, "error_message": False}
        # with what the platform says of single fields
        message = "; ".join([str(error), *dict.fromkeys(error.fields.values())])
        return {"error_code": error.code, "error_message": message}
