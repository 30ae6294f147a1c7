"""Local days and hours as stretches of time."""

from datetime import date

import pytest

from assist.campaign.clock import begins, on_day
from tests.campaigns import at, read

DAY = [(0, 1440)]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Madrid", "2026-03-28", 24),
        ("Europe/Madrid", "2026-03-29", 23),
        ("Europe/Madrid", "2026-10-25", 25),
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("America/Santiago", "2026-09-06", 23),
        ("America/Santiago", "2026-04-04", 25),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/Bogota", "2026-03-29", 24),
        ("Asia/Kathmandu", "2028-02-29", 24),
    ],
)
def test_a_day_is_as_long_as_its_clock_makes_it(zone: str, day: str, hours: float) -> None:
    stretches = on_day(zone, date.fromisoformat(day), DAY)
    assert sum(end - start for start, end in stretches) == hours * 3600


def test_a_day_begins_after_the_hour_that_its_midnight_skips() -> None:
    assert read(begins("America/Santiago", date(2026, 9, 6)), "America/Santiago") == "2026-09-06 01:00"
    assert begins("Europe/Madrid", date(2026, 3, 29)) == at("2026-03-28 23:00")


def test_an_hour_that_is_shown_twice_is_there_twice() -> None:
    # From 3:00 the clock goes back to 2:00.
    stretches = on_day("Europe/Madrid", date(2026, 10, 25), [(60, 150)])
    assert [(read(start), read(end)) for start, end in stretches] == [
        ("2026-10-24 23:00", "2026-10-25 00:30"),
        ("2026-10-25 01:00", "2026-10-25 01:30"),
    ]


def test_an_hour_that_is_skipped_is_not_there() -> None:
    assert on_day("Europe/Madrid", date(2026, 3, 29), [(120, 180)]) == []
    assert on_day("Europe/Madrid", date(2026, 3, 29), [(90, 150)]) == [(at("2026-03-29 00:30"), at("2026-03-29 01:00"))]
