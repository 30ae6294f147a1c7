"""Opening hours put into words."""

from datetime import date, datetime

import pytest
from pydantic import TypeAdapter

from assist.assistant.hours import Hours
from assist.flow import spoken

NOW = datetime(2026, 11, 23, 10, 30)


def hours(**days: object) -> Hours:
    return TypeAdapter(Hours).validate_python(days)


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("es", "de lunes a miércoles de nueve a una, el viernes de ocho y media a dos, y el domingo de diez a doce"),
        ("en", "Monday to Wednesday from nine to one, on Friday from half past eight to two, and on Sunday from ten "
         "to noon"),
    ],
)  # fmt: skip
def test_days_with_the_same_hours_are_told_together(language: str, said: str) -> None:
    morning = ["9:00-13:00"]
    week = hours(monday=morning, tuesday=morning, wednesday=morning, friday=["8:30-14:00"], sunday=["10:00-12:00"])
    assert spoken.week(week, language) == said


def test_one_stretch_of_days_needs_no_and() -> None:
    assert spoken.week(hours(saturday=["10:00-13:00"]), "es") == "el sábado de diez a una"
    assert spoken.week(Hours(), "es") == ""


@pytest.mark.parametrize(
    ("day", "spanish", "english"),
    [
        (date(2026, 11, 23), "hoy", "today"),
        (date(2026, 11, 24), "mañana", "tomorrow"),
        (date(2026, 11, 29), "el domingo", "on Sunday"),
        (date(2026, 11, 30), "el lunes treinta de noviembre", "on Monday the thirtieth of November"),
    ],
)
def test_a_day_is_named_as_one_names_it_today(day: date, spanish: str, english: str) -> None:
    assert spoken.day(day, NOW, "es") == spanish
    assert spoken.day(day, NOW, "en") == english


@pytest.mark.parametrize(
    ("text", "language", "day"),
    [
        ("¿abren los domingos?", "es", date(2026, 11, 29)),
        ("¿abren los martes por la tarde?", "es", date(2026, 11, 24)),
        ("¿y los lunes?", "es", date(2026, 11, 23)),
        ("¿abren mañana?", "es", date(2026, 11, 24)),
        ("are you open on Saturdays?", "en", date(2026, 11, 28)),
        ("and on Mondays?", "en", date(2026, 11, 23)),
        ("¿qué horario tienen?", "es", None),
    ],
)
def test_the_day_that_is_asked_about_is_found_also_in_the_plural(text: str, language: str, day: date | None) -> None:
    assert spoken.named_day(text, language, NOW) == day


def test_a_day_is_over_once_its_last_hours_are() -> None:
    week = hours(monday=["9:00-14:00", "16:00-20:00"])
    assert not spoken.today_over(week, NOW.replace(hour=19))
    assert spoken.today_over(week, NOW.replace(hour=20, minute=0))
    assert not spoken.today_over(Hours(), NOW)
