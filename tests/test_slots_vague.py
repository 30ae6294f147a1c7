"""Answers that say only roughly when, or nothing."""

import pytest

from assist.flow.slots.vague import Rough, hours_of, part_of_day, refuses, rough, week


@pytest.mark.parametrize(
    ("text", "language", "wish"),
    [
        ("Cuanto antes.", "es", Rough.FIRST),
        ("lo antes posible", "es", Rough.FIRST),
        ("a primera hora", "es", Rough.FIRST),
        ("me da igual", "es", Rough.FIRST),
        ("el primer hueco que tengan", "es", Rough.FIRST),
        ("a última hora", "es", Rough.LAST),
        ("as soon as possible", "en", Rough.FIRST),
        ("any time", "en", Rough.FIRST),
        ("the last appointment", "en", Rough.LAST),
        ("el martes", "es", None),
        ("a las diez", "es", None),
        ("at ten", "en", None),
    ],
)
def test_a_wish_that_names_no_time(text: str, language: str, wish: Rough | None) -> None:
    assert rough(text, language) is wish


@pytest.mark.parametrize(
    ("text", "language", "part", "hours"),
    [
        ("pasado mañana por la tarde", "es", "por la tarde", (14, 21)),
        ("mañana por la mañana", "es", "por la manana", (0, 14)),
        ("después de comer", "es", "despues de comer", (14, 21)),
        ("al mediodía", "es", "al mediodia", (12, 16)),
        ("in the morning", "en", "in the morning", (0, 12)),
        ("mañana", "es", "", (0, 24)),
        ("", "en", "", (0, 24)),
    ],
)
def test_a_part_of_the_day_and_its_hours(text: str, language: str, part: str, hours: tuple[int, int]) -> None:
    assert part_of_day(text, language) == part
    assert hours_of(part, language) == hours


def test_a_week_is_no_day() -> None:
    assert week("para la semana que viene", "es") == "la semana que viene"
    assert week("sometime next week", "en") == "next week"
    assert week("el martes", "es") == ""


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("No tengo teléfono.", "es"),
        ("no", "es"),
        ("prefiero no darlo", "es"),
        ("no me lo sé de memoria", "es"),
        ("I don't have one", "en"),
        ("no thanks", "en"),
        ("I'd rather not", "en"),
    ],
)
def test_what_is_not_told(text: str, language: str) -> None:
    assert refuses(text, language)


@pytest.mark.parametrize(("text", "language"), [("espere un momento", "es"), ("seis uno dos", "es"), ("yes", "en")])
def test_what_is_no_refusal(text: str, language: str) -> None:
    assert not refuses(text, language)
