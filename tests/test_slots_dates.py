"""On Monday, 23 November 2026."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.flow.slots import dates

NOW = datetime(2026, 11, 23, 10, 0)

SPANISH = {
    "hoy": "2026-11-23",
    "Hoy, por favor.": "2026-11-23",
    "esta tarde": "2026-11-23",
    "esta mañana": "2026-11-23",
    "mañana": "2026-11-24",
    "Mañana.": "2026-11-24",
    "manana": "2026-11-24",
    "mañana por la mañana": "2026-11-24",
    "mañana martes": "2026-11-24",
    "Mañana, que es martes": "2026-11-24",
    "mañana a las nueve de la mañana": "2026-11-24",
    "pasado mañana": "2026-11-25",
    "Pues... pasado mañana, si puede ser.": "2026-11-25",
    "pasado mañana por la mañana": "2026-11-25",
    "el martes": "2026-11-24",
    "MARTES": "2026-11-24",
    "El miércoles.": "2026-11-25",
    "el miercoles": "2026-11-25",
    "el lunes": "2026-11-30",
    "el lunes que viene": "2026-11-30",
    "el próximo viernes": "2026-11-27",
    "este viernes": "2026-11-27",
    "el sábado por la mañana": "2026-11-28",
    "el domingo a mediodía": "2026-11-29",
    "el martes por la mañana a las nueve": "2026-11-24",
    "el viernes de la semana que viene": "2026-12-04",
    "el martes de la próxima semana": "2026-12-01",
    "la semana que viene, el jueves": "2026-12-03",
    "la próxima semana el lunes": "2026-11-30",
    "dentro de dos días": "2026-11-25",
    "en tres días": "2026-11-26",
    "dentro de una semana": "2026-11-30",
    "dentro de dos semanas": "2026-12-07",
    "en 2 semanas": "2026-12-07",
    "dentro de un mes": "2026-12-23",
    "de hoy en ocho": "2026-11-30",
    "de mañana en quince días": "2026-12-08",
    "el quince": "2026-12-15",
    "quince": "2026-12-15",
    "eh, el quince": "2026-12-15",
    "el día quince": "2026-12-15",
    "para el día 25": "2026-11-25",
    "el 23": "2026-11-23",
    "el uno": "2026-12-01",
    "el treinta y uno": "2026-12-31",
    "el 30 de este mes": "2026-11-30",
    "el tres del mes que viene": "2026-12-03",
    "el 15 de mayo": "2027-05-15",
    "quince de mayo": "2027-05-15",
    "Quince mayo": "2027-05-15",
    "el quince del cinco": "2027-05-15",
    "15 del 5": "2027-05-15",
    "15/05": "2027-05-15",
    "15/5/2027": "2027-05-15",
    "15-05-28": "2028-05-15",
    "2027-05-15": "2027-05-15",
    "martes catorce de mayo": "2027-05-14",
    "el viernes catorce de mayo": "2027-05-14",
    "lunes 30": "2026-11-30",
    "el lunes, día 30": "2026-11-30",
    "el lunes que viene, 30 de noviembre": "2026-11-30",
    "el 25 de noviembre": "2026-11-25",
    "el 22 de noviembre": "2027-11-22",
    "veintidós de diciembre": "2026-12-22",
    "veintidos de diciembre": "2026-12-22",
    "veinti dos de diciembre": "2026-12-22",
    "veinte y dos de diciembre": "2026-12-22",
    "primero de enero": "2027-01-01",
    "El jueves sonse de noviembre.": "2027-11-11",
    "El 1 de enero de 2.028.": "2028-01-01",
    "el 1º de enero": "2027-01-01",
    "el uno de enero de dos mil veintiocho": "2028-01-01",
    "el 3 de septiembre de 1985": "1985-09-03",
    "el tres de setiembre": "2027-09-03",
    "el 3 de enero del año que viene": "2027-01-03",
    "el 29 de febrero": "2028-02-29",
    "el sábado 5 de diciembre a las 10:30": "2026-12-05",
    "quiero una cita para el martes a las tres": "2026-11-24",
    "el jueves 26 a las cuatro de la tarde": "2026-11-26",
    "El martes, no, el miércoles.": "2026-11-25",
    "el martes, perdón, el miércoles": "2026-11-25",
    "El martes... mejor el jueves": "2026-11-26",
    "El martes no puedo, el jueves sí.": "2026-11-26",
    "el martes no puedo mejor el jueves": "2026-11-26",
    "no, el viernes": "2026-11-27",
    "El martes, ¿no?": "2026-11-24",
    "el lunes no, el martes": "2026-11-24",
    "el 15 de mayo, digo, el 16": "2026-12-16",
}

ENGLISH = {
    "today": "2026-11-23",
    "today, please": "2026-11-23",
    "this afternoon": "2026-11-23",
    "tonight": "2026-11-23",
    "tomorrow": "2026-11-24",
    "Tomorrow morning.": "2026-11-24",
    "tomorrow, Tuesday": "2026-11-24",
    "the day after tomorrow": "2026-11-25",
    "uh, the day after tomorrow in the afternoon": "2026-11-25",
    "Tuesday": "2026-11-24",
    "on tuesday": "2026-11-24",
    "Monday": "2026-11-30",
    "next Friday": "2026-11-27",
    "this Friday": "2026-11-27",
    "Sunday afternoon at four": "2026-11-29",
    "Thursday next week": "2026-12-03",
    "next week on Thursday": "2026-12-03",
    "Monday of next week": "2026-11-30",
    "Tuesday week": "2026-12-01",
    "a week from Tuesday": "2026-12-01",
    "a week from today": "2026-11-30",
    "two days from now": "2026-11-25",
    "in three days": "2026-11-26",
    "in a week": "2026-11-30",
    "in two weeks": "2026-12-07",
    "in two weeks' time": "2026-12-07",
    "in a fortnight": "2026-12-07",
    "in a month": "2026-12-23",
    "the third": "2026-12-03",
    "on the 3rd": "2026-12-03",
    "the second": "2026-12-02",
    "the 25th": "2026-11-25",
    "fifteen": "2026-12-15",
    "15th": "2026-12-15",
    "the thirty-first": "2026-12-31",
    "the 30th of this month": "2026-11-30",
    "the 3rd of next month": "2026-12-03",
    "May the fourteenth": "2027-05-14",
    "May fourteenth": "2027-05-14",
    "May 14th": "2027-05-14",
    "may 14": "2027-05-14",
    "the fourteenth of May": "2027-05-14",
    "14 May": "2027-05-14",
    "May 14th, 2028": "2028-05-14",
    "may fourteenth twenty twenty eight": "2028-05-14",
    "the first of December": "2026-12-01",
    "Tuesday the first of December": "2026-12-01",
    "Tuesday, December 1st": "2026-12-01",
    "Friday the 4th at 10:30": "2026-12-04",
    "Friday the fourth": "2026-12-04",
    "November twenty-fifth": "2026-11-25",
    "the twenty fifth of November": "2026-11-25",
    "November 22": "2027-11-22",
    "September 3, 1985": "1985-09-03",
    "January 3rd next year": "2027-01-03",
    "February 29": "2028-02-29",
    "12/24": "2026-12-24",
    "24/12": "2026-12-24",
    "5/14/2027": "2027-05-14",
    "Could I come on Wednesday, please?": "2026-11-25",
    "I'd like an appointment for Wednesday at 3": "2026-11-25",
    "Tuesday, no, Wednesday": "2026-11-25",
    "Tuesday, sorry, Wednesday": "2026-11-25",
    "Tuesday. Actually, make it Thursday.": "2026-11-26",
    "Not Tuesday, Wednesday": "2026-11-25",
    "I can't on Tuesday, maybe Thursday": "2026-11-26",
    "no, Friday": "2026-11-27",
    "Wednesday, right?": "2026-11-25",
    "May I come on Wednesday?": "2026-11-25",
}

NONE = {
    "es": (
        "", "a las tres", "el martes no", "no puedo el martes", "el martes o el miércoles",
        "el miércoles, no el martes", "por la mañana", "la semana que viene", "el 31 de febrero", "el cuarenta",
        "no sé", "sí, gracias",
        "quince personas", "una cita", "el primero de nero", "el jueves onte de noviembre",
    ),
    "en": (
        "", "at three", "not on Tuesday", "Monday or Tuesday", "in the morning", "next week", "February 31st",
        "the fortieth", "I don't know", "fifteen people", "just a second",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("said", "day"), SPANISH.items())
def test_spanish_dates(said: str, day: str) -> None:
    assert dates.parse(said, "es", NOW) == day


@pytest.mark.parametrize(("said", "day"), ENGLISH.items())
def test_english_dates(said: str, day: str) -> None:
    assert dates.parse(said, "en", NOW) == day


@pytest.mark.parametrize(("language", "said"), [(language, said) for language, all_ in NONE.items() for said in all_])
def test_no_date_or_two_are_none(language: str, said: str) -> None:
    assert dates.parse(said, language, NOW) is None


@pytest.mark.parametrize("language", ["es", "en"])
@given(ahead=st.integers(0, 364), start=st.dates(date(2024, 1, 1), date(2040, 1, 1)))
def test_every_date_of_the_coming_year_is_understood_as_it_is_read_back(language: str, ahead: int, start: date) -> None:
    day = (start + timedelta(days=ahead)).isoformat()
    now = datetime.combine(start, datetime.min.time())
    assert dates.parse(dates.say(day, language), language, now) == day


@pytest.mark.parametrize("language", ["es", "en"])
@given(text=st.text(max_size=80))
def test_anything_may_be_said(language: str, text: str) -> None:
    dates.parse(text, language, NOW)


def test_read_back_names_weekday_and_month_in_words() -> None:
    day = date.today() + timedelta(days=30)
    assert dates.say(day.isoformat(), "es").startswith("el ")
    assert str(day.year) not in dates.say(day.isoformat(), "es")


def test_a_year_is_said_where_it_would_not_be_understood() -> None:
    assert dates.say("1985-09-01", "es") == "el domingo primero de septiembre de 1985"
    assert dates.say("1985-09-23", "en") == "Monday the twenty-third of September 1985"


@pytest.mark.parametrize(("said", "day"), [("quince", None), ("a las quince", None), ("el quince", "2026-12-15")])
def test_a_number_alone_is_a_date_only_if_one_was_asked_for(said: str, day: str | None) -> None:
    assert dates.parse(said, "es", NOW, asked=False) == day


@pytest.mark.parametrize(
    ("said", "language", "day"),
    [
        ("el día de Navidad", "es", "2026-12-25"),
        ("en Nochebuena", "es", "2026-12-24"),
        ("el día de Reyes", "es", "2027-01-06"),
        ("on Christmas Day", "en", "2026-12-25"),
        ("New Year's Eve", "en", "2026-12-31"),
        ("después de Navidad", "es", None),
        ("in the Christmas holidays", "en", None),
    ],
)
def test_feasts_have_their_dates(said: str, language: str, day: str | None) -> None:
    assert dates.parse(said, language, NOW) == day
