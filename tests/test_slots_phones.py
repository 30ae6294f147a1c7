"""The numbers are those of documentation and of nobody."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.flow.slots import phones
from assist.flow.slots.numerals import cardinal

NOW = datetime(2026, 11, 23, 10, 0)

SPANISH = {
    "612345678": "+34612345678",
    "612 34 56 78": "+34612345678",
    "612.345.678": "+34612345678",
    "612-345-678": "+34612345678",
    "612, 345, 678.": "+34612345678",
    "+34 612 345 678": "+34612345678",
    "0034 612 345 678": "+34612345678",
    "seis uno dos tres cuatro cinco seis siete ocho": "+34612345678",
    "seis uno dos, tres cuatro cinco, seis siete ocho": "+34612345678",
    "seiscientos doce treinta y cuatro cincuenta y seis setenta y ocho": "+34612345678",
    "seiscientos doce, trescientos cuarenta y cinco, seiscientos setenta y ocho": "+34612345678",
    "El 612, eh, treinta y cuatro, cincuenta y seis, setenta y ocho.": "+34612345678",
    "mi número es el seis doce y luego treinta y cuatro cincuenta y seis y setenta y ocho": "+34612345678",
    "es el 612 y después 34 56 78, gracias": "+34612345678",
    "más treinta y cuatro, seis uno dos, tres cuatro cinco, seis siete ocho": "+34612345678",
    "seis uno dos doble siete cinco seis siete ocho": "+34612775678",
    "seis uno dos triple cero seis siete ocho": "+34612000678",
    "nueve uno cinco cinco cinco cero uno cero dos": "+34915550102",
    "tengo 2 teléfonos, apunte el 612 345 678": "+34612345678",
    "612 345 679, perdón, 612 345 678": "+34612345678",
    "más cincuenta y dos cincuenta y cinco doce treinta y cuatro cincuenta y seis setenta y ocho": "+525512345678",
    "Mi número es el 612 y luego 30 al 4, 50 al 6 y 78.": "+34612345678",
    "612, 340 al 5, 678": "+34612345678",
    "612 millones 345.678": "+34612345678",
    "612 345 678 612 345 678": "+34612345678",
    "612 34 56": None,
    "612 34 56, no, 57 78": None,
    "quince": None,
    "no quiero darlo": None,
    "": None,
}
ENGLISH = {
    "212-555-0123": "+12125550123",
    "(212) 555-0123": "+12125550123",
    "two one two five five five oh one two three": "+12125550123",
    "two one two, triple five, oh one two three": "+12125550123",
    "two one two, seven three six, five thousand": "+12127365000",
    "it's two one two, then seven three six, uh, five double oh zero": "+12127365000",
    "oh two oh seven nine four six oh nine five eight": "+442079460958",
    "plus four four two oh seven nine four six oh nine five eight": "+442079460958",
    "six one two, three four five, six seven eight": "+34612345678",
    "plus three four six one two three four five six seven eight": "+34612345678",
    "six one two three": None,
    "I'd rather not": None,
    "": None,
}


@pytest.mark.parametrize(("said", "number"), SPANISH.items())
def test_spanish_telephone_numbers(said: str, number: str | None) -> None:
    assert phones.parse(said, "es", NOW) == number


@pytest.mark.parametrize(("said", "number"), ENGLISH.items())
def test_english_telephone_numbers(said: str, number: str | None) -> None:
    assert phones.parse(said, "en", NOW) == number


def test_the_region_of_a_business_decides_what_its_callers_mean() -> None:
    said = "cincuenta y cinco doce treinta y cuatro cincuenta y seis setenta y ocho"
    assert phones.parse(said, "es", NOW) is None
    assert phones.parse(said, "es", NOW, regions=["MX"]) == "+525512345678"


spanish_mobiles = st.integers(610_000_000, 689_999_999).map(lambda number: f"+34{number}")


@pytest.mark.parametrize("language", ["es", "en"])
@given(number=spanish_mobiles)
def test_every_number_is_understood_as_it_is_read_back(language: str, number: str) -> None:
    assert phones.parse(phones.say(number, language), language, NOW) == number


@given(number=spanish_mobiles)
def test_every_number_is_understood_in_a_three_and_three_pairs(number: str) -> None:
    digits = number.removeprefix("+34")
    groups = (digits[:3], digits[3:5], digits[5:7], digits[7:])
    said = ", ".join(
        cardinal(int(group), "es") if group[0] != "0" else f"cero {cardinal(int(group), 'es')}" for group in groups
    )
    assert phones.parse(said, "es", NOW) == number


@pytest.mark.parametrize("language", ["es", "en"])
@given(text=st.text(max_size=80) | st.text(alphabet="0123456789 +-.,o", max_size=80))
def test_anything_may_be_said(language: str, text: str) -> None:
    phones.parse(text, language, NOW)


def test_read_back_is_digit_by_digit_with_pauses() -> None:
    assert phones.say("+34612345678", "es") == "seis uno dos, tres cuatro cinco, seis siete ocho"
    assert phones.say("+12125550123", "en") == "two one two, five five five, zero one, two three"
    assert phones.say("+442079460958", "es").startswith("más cuatro cuatro, ")


@pytest.mark.parametrize(
    ("begun", "said", "digits"),
    [
        ("", "6, 1, 2.", "612"),
        ("", "es el seis uno dos", "612"),
        ("612", "345", "612345"),
        ("612345", "6-7-8", "612345678"),
        ("", "6", "6"),
        ("612", "me he equivocado, empiezo otra vez, 613", "613"),
        ("612345", "612 345", "612345"),
        ("612", "a las diez", None),
        ("612", "Ana García", None),
        ("", "no sé", None),
        ("", "123456789", None),
    ],
)
def test_a_number_is_begun_and_gone_on_with(begun: str, said: str, digits: str | None) -> None:
    assert phones.begin(begun, said, "es") == digits


def test_numbers_of_the_own_country_are_said_without_its_code() -> None:
    assert phones.say("+34612345678", "en", regions=["ES"]) == "six one two, three four five, six seven eight"
    assert phones.say("+12125550123", "en", regions=["ES"]).startswith("plus one, ")
    assert phones.say("61234", "es") == "seis uno dos, tres cuatro"


@given(begun=st.text("0123456789", max_size=12), text=st.text(max_size=40) | st.text("0123456789 +", max_size=40))
def test_anything_may_go_on(begun: str, text: str) -> None:
    phones.begin(begun, text, "es")
