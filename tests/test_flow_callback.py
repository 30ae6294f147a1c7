"""Wishes to be called another time, on a Monday at half past ten."""

from datetime import datetime, timedelta

import pytest

from assist.flow.callback import asks, in_words, when
from tests.answering import table
from tests.conversation import MONDAY_MORNING as NOW

ENGLISH = ("call", "phone", "ring", "appointment")


def language(words: str) -> str:
    return "en" if any(word in words.lower() for word in ENGLISH) else "es"


def understood(words: str) -> str:
    spoken_in = language(words)
    if not asks(words, spoken_in, NOW):
        return "-"
    at = when(words, spoken_in, NOW)
    return f"{at:%Y-%m-%d %H:%M}" if at else "later"


@pytest.mark.parametrize(("wanted", "words"), table("callback"))
def test_who_wants_to_be_called_another_time_is_understood(wanted: str, words: str) -> None:
    assert understood(words) == wanted


def test_nobody_who_never_wants_to_be_called_again_is_called_later() -> None:
    wrong = [words for wanted, words in table("optout") if wanted == "yes" and asks(words, language(words), NOW)]
    assert wrong == []


@pytest.mark.parametrize(
    ("answer", "at"),
    [
        ("a las cinco", "17:00"),
        ("cinco", "17:00"),
        ("por la tarde", "17:00"),
        ("llámeme mañana, por la mañana", "10:00"),
        ("no sé", None),
    ],
)
def test_asked_for_the_time_a_part_of_the_day_will_do(answer: str, at: str | None) -> None:
    found = when(answer, "es", NOW, roughly=True)
    assert (f"{found:%H:%M}" if found else None) == at


def test_a_time_that_is_over_today_is_tomorrows() -> None:
    assert when("llámeme a las nueve", "es", NOW) == datetime(2026, 11, 24, 9, tzinfo=NOW.tzinfo)


def test_a_day_that_is_over_is_none() -> None:
    assert when("llámeme ayer", "es", NOW) is None


def test_a_time_is_said_as_one_says_it_today() -> None:
    assert in_words(NOW + timedelta(hours=24), NOW, "es") == "mañana a las diez y media de la mañana"
    assert in_words(NOW + timedelta(hours=1), NOW, "en") == "today at half past eleven in the morning"
