"""People that no other test knows."""

import itertools
from datetime import date, datetime
from zoneinfo import ZoneInfo

from stdnum.br import cpf as cpf_rules

_numbers = itertools.count(100_000_000)


def make_cpf() -> str:
    """A CPF that no other test uses."""
    base = str(next(_numbers))
    return base + cpf_rules._calc_check_digits(base)


def today() -> date:
    """The provider's day: in Brazil, whatever the day is where the tests run."""
    return datetime.now(ZoneInfo("America/Sao_Paulo")).date()
