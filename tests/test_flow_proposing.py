"""What is taken when the caller leaves the day or the time open."""

from datetime import date, time, timedelta

from assist.assistant.hours import Hours, Opening
from assist.flow.proposing import at, open_in, soonest
from assist.flow.slots.vague import Rough
from tests.conversation import MONDAY_MORNING, clinic

TODAY = MONDAY_MORNING.date()
SATURDAY = date(2026, 11, 28)


def hours() -> Hours:
    found = clinic().hours
    assert found
    return found


def test_the_soonest_day_is_today_while_enough_of_it_is_left() -> None:
    assert soonest(hours(), MONDAY_MORNING) == TODAY
    assert soonest(hours(), MONDAY_MORNING.replace(hour=19, minute=20)) == TODAY + timedelta(days=1)
    assert soonest(hours(), MONDAY_MORNING.replace(day=28, hour=23, minute=50)) == date(2026, 11, 30)


def test_where_it_never_opens_no_day_is_proposed() -> None:
    assert soonest(Hours(), MONDAY_MORNING) is None


def test_a_part_of_the_day_has_its_own_openings() -> None:
    assert open_in(hours(), SATURDAY, "por la tarde", "es", MONDAY_MORNING) == []
    tuesday = TODAY + timedelta(days=1)
    assert open_in(hours(), tuesday, "por la tarde", "es", MONDAY_MORNING) == [Opening(time(16), time(20))]
    assert open_in(hours(), tuesday, "", "es", MONDAY_MORNING) == list(hours().on(tuesday))


def test_of_today_only_what_is_left_counts() -> None:
    assert open_in(hours(), TODAY, "", "es", MONDAY_MORNING) == [
        Opening(time(11), time(14)),
        Opening(time(16), time(20)),
    ]
    assert open_in(hours(), TODAY, "", "es", MONDAY_MORNING.replace(hour=23, minute=40)) == []


def test_the_first_and_the_last_time_of_a_day() -> None:
    openings = open_in(hours(), SATURDAY, "", "es", MONDAY_MORNING)
    assert at(Rough.FIRST, openings) == time(10)
    assert at(Rough.LAST, openings) == time(12, 30)
    assert at(Rough.FIRST, []) is None
