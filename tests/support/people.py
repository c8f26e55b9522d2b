"""People that no other test knows."""

import itertools

from stdnum.br import cpf as cpf_rules

_numbers = itertools.count(100_000_000)


def make_cpf(number: int | None = None) -> str:
    """The CPF of nine digits; without them, one that no other test uses."""
    base = str(number or next(_numbers))
    return base + cpf_rules._calc_check_digits(base)
