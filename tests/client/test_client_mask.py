import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saber_plus_sva.client.errors import Refused
from saber_plus_sva.client.mask import MaskingFilter, mask

NUMBERS = st.text("0123456789+-. ()/ab", max_size=60)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("CPF 52998224725 inválido", "CPF ***25 inválido"),
        ("CPF 529.982.247-25.", "CPF ***25."),
        ("529 982 247 25", "***25"),
        ("cpf=52998224725&limit=1", "cpf=***25&limit=1"),
        ("fone +5511987654321", "fone ***21"),
        ("fone +55 (11) 98765-4321", "fone ***21"),
        ("fone (11) 98765-4321", "fone ***21"),
        ("fone 11 98765-4321", "fone ***21"),
        ("fone 11-98765-4321", "fone ***21"),
        ("fone 55 11 3765 4321", "fone ***21"),
        ("529-982-247-25", "***25"),
        ("5511987654321", "***21"),
        ("em 2026-11-24, 10:30, pedido 4711", "em 2026-11-24, 10:30, pedido 4711"),
        ("", ""),
    ],
)
def test_mask(text: str, masked: str) -> None:
    assert mask(text) == masked


@given(NUMBERS | st.text())
def test_masking_twice_is_masking_once(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(NUMBERS, st.from_regex(r"[0-9]{11}", fullmatch=True), NUMBERS)
def test_no_cpf_survives(before: str, cpf: str, after: str) -> None:
    formatted = f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"
    assert not re.search(r"\d{10}", mask(before + cpf + after))
    assert formatted not in mask(f"{before} {formatted} {after}")


@given(st.from_regex(r"\+[0-9]{8,15}", fullmatch=True), NUMBERS)
def test_no_phone_survives(phone: str, after: str) -> None:
    assert phone not in mask(phone + after)


def test_filter_masks_arguments() -> None:
    record = logging.LogRecord(
        "x", logging.DEBUG, "", 0, "%s?cpf=%s", ("/users", "52998224725"), None
    )
    assert MaskingFilter().filter(record)
    assert record.getMessage() == "/users?cpf=***25"


@given(st.text())
def test_error_messages_are_presentable(text: str) -> None:
    message = str(Refused("refused", text))
    assert 0 < len(message) <= 500
    message.encode()
    assert message.isprintable()


def test_control_characters_hide_no_cpf_in_messages() -> None:
    message = str(Refused("refused", "529\n982\x00247\x0025"))
    assert "529" not in message
