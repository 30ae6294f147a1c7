from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.flow.slots import numbers

NOW = datetime(2026, 11, 23, 10, 0)

SPANISH = {
    "cero": 0,
    "uno": 1,
    "treinta y dos": 32,
    "Treinta y dos años, gracias.": 32,
    "veintiún años": 21,
    "veintidos": 22,
    "treintaicinco": 35,
    "ciento una": 101,
    "dos mil quinientos": 2500,
    "2 mil": 2000,
    "2.500 euros": 2500,
    "1,244": 1244,
    "un millón doscientos mil": 1_200_000,
    "1.200.000": 1_200_000,
    "tres coma cinco": 3.5,
    "3,5": 3.5,
    "tres coma cero cinco": 3.05,
    "dos y medio": 2.5,
    "menos tres": -3,
    "una cita": 1,
    "somos una familia de cuatro": 4,
    "para cuatro, no, para cinco": 5,
    "seis siete ocho": 678,
    "4 5 6 7": 4567,
    "cuarto": None,
    "dos o tres": None,
    "las 4:30": None,
    "no sé": None,
    "": None,
}
ENGLISH = {
    "zero": 0,
    "one": 1,
    "thirty-two": 32,
    "thirty two years old": 32,
    "a hundred and five": 105,
    "two thousand five hundred": 2500,
    "2 thousand": 2000,
    "1,200": 1200,
    "2,300 and 1.": 2301,
    "three point five": 3.5,
    "two and a half": 2.5,
    "minus three": -3,
    "an appointment": 1,
    "a table for four": 4,
    "four. Sorry, five": 5,
    "four five six seven": 4567,
    "two or three": None,
    "I don't know": None,
    "": None,
}


@pytest.mark.parametrize(("said", "number"), SPANISH.items())
def test_spanish_numbers(said: str, number: float | None) -> None:
    assert numbers.parse(said, "es", NOW) == number


@pytest.mark.parametrize(("said", "number"), ENGLISH.items())
def test_english_numbers(said: str, number: float | None) -> None:
    assert numbers.parse(said, "en", NOW) == number


@pytest.mark.parametrize("language", ["es", "en"])
@given(number=st.integers(-(10**10), 10**10) | st.integers(0, 10_000))
def test_every_whole_number_is_understood_as_it_is_read_back(language: str, number: int) -> None:
    assert numbers.parse(numbers.say(number, language), language, NOW) == number


@pytest.mark.parametrize("language", ["es", "en"])
@given(hundredths=st.integers(-100_000, 100_000))
def test_every_decimal_is_understood_as_it_is_read_back(language: str, hundredths: int) -> None:
    number = hundredths / 100
    assert numbers.parse(numbers.say(number, language), language, NOW) == number


@pytest.mark.parametrize("language", ["es", "en"])
@given(text=st.text(max_size=80))
def test_anything_may_be_said(language: str, text: str) -> None:
    numbers.parse(text, language, NOW)


@pytest.mark.parametrize(
    ("number", "spanish", "english"),
    [
        (22, "veintidós", "twenty-two"),
        (100, "cien", "one hundred"),
        (1985, "mil novecientos ochenta y cinco", "one thousand nine hundred and eighty-five"),
        (21_000, "veintiún mil", "twenty-one thousand"),
        (2_000_001, "dos millones uno", "two million and one"),
        (3.14, "tres coma catorce", "three point one four"),
        (-0.5, "menos cero coma cinco", "minus zero point five"),
        (4.0, "cuatro", "four"),
    ],
)
def test_read_back_is_in_words(number: float, spanish: str, english: str) -> None:
    assert numbers.say(number, "es") == spanish
    assert numbers.say(number, "en") == english


def test_an_endless_row_of_digits_is_no_number() -> None:
    assert numbers.parse("9" * 5000, "es", NOW) is None
    assert numbers.parse("nueve " * 1000, "es", NOW) is None
