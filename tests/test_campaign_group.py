"""Whose clock and holidays count."""

import pytest

from assist.campaign import numbers
from assist.campaign.group import Group, group_of, parse_group

MADRID = Group(("Europe/Madrid",), "ES", "MD")


@pytest.mark.parametrize("text", ["Europe/Madrid ES-MD", "Atlantic/Canary,Europe/Madrid ES", "America/Bogota CO"])
def test_a_group_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_group(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Europe/Madrid",
        "ES",
        "Europe/Madird ES",
        "Europe/Madrid XX",
        "Europe/London UK",
        "Europe/Madrid ES-XX",
        "Europe/Madrid es",
    ],
)
def test_what_is_no_group_is_refused_with_a_mend(text: str) -> None:
    with pytest.raises(ValueError, match="; write"):
        parse_group(text)


@pytest.mark.parametrize(
    ("number", "group"),
    [
        ("+34912345678", "Europe/Madrid ES"),
        ("+34922345678", "Atlantic/Canary ES"),
        ("+34612345678", "Atlantic/Canary,Europe/Madrid ES"),
        ("+526641234567", "America/Tijuana MX"),
        ("+12125551234", "America/New_York US"),
        ("+573001234567", "America/Bogota CO"),
    ],
)
def test_a_number_tells_its_time_zones_and_country(number: str, group: str) -> None:
    assert group_of(numbers.read(number, "ZZ")) == group


@pytest.mark.parametrize(
    ("number", "zone", "region", "group"),
    [
        ("+34612345678", "Europe/Madrid", "", "Europe/Madrid ES-MD"),
        ("+34612345678", "Atlantic/Canary", "", "Atlantic/Canary ES"),
        ("+34612345678", "Atlantic/Canary", "ES-CN", "Atlantic/Canary ES-CN"),
        ("+34612345678", "", "ES-CN", "Atlantic/Canary,Europe/Madrid ES-CN"),
        ("+34612345678", "Europe/Madrid", "ES-CT", "Europe/Madrid ES-CT"),
        ("+34612345678", "", "ES-MD", "Europe/Madrid ES-MD"),
        ("+34612345678", "", "ES", "Europe/Madrid ES-MD"),
        ("+34612345678", "", "", "Europe/Madrid ES-MD"),
        ("+34922345678", "", "", "Atlantic/Canary ES"),
        ("+573001234567", "", "", "America/Bogota CO"),
    ],
)
def test_the_list_tells_better_and_home_decides_what_is_left_open(
    number: str, zone: str, region: str, group: str
) -> None:
    assert group_of(numbers.read(number, "ZZ"), zone, region, MADRID) == group


@pytest.mark.parametrize(
    ("number", "zone", "region"),
    [
        ("+8821612345", "", ""),
        ("+34612345678", "Europe/Madird", ""),
        ("+34612345678", "", "ES-XX"),
        ("+34612345678", "", "MX-JAL"),
        ("+34612345678", "", "Madrid"),
    ],
)
def test_whose_clock_is_not_known_is_not_called(number: str, zone: str, region: str) -> None:
    with pytest.raises(ValueError, match=r"(time zone|holidays|number is not).*; (write|leave)") as refused:
        group_of(numbers.read(number, "ZZ"), zone, region)
    assert number not in str(refused.value)


def test_a_number_of_no_place_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="does not tell its time zone"):
        group_of(numbers.read("+8821612345", "ZZ"))
