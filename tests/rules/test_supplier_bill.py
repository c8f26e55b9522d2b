"""What a platform's bill may look like."""

import pytest

from saber_plus_sva.rules.supplier_bill import BilledRow, WrongFile, read_bill

CPF = "52998224725"


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("CPF;Pacote;Dias;Valor\n529.982.247-25;LIVROS;30;R$ 1.234,56", None),
        ("valor,dias,pacote,cpf\n1234.56,30,LIVROS,52998224725", None),
        (
            "\ufeffcpf\tpackage\tdays\tamount\n52998224725\tLIVROS\t30\t1234,56\n\n",
            None,
        ),
        ("cpf;pacote;dias;valor\n52998224725;LIVROS;30;1,234.56", None),
        ("cpf;pacote;dias;valor\n52998224725;LIVROS;30;1234,56\nTotal;;;1", None),
        ("cpf;pacote;dias;valor\n;;;\n52998224725;LIVROS;30;1.234,56", None),
        ("cpf\n9345678913", BilledRow("09345678913")),
        ("CPF\n52998224725", BilledRow(CPF)),
        ("CPF;Dias\n52998224725", BilledRow(CPF)),
    ],
)
def test_rows(text, row):
    expected = row or BilledRow(CPF, "LIVROS", 30, 1234.56)
    assert read_bill(text.encode()) == [expected]


def test_latin_1():
    text = "CPF;Código do pacote\n52998224725;PÉ"
    assert read_bill(text.encode("latin-1")) == [BilledRow(CPF, "PÉ")]


@pytest.mark.parametrize(
    ("content", "row", "column"),
    [
        (b"", None, "CPF"),
        (b"PK\x03\x04\0\0", None, ""),
        (b"Nome\nMaria", None, "CPF"),
        (b"CPF\n123", 2, "CPF"),
        (b"CPF\n52998224725\n11222333000181", 3, "CPF"),
        (b"CPF;Dias\n52998224725;-1", 2, "days"),
        (b"CPF;Valor\n52998224725;x", 2, "amount"),
        (b"CPF;Valor\n52998224725;nan", 2, "amount"),
        (b"CPF;Valor\n52998224725;-inf", 2, "amount"),
    ],
)
def test_what_is_no_bill(content, row, column):
    with pytest.raises(WrongFile) as caught:
        read_bill(content)
    assert (caught.value.row, caught.value.column) == (row, column)
