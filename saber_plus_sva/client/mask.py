"""Hides personal numbers: a CPF or a phone keeps its last two digits only."""

import logging
import re

# Erring on the side of hiding: besides CPF and E.164, also a Brazilian phone in its
# national forms and any run of ten digits or more.
_PERSONAL_NUMBER = re.compile(
    r"""
      \+ (?: [\s().-]{0,2} \d ){8,}                         # +55 11 98765-4321
    | \d{3} [-.\s]? \d{3} [-.\s]? \d{3} [-.\s/]? \d{2} (?!\d) # 529.982.247-25
    | \( \d{2} \) \s* \d{4,5} [-.\s]? \d{4}                 # (11) 98765-4321
    | (?<![\d*]) (?: 55 [-\s] )? \d{2} [-.\s] \d{4,5} [-.\s]? \d{4} \b
                                                            # 11 98765-4321
    | \d{10,}
    """,
    re.VERBOSE,
)


def mask(text: str) -> str:
    """The text with each CPF and each phone in it as ``***`` and two digits."""
    return _PERSONAL_NUMBER.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    return "***" + re.sub(r"\D", "", found[0])[-2:]


class MaskingFilter(logging.Filter):
    """Masks a record's text; for loggers that print URLs, which may hold a CPF."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = mask(record.getMessage())
        record.args = ()
        return True
