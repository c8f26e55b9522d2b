"""CPF and phone in the form in which the platform takes them."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.br import cpf as cpf_number

from saber_plus_sva.rules.registration import (
    InvalidCpf,
    InvalidPhone,
    NotAPerson,
    NotMobile,
    clean_cpf,
    clean_mobile,
    format_phone,
    format_registration_number,
)


@st.composite
def cpfs(draw):
    base = f"{draw(st.integers(1, 999_999_999)):09}"
    assume(len(set(base)) > 1)
    return base + cpf_number._calc_check_digits(base)


@given(cpfs(), st.sampled_from(["{}", "BR{}", " {} ", "br {}"]))
def test_every_way_to_write_a_cpf_is_the_same(digits, form):
    assert clean_cpf(form.format(digits)) == digits
    dotted = f"{digits[:3]}.{digits[3:6]}.{digits[6:9]}-{digits[9:]}"
    assert clean_cpf(form.format(dotted)) == digits


@given(cpfs(), st.sampled_from([9, 10]), st.integers(1, 9))
def test_a_wrong_check_digit_is_noticed(digits, place, change):
    wrong = (int(digits[place]) + change) % 10
    with pytest.raises(InvalidCpf):
        clean_cpf(f"{digits[:place]}{wrong}{digits[place + 1 :]}")


@given(st.text())
def test_any_text_is_a_cpf_or_refused(text):
    try:
        digits = clean_cpf(text)
    except InvalidCpf:
        return
    assert digits.isascii()
    assert digits.isdigit()
    assert len(digits) == 11


@pytest.mark.parametrize("number", ["11.444.777/0001-61", "12ABC34501DE35"])
def test_a_company_is_no_person(number):
    with pytest.raises(NotAPerson):
        clean_cpf(number)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("52998224725", "529.982.247-25"),
        ("529.982.247-25", "529.982.247-25"),
        ("BR52998224725", "529.982.247-25"),
        ("11444777000161", "11.444.777/0001-61"),
        ("br 12ABC34501DE35", "12.ABC.345/01DE-35"),
        ("52998224724", "52998224724"),
        ("/", "/"),
        ("", ""),
    ],
)
def test_a_number_as_it_stands_on_a_card(stored, shown):
    assert format_registration_number(stored) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("11987654321", "(11) 98765-4321"),
        ("+55 11 987654321", "(11) 98765-4321"),
        ("1133334444", "(11) 3333-4444"),
        ("+351912345678", "+351 912 345 678"),
        ("ramal 12", "ramal 12"),
        ("", ""),
    ],
)
def test_a_phone_as_people_write_it(stored, shown):
    assert format_phone(stored, ["US", "BR"]) == shown


@pytest.mark.parametrize("digits", ["00000000000", "11111111111"])
def test_repeated_digits(digits):
    # their check digits fit; the Receita Federal gives them to nobody
    with pytest.raises(InvalidCpf):
        clean_cpf(digits)


@pytest.mark.parametrize(
    ("number", "e164"),
    [
        ("(11) 98765-4321", "+5511987654321"),
        ("11987654321", "+5511987654321"),
        ("+55 11 98765-4321", "+5511987654321"),
        ("011 98765-4321", "+5511987654321"),
        ("+351 912 345 678", "+351912345678"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_mobile(number, e164):
    assert clean_mobile(number) == e164


def test_countries_are_tried_in_turn():
    assert clean_mobile("912 345 678", ["PT", "BR"]) == "+351912345678"
    assert clean_mobile("11 98765-4321", ["US", "BR"]) == "+5511987654321"
    with pytest.raises(NotMobile):
        clean_mobile("11 3333-4444", ["US", "BR"])


@pytest.mark.parametrize("number", ["(11) 3333-4444", "0800 123 4567"])
def test_not_mobile(number):
    with pytest.raises(NotMobile):
        clean_mobile(number)


@given(st.text())
def test_any_text_is_a_phone_or_refused(text):
    try:
        phone = clean_mobile(text)
    except InvalidPhone:
        return
    assert phone.startswith("+")
    assert phone[1:].isascii()
    assert phone[1:].isdigit()
