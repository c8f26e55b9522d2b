"""Registration data as the platform takes it: CPF and mobile phone."""

import re
from collections.abc import Iterable

import phonenumbers
from stdnum.br import cnpj as cnpj_number
from stdnum.br import cpf as cpf_number

#: digits and capital letters since July 2026 (Receita Federal, IN RFB 2.229/2024)
_CNPJ = re.compile(r"^[0-9A-Z]{12}[0-9]{2}$")
_MOBILE = (
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
)

#: what people write between the digits of a CPF or a phone number
_PUNCTUATION = re.compile(r"[\s()+./\u2010-\u2015-]")
#: of the longest phone number; a CPF has 11, a CNPJ 14
_MOST_DIGITS = 15
#: what comes before the area code of a Brazilian phone number
_PREFIX = re.compile(r"^(00)?(55)?0?")


class InvalidCpf(ValueError):
    """Not a CPF: wrong length or wrong check digits."""


class NotAPerson(InvalidCpf):
    """A CNPJ: the number of a company, where a person's is needed."""


class InvalidPhone(ValueError):
    """Not a phone number."""


class NotMobile(InvalidPhone):
    """A phone number, but not a mobile one."""


def clean_cpf(value: str) -> str:
    """The digits of a CPF.

    :param value: a CPF with or without its punctuation, with or without the country
        prefix ``BR`` of a VAT number
    :return: 11 digits
    :raises NotAPerson: it is a CNPJ
    :raises InvalidCpf: it is no CPF; the check digits are those of the Receita Federal
    """
    compact = re.sub(r"[\s./-]", "", value).upper().removeprefix("BR")
    if _CNPJ.match(compact):
        raise NotAPerson(value)
    # Beyond the check digits: digits of no other script, and not one digit repeated,
    # which fits them but is given to nobody.
    if (
        not re.fullmatch(r"[0-9]{11}", compact)
        or len(set(compact)) == 1
        or not cpf_number.is_valid(compact)
    ):
        raise InvalidCpf(value)
    return compact


def format_registration_number(value: str) -> str:
    """A CPF or CNPJ as it stands on a card; whatever else it is, as it stands.

    :param value: the number with or without its punctuation
    :return: ``529.982.247-25``, or ``12.345.678/0001-95``
    """
    try:
        return cpf_number.format(clean_cpf(value))
    except NotAPerson:
        number = re.sub(r"\s", "", value).upper().removeprefix("BR")
        return cnpj_number.format(number)
    except InvalidCpf:
        return value


def clean_mobile(value: str, country_codes: Iterable[str] = ("BR",)) -> str:
    """A mobile phone number in E.164.

    :param value: the number as people write it
    :param country_codes: ISO 3166 codes of the countries that a number without ``+``
        may be in, the likeliest first
    :return: ``+`` and up to 15 digits
    :raises NotMobile: it is a phone number, but a landline's or a service's
    :raises InvalidPhone: it is no phone number
    """
    problem: InvalidPhone = InvalidPhone(value)
    for country_code in country_codes:
        try:
            number = phonenumbers.parse(value, country_code)
        except phonenumbers.NumberParseException:
            continue
        if not phonenumbers.is_valid_number(number):
            continue
        if phonenumbers.number_type(number) in _MOBILE:
            return phonenumbers.format_number(
                number, phonenumbers.PhoneNumberFormat.E164
            )
        problem = NotMobile(value)
    raise problem


def format_phone(value: str, country_codes: Iterable[str] = ("BR",)) -> str:
    """A phone number as people here write it; whatever else it is, as it stands.

    :param value: the number as it was entered
    :param country_codes: as in :func:`clean_mobile`
    :return: ``(11) 98765-4321``, or ``+351 912 345 678`` for one from abroad
    """
    for country_code in country_codes:
        try:
            number = phonenumbers.parse(value, country_code)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            is_here = phonenumbers.region_code_for_number(number) == "BR"
            formats = phonenumbers.PhoneNumberFormat
            return phonenumbers.format_number(
                number, formats.NATIONAL if is_here else formats.INTERNATIONAL
            )
    return value


def typed_digits(text: str) -> str:
    """The digits of what may be a piece of a CPF or of a phone number.

    :param text: what somebody types to find it
    :return: up to 15 digits; none where the text is something else
    """
    digits = _PUNCTUATION.sub("", text)
    is_number = re.fullmatch(f"[0-9]{{1,{_MOST_DIGITS}}}", digits)
    return digits if is_number else ""


def typed_phone(text: str) -> str:
    """The digits of what may be a piece of a phone number, from the area code on.

    The country code is left away, because not everybody has stored it.

    :param text: what somebody types to find it
    :return: up to 15 digits; none where the text is something else
    """
    digits = typed_digits(text)
    is_whole = len(digits) > 11 or text.lstrip().startswith("+")
    return _PREFIX.sub("", digits) if is_whole else digits
