from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.flow.slots import times

NOW = datetime(2026, 11, 23, 10, 0)

SPANISH = {
    "las cuatro y media de la tarde": "16:30",
    "a las cuatro y media": "16:30",
    "cuatro y media": "16:30",
    "4 y media": "16:30",
    "nueve menos cuarto": "08:45",
    "las nueve menos cuarto de la noche": "20:45",
    "las 9 menos 10": "08:50",
    "a mediodía": "12:00",
    "al mediodia": "12:00",
    "a medianoche": "00:00",
    "las 16:30": "16:30",
    "16:30": "16:30",
    "a las 16.30": "16:30",
    "a las 9.30": "09:30",
    "las 16 y 30": "16:30",
    "las dieciséis treinta": "16:30",
    "las veinte y treinta": "20:30",
    "a las diecisiete horas": "17:00",
    "17h15": "17:15",
    "a las ocho": "08:00",
    "A las 8.": "08:00",
    "a las siete": "19:00",
    "a las siete de la mañana": "07:00",
    "a las 7:30 de la mañana": "07:30",
    "07:30": "07:30",
    "7:30": "19:30",
    "a la una": "13:00",
    "la una y media": "13:30",
    "la una menos cuarto": "12:45",
    "la una de la madrugada": "01:00",
    "las doce": "12:00",
    "las doce de la mañana": "12:00",
    "las doce y cuarto de la noche": "00:15",
    "las doce menos cuarto de la noche": "23:45",
    "las tres y diez": "15:10",
    "las nueve y veinticinco": "09:25",
    "las diez y cinco de la noche": "22:05",
    "las 5 en punto": "17:00",
    "sobre las once": "11:00",
    "Pues sobre las once, por favor.": "11:00",
    "a partir de las cuatro": "16:00",
    "cuatro": "16:00",
    "eh, las cuatro, gracias": "16:00",
    "diez para las nueve": "08:50",
    "cuarto para las seis": "17:45",
    "un cuarto para las diez de la mañana": "09:45",
    "4 p.m.": "16:00",
    "4:30 PM": "16:30",
    "9 am": "09:00",
    "mañana a las nueve": "09:00",
    "mañana por la tarde a las siete": "19:00",
    "mañana por la mañana, a las siete": "07:00",
    "el lunes por la noche a las nueve y media": "21:30",
    "el quince de mayo a las diez y cuarto": "10:15",
    "el 15 a las 4": "16:00",
    "el sábado 5 de diciembre a las 10:30": "10:30",
    "una mesa para cuatro a las nueve de la noche": "21:00",
    "a las cinco, no, a las seis": "18:00",
    "a las cinco... mejor a las seis": "18:00",
    "a las cinco no puedo, a las seis": "18:00",
    "a las 1630": "16:30",
    "tres de la tarde": "15:00",
    "17-15": "17:15",
    "1715": "17:15",
    "La socho de la noche.": "20:00",
    "La sonse menos 10 de la mañana.": "10:50",
    "las 9 de menos 10": "08:50",
    "La 1 a menos 4.": "12:45",
    "4.5": "16:30",
    "a las 4,5": "16:30",
    "las voces": "12:00",
    "las tres de la tarde y nada más": "15:00",
}

ENGLISH = {
    "half past four": "16:30",
    "half four": "16:30",
    "half past 4 in the afternoon": "16:30",
    "quarter to nine": "08:45",
    "a quarter to nine in the evening": "20:45",
    "quarter past three": "15:15",
    "twenty past ten": "10:20",
    "ten to five": "16:50",
    "five after nine": "09:05",
    "noon": "12:00",
    "twelve noon": "12:00",
    "at midday": "12:00",
    "midnight": "00:00",
    "4:30 pm": "16:30",
    "4:30 p.m.": "16:30",
    "4 PM": "16:00",
    "430 pm": "16:30",
    "four pm": "16:00",
    "four thirty pm": "16:30",
    "12 am": "00:00",
    "12 pm": "12:00",
    "at four": "16:00",
    "four": "16:00",
    "four o'clock": "16:00",
    "4 o'clock, please": "16:00",
    "four thirty": "16:30",
    "nine oh five": "09:05",
    "at nine": "09:00",
    "at seven": "19:00",
    "seven in the morning": "07:00",
    "seven a.m.": "07:00",
    "07:30": "07:30",
    "7:30": "19:30",
    "16:30": "16:30",
    "at sixteen thirty": "16:30",
    "10 in the evening": "22:00",
    "eleven at night": "23:00",
    "one in the morning": "01:00",
    "around eleven thirty": "11:30",
    "um, about three": "15:00",
    "after five": "17:00",
    "tomorrow morning at seven": "07:00",
    "tomorrow afternoon at two thirty": "14:30",
    "Monday the 15th at eleven": "11:00",
    "May 14th at 10:15": "10:15",
    "Tuesday at 4": "16:00",
    "for four people at nine at night": "21:00",
    "at five, no, at six": "18:00",
    "at five. Actually, make it six.": "18:00",
    "I can't at five, at six": "18:00",
    "9 o'clock in the morning": "09:00",
    "At 5, no at 6.": "18:00",
    "430": "16:30",
    "Around 11.30": "11:30",
    "Around the 1130.": "11:30",
    "4.30": "16:30",
    "20-3 in the afternoon.": "14:40",
    "4pm": "16:00",
    "half past for in the afternoon": "16:30",
    "A quarter to women the afternoon.": "12:45",
}

NONE = {
    "es": ("", "por la tarde", "el quince", "entre las cuatro y las cinco", "a las 25", "el 15 de mayo", "no sé",
           "mañana", "a las cinco no", "dentro de dos horas"),
    "en": ("", "in the morning", "the 15th", "between four and five", "at 25", "25th of May", "I don't know",
           "tomorrow", "not at five", "from ten to twelve people", "5-7 in the evening", "4 4", "around the 1,130",
           "Pass, past 4 in the afternoon."),
}  # fmt: skip


@pytest.mark.parametrize(("said", "time"), SPANISH.items())
def test_spanish_times(said: str, time: str) -> None:
    assert times.parse(said, "es", NOW) == time


@pytest.mark.parametrize(("said", "time"), ENGLISH.items())
def test_english_times(said: str, time: str) -> None:
    assert times.parse(said, "en", NOW) == time


@pytest.mark.parametrize(("language", "said"), [(language, said) for language, all_ in NONE.items() for said in all_])
def test_no_time_or_two_are_none(language: str, said: str) -> None:
    assert times.parse(said, language, NOW) is None


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_minute_is_understood_as_it_is_read_back(language: str) -> None:
    day = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]
    assert [times.parse(times.say(time, language), language, NOW) for time in day] == day


@pytest.mark.parametrize("language", ["es", "en"])
@given(text=st.text(max_size=80))
def test_anything_may_be_said(language: str, text: str) -> None:
    times.parse(text, language, NOW)


@pytest.mark.parametrize(
    ("time", "spanish", "english"),
    [
        ("16:30", "las cuatro y media de la tarde", "half past four in the afternoon"),
        ("08:45", "las nueve menos cuarto de la mañana", "a quarter to nine in the morning"),
        ("13:00", "la una de la tarde", "one o'clock in the afternoon"),
        ("12:00", "las doce del mediodía", "noon"),
        ("09:05", "las nueve y cinco de la mañana", "five past nine in the morning"),
        ("21:42", "las nueve y cuarenta y dos de la noche", "nine forty-two at night"),
    ],
)
def test_read_back_is_what_a_person_would_say(time: str, spanish: str, english: str) -> None:
    assert times.say(time, "es") == spanish
    assert times.say(time, "en") == english


@pytest.mark.parametrize(("said", "time"), [("cuatro", None), ("el cuatro", None), ("a las cuatro", "16:00")])
def test_a_number_alone_is_a_time_only_if_one_was_asked_for(said: str, time: str | None) -> None:
    assert times.parse(said, "es", NOW, asked=False) == time
