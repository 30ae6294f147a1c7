"""When people may be called: tables of what calendars and clocks do, and a comparison with the rules read literally."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import reduce
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assist.campaign.calendar import Calendar
from assist.campaign.group import parse_group
from assist.campaign.model import Window
from assist.campaign.policy import Policies
from tests.campaigns import ALWAYS, SHIPPED, at, campaign, lenient, read

MADRID = "Europe/Madrid ES-MD"
DAYS = tuple(ALWAYS)


def calendar(policies: Policies | None = None, **changes: Any) -> Calendar:
    return Calendar(campaign(**changes), policies or lenient())


def every_day(hours: str) -> dict[str, str]:
    return dict.fromkeys(DAYS, hours)


def windows(days: Calendar, group: str, now: float) -> Iterator[Window]:
    """Yield the window of *now* and those that follow, for ever or until there is none."""
    while window := days.window(group, now):
        yield window
        now = window.closes


def opened(days: Calendar, group: str, now: float, zone: str) -> list[str]:
    """Return when it opens next, by the local clock, the first few times."""
    return [read(max(now, window.opens), zone) for window in islice(windows(days, group, now), 3)]


# The law, in five countries


@pytest.mark.parametrize(
    ("group", "now", "opens", "closes"),
    [
        # An ordinary Tuesday, from before the hours to after them
        (MADRID, "2026-11-24 08:59", "2026-11-24 09:00", "2026-11-24 21:00"),
        (MADRID, "2026-11-24 20:59", "2026-11-24 09:00", "2026-11-24 21:00"),
        (MADRID, "2026-11-24 21:00", "2026-11-25 09:00", "2026-11-25 21:00"),
        ("America/Bogota CO", "2026-11-24 06:59", "2026-11-24 07:00", "2026-11-24 19:00"),
        ("America/Buenos_Aires AR", "2026-11-24 19:59", "2026-11-24 09:00", "2026-11-24 20:00"),
        ("America/Mexico_City MX", "2026-11-24 20:00", "2026-11-25 09:00", "2026-11-25 20:00"),
        ("America/Tijuana MX", "2026-11-24 08:00", "2026-11-24 09:00", "2026-11-24 20:00"),
        ("America/New_York US", "2026-11-24 07:00", "2026-11-24 08:00", "2026-11-24 20:00"),
        ("Pacific/Honolulu US", "2026-11-24 07:00", "2026-11-24 08:00", "2026-11-24 20:00"),
        # Weekends: none in Spain, Saturdays elsewhere
        (MADRID, "2026-11-20 21:00", "2026-11-23 09:00", "2026-11-23 21:00"),
        ("America/Bogota CO", "2026-11-20 19:00", "2026-11-21 08:00", "2026-11-21 15:00"),
        ("America/Bogota CO", "2026-11-21 15:00", "2026-11-23 07:00", "2026-11-23 19:00"),
        ("America/New_York US", "2026-11-21 20:00", "2026-11-23 08:00", "2026-11-23 20:00"),
        # Holidays: of everybody, of a region, and of any region where nobody knows which
        (MADRID, "2026-12-07 12:00", "2026-12-09 09:00", "2026-12-09 21:00"),
        ("Europe/Madrid ES-CT", "2026-12-07 12:00", "2026-12-07 09:00", "2026-12-07 21:00"),
        ("Europe/Madrid ES", "2026-09-11 12:00", "2026-09-14 09:00", "2026-09-14 21:00"),
        (MADRID, "2026-09-11 12:00", "2026-09-11 09:00", "2026-09-11 21:00"),
        ("America/Bogota CO", "2026-11-16 12:00", "2026-11-17 07:00", "2026-11-17 19:00"),
        ("America/Buenos_Aires AR", "2026-11-23 12:00", "2026-11-24 09:00", "2026-11-24 20:00"),
        ("America/Mexico_City MX", "2026-11-16 12:00", "2026-11-17 09:00", "2026-11-17 20:00"),
        ("America/New_York US", "2026-11-26 12:00", "2026-11-27 08:00", "2026-11-27 20:00"),
        # The end of a year, and a leap day
        (MADRID, "2026-12-31 21:00", "2027-01-04 09:00", "2027-01-04 21:00"),
        ("America/New_York US", "2026-12-31 20:00", "2027-01-02 08:00", "2027-01-02 20:00"),
        (MADRID, "2028-02-28 21:00", "2028-02-29 09:00", "2028-02-29 21:00"),
        # The clocks changed the night before: the hours do not
        (MADRID, "2026-03-28 12:00", "2026-03-30 09:00", "2026-03-30 21:00"),
        (MADRID, "2026-10-24 12:00", "2026-10-26 09:00", "2026-10-26 21:00"),
        ("America/New_York US", "2026-03-07 20:00", "2026-03-09 08:00", "2026-03-09 20:00"),
        ("America/New_York US", "2026-11-01 00:00", "2026-11-02 08:00", "2026-11-02 20:00"),
        # A country without a policy of its own
        ("Europe/Lisbon PT", "2026-11-24 08:00", "2026-11-24 09:00", "2026-11-24 19:00"),
    ],
)
def test_nobody_is_called_outside_the_policy_of_his_country(group: str, now: str, opens: str, closes: str) -> None:
    zone = parse_group(group).zones[0]
    window = Calendar(campaign(), SHIPPED).window(group, at(now, zone))
    assert window
    assert (read(window.opens, zone), read(window.closes, zone)) == (opens, closes)


def test_whoever_may_be_in_two_time_zones_is_called_when_both_allow_it() -> None:
    window = Calendar(campaign(), SHIPPED).window("Atlantic/Canary,Europe/Madrid ES-MD", at("2026-11-24 00:00"))
    assert window
    assert (read(window.opens, "Europe/Madrid"), read(window.closes, "Europe/Madrid")) == (
        "2026-11-24 10:00",
        "2026-11-24 21:00",
    )
    assert (window.day, window.week) == (None, None)


def test_zones_that_are_never_open_together_are_never_called() -> None:
    assert (
        calendar(when={"hours": every_day("9:00-12:00"), "holidays": "none"}).window(
            "Asia/Tokyo,Europe/Madrid ES", at("2026-11-24 00:00")
        )
        is None
    )


@pytest.mark.parametrize("shut", range(24))
def test_however_long_it_is_closed_the_first_moment_after_it_is_found(shut: int) -> None:
    first = date(2026, 11, 24)
    closed = [(first + timedelta(days=number)).isoformat() for number in range(shut)]
    days = calendar(when={"closed": closed, "holidays": "none"})
    group = "Pacific/Kiritimati,Pacific/Pago_Pago US"
    window = days.window(group, at(f"{first} 00:00", "Pacific/Pago_Pago"))
    assert window
    assert read(window.opens, "Pacific/Pago_Pago") == f"{first + timedelta(days=shut)} 00:00"


# The clock


@pytest.mark.parametrize(
    ("group", "hours", "now", "expected"),
    [
        # 2:00 becomes 3:00: what begins in between begins then, and what lies in between is left out.
        (MADRID, "2:30-4:00", "2026-03-28 12:00", ["2026-03-29 03:00", "2026-03-30 02:30", "2026-03-31 02:30"]),
        (MADRID, "2:10-2:50", "2026-03-28 12:00", ["2026-03-30 02:10", "2026-03-31 02:10", "2026-04-01 02:10"]),
        # 3:00 becomes 2:00: what ends in between is there twice.
        (MADRID, "1:00-2:30", "2026-10-24 12:00", ["2026-10-25 01:00", "2026-10-25 02:00", "2026-10-26 01:00"]),
        (MADRID, "2:10-2:50", "2026-10-24 12:00", ["2026-10-25 02:10", "2026-10-25 02:10", "2026-10-26 02:10"]),
        (MADRID, "1:00-4:00", "2026-10-24 12:00", ["2026-10-25 01:00", "2026-10-26 01:00", "2026-10-27 01:00"]),
        # Midnight itself is skipped.
        (
            "America/Santiago CL",
            "0:00-2:00",
            "2026-09-05 12:00",
            ["2026-09-06 01:00", "2026-09-07 00:00", "2026-09-08 00:00"],
        ),
        # Half an hour is.
        (
            "Australia/Lord_Howe AU",
            "2:15-3:00",
            "2026-10-03 12:00",
            ["2026-10-04 02:30", "2026-10-05 02:15", "2026-10-06 02:15"],
        ),
        # The clock stays as it is.
        (
            "America/Bogota CO",
            "2:10-2:50",
            "2026-03-28 12:00",
            ["2026-03-29 02:10", "2026-03-30 02:10", "2026-03-31 02:10"],
        ),
    ],
)
def test_hours_are_those_that_the_clock_shows(group: str, hours: str, now: str, expected: list[str]) -> None:
    zone = parse_group(group).zones[0]
    days = calendar(when={"hours": every_day(hours), "holidays": "none"})
    assert opened(days, group, at(now, zone), zone) == expected


def test_the_second_of_two_equal_hours_is_an_hour_of_its_own() -> None:
    days = calendar(when={"hours": every_day("2:00-2:30"), "holidays": "none"})
    between = at("2026-10-25 02:45", "Europe/Madrid")
    window = days.window(MADRID, between)
    assert window
    assert window.opens == at("2026-10-25 02:00", "Europe/Madrid", second_time=True) == between + 15 * 60


# Over midnight


@pytest.mark.parametrize(
    ("hours", "closed", "now", "expected"),
    [
        (
            {"friday": "22:00-2:00"},
            [],
            "2026-11-26 12:00",
            ["2026-11-27 22:00", "2026-11-28 00:00", "2026-12-04 22:00"],
        ),
        # Neither what begins on a closed day nor what ends on one
        ({"friday": "22:00-2:00"}, ["2026-11-27"], "2026-11-26 12:00", ["2026-12-04 22:00", "2026-12-05 00:00"]),
        ({"friday": "22:00-2:00"}, ["2026-11-28"], "2026-11-26 12:00", ["2026-11-27 22:00", "2026-12-04 22:00"]),
        ({"sunday": "23:00-1:00"}, [], "2026-11-26 12:00", ["2026-11-29 23:00", "2026-11-30 00:00"]),
        (every_day("0:00-24:00"), [], "2026-11-26 12:00", ["2026-11-26 12:00", "2026-11-27 00:00"]),
    ],
)
def test_a_night_is_two_windows_one_of_each_day(
    hours: dict[str, str], closed: list[str], now: str, expected: list[str]
) -> None:
    days = calendar(when={"hours": hours, "closed": closed, "holidays": "none"})
    assert opened(days, MADRID, at(now, "Europe/Madrid"), "Europe/Madrid")[: len(expected)] == expected


def test_the_policy_closes_a_night_at_its_own_hours() -> None:
    days = calendar(lenient(hours=every_day("8:00-23:00")), when={"hours": every_day("21:00-9:00"), "holidays": "none"})
    found = list(islice(windows(days, MADRID, at("2026-11-26 12:00", "Europe/Madrid")), 3))
    assert [(read(one.opens, "Europe/Madrid"), read(one.closes, "Europe/Madrid")) for one in found] == [
        ("2026-11-26 21:00", "2026-11-26 23:00"),
        ("2026-11-27 08:00", "2026-11-27 09:00"),
        ("2026-11-27 21:00", "2026-11-27 23:00"),
    ]


# The campaign


def test_a_campaign_narrows_the_policy_and_cannot_widen_it() -> None:
    days = Calendar(campaign(when={"hours": {"friday": "7:00-10:00", "sunday": "10:00-12:00"}}), SHIPPED)
    window = days.window(MADRID, at("2026-11-26 12:00", "Europe/Madrid"))
    assert window
    assert (read(window.opens, "Europe/Madrid"), read(window.closes, "Europe/Madrid")) == (
        "2026-11-27 09:00",
        "2026-11-27 10:00",
    )


def test_nobody_is_called_before_the_first_day_nor_after_the_last() -> None:
    days = calendar(when={"starts": "2028-11-26", "ends": "2028-11-27", "hours": every_day("22:00-2:00")})
    assert opened(days, MADRID, at("2026-11-01 12:00"), "Europe/Madrid") == [
        "2028-11-26 22:00",
        "2028-11-27 00:00",
        "2028-11-27 22:00",
    ]
    assert days.window(MADRID, at("2028-11-28 00:00", "Europe/Madrid")) is None


def test_own_days_are_closed_like_holidays() -> None:
    days = Calendar(campaign(when={"closed": ["2026-11-25"]}), SHIPPED)
    assert opened(days, MADRID, at("2026-11-24 21:00", "Europe/Madrid"), "Europe/Madrid")[0] == "2026-11-26 09:00"


def test_a_campaign_keeps_holidays_that_the_policy_does_not() -> None:
    christmas = date(2026, 12, 25)
    assert calendar(when={"holidays": "country"}).is_holiday(MADRID, christmas)
    assert not calendar(when={"holidays": "none"}).is_holiday(MADRID, christmas)
    assert Calendar(campaign(when={"holidays": "none"}), SHIPPED).is_holiday(MADRID, christmas)
    assert not calendar(when={"holidays": "country"}).is_holiday("Europe/Madrid ES-CT", date(2026, 9, 11))
    assert calendar(when={"holidays": "region"}).is_holiday("Europe/Madrid ES-CT", date(2026, 9, 11))


def test_what_never_opens_is_told_in_time() -> None:
    assert calendar(lenient(hours={})).window(MADRID, at("2026-11-24 00:00")) is None


def test_a_group_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="; write"):
        calendar().window("Europe/Madird ES", at("2026-11-24 00:00"))


def test_a_window_tells_when_its_day_and_its_week_began() -> None:
    days = calendar(when={"hours": every_day("22:00-2:00"), "holidays": "none"})
    after_midnight = days.window(MADRID, at("2026-10-25 00:30", "Europe/Madrid"))
    assert after_midnight
    assert after_midnight.day == at("2026-10-25 00:00", "Europe/Madrid")
    assert after_midnight.week == at("2026-10-19 00:00", "Europe/Madrid")


def test_the_same_is_answered_whatever_was_asked_before() -> None:
    asked = calendar(when={"hours": every_day("9:00-14:00"), "holidays": "none"})
    for now in ("2026-11-24 10:00", "2026-11-24 13:00", "2026-11-24 14:00", "2026-11-23 08:00", "2026-11-30 00:00"):
        fresh = calendar(when={"hours": every_day("9:00-14:00"), "holidays": "none"})
        assert asked.window(MADRID, at(now)) == fresh.window(MADRID, at(now))


def test_it_opens_now_or_when_the_next_window_does() -> None:
    days = calendar(when={"hours": every_day("9:00-14:00"), "ends": "2026-11-24", "holidays": "none"})
    inside, before, after = (
        at(f"2026-11-24 {clock}", "Europe/Madrid") for clock in ("10:00", "8:00".zfill(5), "14:00")
    )
    assert days.opens(MADRID, inside) == inside
    assert read(days.opens(MADRID, before), "Europe/Madrid") == "2026-11-24 09:00"
    assert days.opens(MADRID, after) is None


# Against the rules, read literally second by second

ZONES = (
    "Europe/Madrid",
    "Atlantic/Canary",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "Pacific/Chatham",
    "America/Bogota",
)
CHANGES = tuple(
    date.fromisoformat(day)
    for day in (
        "2026-03-08 2026-03-29 2026-04-04 2026-04-05 2026-09-06 2026-09-27 2026-10-04 2026-10-25 2026-11-01 2026-12-31 "
        "2028-02-29 2026-02-15 2026-03-22"
    ).split()
)
MINUTES = st.integers(0, 24 * 12 - 1).map(lambda step: step * 5)


@st.composite
def hours(draw: st.DrawFn) -> str:
    start, end = draw(st.lists(MINUTES, min_size=2, max_size=2, unique=True))
    return f"{start // 60}:{start % 60:02}-{end // 60}:{end % 60:02}"


WEEKS = st.fixed_dictionaries(dict.fromkeys(DAYS, st.lists(hours(), max_size=2)))


def literally(week: dict[str, list[str]], closed: list[date], moment: float, zone: str) -> bool:
    """Return whether *moment* is within *week*, told by nothing but what the clock shows."""
    clock = datetime.fromtimestamp(moment, ZoneInfo(zone))
    today, now = clock.date(), clock.hour * 60 + clock.minute
    night = today - timedelta(days=1)
    if today in closed:
        return False
    for text in week[DAYS[today.weekday()]]:
        start, end = minutes(text)
        if (start <= now < end) if start < end else now >= start:
            return True
    return night not in closed and any(
        end <= start and now < end for start, end in map(minutes, week[DAYS[night.weekday()]])
    )


def minutes(text: str) -> tuple[int, int]:
    start, end = (
        reduce(lambda hour, minute: hour * 60 + minute, map(int, part.split(":"))) for part in text.split("-")
    )
    return start, end


@settings(max_examples=60, deadline=None)
@given(
    own=WEEKS,
    policy=WEEKS,
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=2, unique=True),
    day=st.sampled_from(CHANGES),
    closed=st.lists(st.integers(-1, 2), max_size=1),
    offset=st.integers(0, 86_399),
)
def test_a_window_holds_every_lawful_second_and_no_other(
    own: dict[str, list[str]],
    policy: dict[str, list[str]],
    zones: list[str],
    day: date,
    closed: list[int],
    offset: int,
) -> None:
    shut = [day + timedelta(days=number) for number in closed]
    days = calendar(
        lenient(hours=policy), when={"hours": own, "closed": [one.isoformat() for one in shut], "holidays": "none"}
    )
    group = f"{','.join(zones)} ES"
    now = at(f"{day - timedelta(days=1)} 00:00") + offset

    def lawful(moment: float) -> bool:
        return all(literally(week, shut, moment, zone) for week in (own, policy) for zone in zones)

    found = []
    for window in windows(days, group, now):
        found.append(window)
        if window.closes > now + 3 * 86_400:
            break
    assert [one.closes for one in found] == sorted(one.closes for one in found)
    assert all(one.opens < one.closes and one.closes > now for one in found)

    def held(moment: float) -> bool:
        return any(one.opens <= moment < one.closes for one in found)

    edges = [edge for one in found for edge in (one.opens, one.closes) if now <= edge < now + 2 * 86_400]
    moments = {edge + second for edge in edges for second in range(-2, 3)}
    moments |= {now + 60 * minute for minute in range(2 * 24 * 60)}
    wrong = [moment for moment in sorted(moments) if moment >= now and held(moment) != lawful(moment)]
    assert not wrong, read(wrong[0])
