"""When a business is open."""

from datetime import date, datetime, time

import pytest
from pydantic import TypeAdapter

from assist.assistant.hours import Hours, Opening, parse_opening

MONDAY = date(2026, 11, 23)


def hours(**days: object) -> Hours:
    return TypeAdapter(Hours).validate_python(days)


def test_a_day_that_is_not_named_is_closed() -> None:
    week = hours(monday=["9:00-14:00"])
    assert week.on(MONDAY) == (Opening(time(9), time(14)),)
    assert week.on(date(2026, 11, 24)) == ()


def test_a_holiday_is_closed() -> None:
    assert hours(monday=["9:00-14:00"], closed=["2026-11-23"]).on(MONDAY) == ()


@pytest.mark.parametrize(
    ("clock", "closes"),
    [("8:59", None), ("9:00", time(14)), ("13:59", time(14)), ("14:00", None), ("16:30", time(20))],
)
def test_it_is_open_from_the_first_minute_to_before_the_last(clock: str, closes: time | None) -> None:
    week = hours(monday=["9:00-14:00", "16:00-20:00"])
    hour, minute = map(int, clock.split(":"))
    assert week.closing(datetime(2026, 11, 23, hour, minute)) == closes


def test_it_opens_next_later_today_tomorrow_or_after_the_holidays() -> None:
    week = hours(monday=["16:00-20:00", "9:00-14:00"], wednesday=["10:00-12:00"], closed=["2026-11-25"])
    assert week.next_opening(datetime(2026, 11, 23, 8)) == (MONDAY, time(9))
    assert week.next_opening(datetime(2026, 11, 23, 15)) == (MONDAY, time(16))
    assert week.next_opening(datetime(2026, 11, 23, 21)) == (date(2026, 11, 30), time(9))
    assert Hours().next_opening(datetime(2026, 11, 23, 8)) is None


@pytest.mark.parametrize("text", ["9-14", "9:00", "25:00-26:00", "9:61-10:00", "14:00-9:00", "9:00-9:00", 540])
def test_what_is_no_opening_is_refused_with_a_mend(text: object) -> None:
    with pytest.raises(ValueError, match="; write"):
        parse_opening(text)
