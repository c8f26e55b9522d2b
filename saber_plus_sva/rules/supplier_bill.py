# Copyright 2026 Saber+ SVA contributors
# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""A platform's bill, as it comes as a file of comma-separated values."""

import csv
import io
import unicodedata
from dataclasses import dataclass
from math import isfinite

from .registration import InvalidCpf, clean_cpf

#: what the columns are called, without accents and in small letters
COLUMNS = {
    "cpf": ("cpf", "cpf_cnpj", "cpf/cnpj", "documento"),
    "package": ("pacote", "package", "package_code", "codigo do pacote", "plano"),
    "days": ("dias", "days", "dias ativos", "active_days"),
    "amount": ("valor", "amount", "total", "price"),
}


class WrongFile(ValueError):
    """The file is no bill that can be read.

    :param row: the number of the row, the header being the first; None: the whole file
    :param column: the name of what cannot be read in it
    """

    def __init__(self, row: int | None = None, column: str = ""):
        super().__init__(row, column)
        self.row = row
        self.column = column


@dataclass(frozen=True)
class BilledRow:
    """What the platform bills of a person.

    :param cpf: digits
    :param package: its code; empty where the file has none
    :param days: None where the file does not say
    :param amount: in the bill's currency; None likewise
    """

    cpf: str
    package: str = ""
    days: int | None = None
    amount: float | None = None


def read_bill(content: bytes) -> list[BilledRow]:
    """The rows of a bill: any order of columns, separated by ``;``, ``,`` or tabs.

    :param content: in UTF-8, or as spreadsheets in Brazil save it (Latin-1)
    :raises WrongFile: there is no column with a CPF, or a value cannot be read
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise WrongFile()
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(";,\t", key=header.count)
    rows = csv.reader(io.StringIO(text.strip()), delimiter=delimiter)
    try:
        places = _places(next(rows, []))
        if "cpf" not in places:
            raise WrongFile(column="CPF")
        return [
            _row(number, row, places)
            for number, row in enumerate(rows, start=2)
            if any(cell.strip() for cell in row) and not _is_total(row)
        ]
    except csv.Error as error:
        raise WrongFile(rows.line_num) from error


def _places(header: list[str]) -> dict[str, int]:
    names = [_plain(cell) for cell in header]
    return {
        column: names.index(known)
        for column, aliases in COLUMNS.items()
        for known in [next((name for name in aliases if name in names), None)]
        if known
    }


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.strip().lower())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def _is_total(row: list[str]) -> bool:
    """Whether a row sums up the others, as spreadsheets do below them."""
    first = next(_plain(cell) for cell in row if cell.strip())
    return first.startswith(("total", "subtotal", "soma"))


def _row(number: int, row: list[str], places: dict[str, int]) -> BilledRow:
    def cell(column: str) -> str:
        place = places.get(column, len(row))
        return row[place].strip() if place < len(row) else ""

    try:
        cpf = cell("cpf")
        # a spreadsheet takes it for a number, and drops the zeros before it
        cpf = clean_cpf(cpf.zfill(11) if len(cpf) >= 9 and cpf.isdecimal() else cpf)
    except InvalidCpf as error:
        raise WrongFile(number, "CPF") from error
    days = cell("days")
    if days and not days.isdecimal():
        raise WrongFile(number, "days")
    try:
        amount = _amount(cell("amount"))
    except ValueError as error:
        raise WrongFile(number, "amount") from error
    return BilledRow(cpf, cell("package"), int(days) if days else None, amount)


def _amount(text: str) -> float | None:
    """A number as people write it: ``1.234,56``, ``R$ 9,90`` or ``1,234.56``."""
    text = text.replace("R$", "").replace(" ", "").replace("\u00a0", "")
    if not text:
        return None
    if "," in text:
        # of two marks, the last one is before the cents
        thousands, cents = sorted(".,", key=text.rfind)
        text = text.replace(thousands, "").replace(cents, ".")
    amount = float(text)
    if not isfinite(amount):
        raise ValueError(text)
    return amount
