import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assist.flow.slots.corrections import takes
from assist.flow.slots.numerals import cardinal, numerals
from assist.flow.slots.text import bare, fold, plain, words


def test_case_and_accents_are_folded() -> None:
    assert fold("¡Mañana, SÍ!") == "¡manana, si!"


def test_punctuation_is_kept_only_between_digits() -> None:
    assert plain("¡A las 4:30, el 15/05… 3,5 y 4, vale!") == "a las 4:30 el 15/05 3,5 y 4 vale"


def test_words_keep_no_punctuation() -> None:
    assert words("¿Sí? It's 4:30.") == ["si", "it", "s", "4", "30"]


@pytest.mark.parametrize(
    ("said", "language", "rest"),
    [
        ("pues eh el martes por favor", "es", "el martes"),
        ("um well tuesday please", "en", "tuesday"),
        ("hola gracias", "es", ""),
        ("", "es", ""),
    ],
)
def test_courtesies_and_hesitations_are_cut_off(said: str, language: str, rest: str) -> None:
    assert bare(said, language) == rest


@pytest.mark.parametrize(
    ("said", "language", "written"),
    [
        ("Las nueve menos cuarto", "es", "las 9 menos cuarto"),
        ("una cita a la una", "es", "una cita a la una"),
        ("veintidos, veinti tres, veinte y cuatro", "es", "22 23 24"),
        ("ventiuno", "es", "21"),
        ("treintaiuno", "es", "31"),
        ("un millón", "es", "1000000"),
        ("A quarter to nine", "en", "a quarter to 9"),
        ("November twenty-fifth", "en", "november 25th"),
    ],
)
def test_numbers_in_words_become_digits_and_articles_stay(said: str, language: str, written: str) -> None:
    assert numerals(said, language) == written


@pytest.mark.parametrize("language", ["es", "en"])
@given(number=st.integers(2, 10**9 - 1))
@example(number=501_000)
def test_every_number_in_words_becomes_the_same_digits(language: str, number: int) -> None:
    assert numerals(cardinal(number, language), language) == str(number)


@pytest.mark.parametrize(
    ("said", "language", "stands"),
    [
        ("el martes", "es", ["el martes"]),
        ("el martes, no, el miércoles", "es", ["el miércoles", "el martes"]),
        ("El martes no puedo, el jueves sí", "es", ["el jueves sí"]),
        ("el martes, ¿no?", "es", ["el martes"]),
        ("Ana, perdón, Eva", "es", ["Eva", "Ana"]),
        ("el martes no", "es", []),
        ("Tuesday, I mean Wednesday", "en", ["Wednesday", "Tuesday"]),
        ("not Tuesday", "en", []),
    ],
)
def test_the_last_correction_comes_first_and_what_is_denied_goes(said: str, language: str, stands: list[str]) -> None:
    assert takes(said, language) == stands
