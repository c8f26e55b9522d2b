"""People that no other test knows."""

import itertools

from stdnum.br import cpf as cpf_rules

_numbers = itertools.count(100_000_000)


def make_cpf() -> str:
    """A CPF that no other test uses."""
    base = str(next(_numbers))
    return base + cpf_rules._calc_check_digits(base)
