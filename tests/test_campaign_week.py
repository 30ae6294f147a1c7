"""Hours of a week."""

import pytest
from pydantic import TypeAdapter

from assist.campaign.week import Span, Week, common, merged, parse_span


def week(**days: object) -> Week:
    return TypeAdapter(Week).validate_python(days)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("9:00-21:00", (540, 1260)),
        ("09:30 - 10:00", (570, 600)),
        ("0:00-24:00", (0, 1440)),
        ("22:00-24:00", (1320, 1440)),
        ("22:00-2:00", (1320, 1560)),
        ("22:00-0:00", (1320, 1440)),
    ],
)
def test_hours_are_read_as_people_write_them(text: str, span: tuple[int, int]) -> None:
    assert parse_span(text) == Span(*span)


@pytest.mark.parametrize("text", ["9-21", "9:00", "24:00-1:00", "9:60-10:00", "9:00-24:01", "9:00-9:00", "", 540, None])
def test_what_is_no_hours_is_refused_with_a_mend(text: object) -> None:
    with pytest.raises(ValueError, match="; write"):
        parse_span(text)


def test_one_span_needs_no_list_and_a_day_that_is_not_named_has_none() -> None:
    own = week(monday="9:00-14:00", tuesday=["9:00-14:00", "16:00-20:00"])
    assert own.on(0) == (Span(540, 840),)
    assert len(own.on(1)) == 2
    assert own.on(6) == ()


@pytest.mark.parametrize(
    ("own", "other", "days"),
    [
        ({"monday": "9:00-14:00"}, {"monday": "9:00-14:00"}, []),
        ({"monday": "9:00-14:00"}, {"monday": ["9:00-11:00", "11:00-14:00"]}, []),
        ({"monday": "9:00-14:00"}, {"monday": "9:00-13:59"}, ["monday"]),
        ({"monday": "9:00-14:00", "friday": "8:00-9:00"}, {"tuesday": "0:00-24:00"}, ["monday", "friday"]),
        ({"monday": "22:00-2:00"}, {"monday": "20:00-24:00", "tuesday": "0:00-2:00"}, []),
        ({"monday": "22:00-2:00"}, {"monday": "20:00-24:00", "tuesday": "0:00-1:00"}, ["monday"]),
        ({"sunday": "22:00-2:00"}, {"sunday": "20:00-24:00", "monday": "0:00-2:00"}, []),
        ({"sunday": "22:00-2:00"}, {"sunday": "20:00-24:00", "monday": "1:00-2:00"}, ["sunday"]),
        ({}, {}, []),
    ],
)
def test_a_week_tells_on_which_days_it_goes_beyond_another(
    own: dict[str, object], other: dict[str, object], days: list[str]
) -> None:
    assert list(week(**own).beyond(week(**other))) == days


def test_hours_are_told_as_a_file_writes_them() -> None:
    assert week(monday=["9:00-14:00", "22:00-2:30"]).written("monday") == "9:00-14:00 and 22:00-2:30"


def test_stretches_that_touch_are_one_and_empty_ones_are_none() -> None:
    assert merged([(5, 7), (1, 3), (3, 4), (6, 9), (2, 2), (20, 20)]) == [(1, 4), (5, 9)]


def test_what_two_have_in_common_is_cut_where_either_is() -> None:
    assert common([(0, 5), (5, 10), (12, 20)], [(2, 7), (8, 13)]) == [(2, 5), (5, 7), (8, 10), (12, 13)]
    assert common([(0, 5)], []) == []
