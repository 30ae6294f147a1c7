"""When a campaign starts by itself."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from assist.campaign.schedule import Schedule
from tests.campaigns import at, read

MADRID = ZoneInfo("Europe/Madrid")
LONG_AGO = at("2026-01-01 00:00")


def schedule(**fields: Any) -> Schedule:
    return TypeAdapter(Schedule).validate_python(fields)


def due(one: Schedule, now: str, since: str = "2026-01-01 00:00") -> str:
    return read(one.due(MADRID, at(since, MADRID.key), at(now, MADRID.key)), MADRID.key)


EVERY_MORNING = {"cron": "0 9 * * 1-5"}


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-24 08:59", "never"),
        ("2026-11-24 09:00", "2026-11-24 09:00"),
        ("2026-11-24 09:10", "2026-11-24 09:00"),
        ("2026-11-24 09:11", "never"),
        ("2026-11-22 09:00", "never"),
    ],
)
def test_a_start_is_due_from_its_minute_on_for_a_while(now: str, expected: str) -> None:
    assert due(schedule(**EVERY_MORNING), now) == expected


@pytest.mark.parametrize(
    ("now", "since", "expected"),
    [
        ("2026-11-24 15:00", "2026-11-01 00:00", "2026-11-24 09:00"),
        ("2026-11-22 15:00", "2026-11-01 00:00", "2026-11-20 09:00"),
        ("2026-11-24 15:00", "2026-11-24 09:00", "never"),
        ("2026-11-24 15:00", "2026-11-24 08:59", "2026-11-24 09:00"),
    ],
)
def test_a_missed_start_is_caught_up_once_if_wanted(now: str, since: str, expected: str) -> None:
    assert due(schedule(**EVERY_MORNING, missed="catch_up"), now, since) == expected


def test_one_start_is_due_once() -> None:
    once = schedule(at="2026-12-01 10:00")
    assert due(once, "2026-12-01 09:59") == "never"
    assert due(once, "2026-12-01 10:00") == "2026-12-01 10:00"
    assert due(once, "2026-12-01 10:05", "2026-12-01 10:00") == "never"
    assert once.next(MADRID, at("2026-12-01 00:00")) == at("2026-12-01 10:00", MADRID.key)
    assert once.next(MADRID, at("2026-12-01 10:00", MADRID.key)) is None


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-03-28 12:00", "2026-03-29 03:00"),
        ("2026-03-29 12:00", "2026-03-30 02:30"),
        ("2026-10-24 12:00", "2026-10-25 02:30"),
        ("2026-10-25 12:00", "2026-10-26 02:30"),
        ("2028-02-28 12:00", "2028-02-29 02:30"),
    ],
)
def test_the_next_start_goes_by_the_clock_of_the_campaign(now: str, expected: str) -> None:
    assert read(schedule(cron="30 2 * * *").next(MADRID, at(now, MADRID.key)), MADRID.key) == expected


def test_what_starts_at_an_hour_that_is_shown_twice_starts_once() -> None:
    one = schedule(cron="30 2 * * *", missed="catch_up")
    first = at("2026-10-25 02:30", MADRID.key)
    assert one.due(MADRID, LONG_AGO, first) == first
    assert one.due(MADRID, first, at("2026-10-25 12:00", MADRID.key)) is None


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cron": "0 9 * * 1-5", "at": "2026-12-01 10:00"},
        {"cron": "9:00"},
        {"cron": "61 9 * * *"},
        {"at": "2026-12-01"},
        {"at": "tomorrow"},
        {"at": "2026-12-01 10:00+01:00"},
    ],
)
def test_what_is_no_schedule_is_refused_with_a_mend(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="; write"):
        schedule(**fields)
