# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What the web client answers with more than a message."""

from odoo.exceptions import UserError, ValidationError


class RedirectValidationError(ValidationError):
    """A validation error with a button that leads to where it can be mended.

    Odoo's ``RedirectWarning`` does that, but is no ``UserError``: a program that calls
    from outside would get a server error and no sentence.

    :param message: what is wrong
    :param action: the action of the button, a dictionary
    :param button: what is on the button
    """

    def __init__(self, message, action, button):
        super().__init__(message)
        # goes to the web client beside the message, see redirect_error.esm.js
        self.context = {"action": action, "button": button}


class PlatformAway(UserError):
    """A platform cannot be worked with for now; nothing is lost, and it is tried again.

    Nothing was done that must not be: so the web client tells it as news, and not as a
    mistake of whoever pressed the button, see ``static/src/platform_away``.
    """
