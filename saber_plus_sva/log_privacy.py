# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""What people have entered stays out of Odoo's own log.

Odoo logs the text of each refusal, the whole statement that the database has refused,
and, where debugging is on, the arguments of each call. Of this addon's records those
hold names, CPFs, phones, passwords and tokens. What happened where is logged all the
same; who asked gets the whole answer.
"""

import logging
import re
import traceback

from odoo.exceptions import UserError

#: whose texts may name a customer
OURS = ("odoo.addons.saber_plus_sva.", "odoo.addons.contract_access.")
_MODEL = re.compile(r"\bsva\.\w+")
_TABLE = re.compile(r"\b(?:sva|contract)_\w+")
WITHHELD = "(withheld)"


def _refusal(record):
    """Of a refusal, say what it is and where it was raised."""
    error = record.msg
    if not isinstance(error, UserError):
        return
    places = [
        f"{frame.f_globals.get('__name__')}:{line}"
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    ours = [place for place in places if place.startswith(OURS)]
    if ours or _MODEL.search(str(error)):
        place = (ours or places or ["?"])[-1]
        record.msg = "%s at %s %s"
        record.args = (type(error).__name__, place, WITHHELD)


def _statement(record):
    """Of a statement that failed, say on which table and why."""
    if not record.args or not str(record.msg).startswith("bad query"):
        return
    query, error = record.args
    text = query.decode(errors="replace") if isinstance(query, bytes) else str(query)
    if table := _TABLE.search(text):
        reason = getattr(getattr(error, "diag", None), "message_primary", None)
        record.args = (f"{table[0]} {WITHHELD}", reason or type(error).__name__)


def _call(record):
    """Of a call to one of our models, say which method was called."""
    if len(record.args or ()) == 3 and _MODEL.match(
        getattr(record.args[0], "_name", "")
    ):
        record.args = (*record.args[:2], WITHHELD)


class Withhold(logging.Filter):
    """Lets every record pass, without what is not for the log."""

    def __init__(self, edit):
        super().__init__()
        self.edit = edit

    def filter(self, record):
        self.edit(record)
        return True


def install():
    """Filter Odoo's loggers; once for the process."""
    for name, edit in (
        ("odoo.http", _refusal),
        ("odoo.sql_db", _statement),
        ("odoo.service.model", _call),
    ):
        logger = logging.getLogger(name)
        if not any(isinstance(one, Withhold) for one in logger.filters):
            logger.addFilter(Withhold(edit))
