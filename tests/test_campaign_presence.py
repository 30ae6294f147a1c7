"""Which numbers a call may show, and to whom they are near."""

from typing import Any

import pytest

from assist.campaign.declaration import Campaign
from assist.campaign.presence import near, pool, shown
from tests.campaigns import SHIPPED, campaign

MADRID, BARCELONA, MOBILE, FREE, MEXICO = (
    "+34910000009",
    "+34930000009",
    "+34612345678",
    "+34900123456",
    "+525555123456",
)


def using(*wanted: str, **contacts: Any) -> Campaign:
    ids = [MADRID, {"number": BARCELONA, "per_day": 5}, MOBILE, FREE, MEXICO]
    return campaign(
        trunk={"gateway": "carrier", "caller_ids": wanted},
        gateway={"caller_ids": ids},
        contacts={"country": "ES", **contacts},
    )


def numbers(one: Campaign) -> list[str]:
    return [found.number for found in pool(one, SHIPPED)]


def test_what_a_country_forbids_is_not_shown_there() -> None:
    assert numbers(using()) == [MADRID, BARCELONA, FREE]
    assert MOBILE in numbers(using(country="MX"))
    assert MOBILE not in numbers(using(others=["MX"]))


def test_a_campaign_may_want_some_of_them() -> None:
    assert numbers(using(BARCELONA)) == [BARCELONA]
    (one,) = shown(using(BARCELONA), SHIPPED)
    assert (one.number, one.per_day) == (BARCELONA, 5)


@pytest.mark.parametrize(
    ("own", "called", "is_near"),
    [
        (MADRID, "+34914567890", True),
        (MADRID, "+34812345678", True),
        (MADRID, "+34934567890", False),
        ("+34985000000", "+34984123456", True),
        ("+34985000000", "+34885123456", True),
        ("+34985000000", "+34986123456", False),
        ("+34963000000", "+34860123456", True),
        ("+34920000000", "+34921123456", False),
        (MADRID, "+34612345678", False),
        (FREE, "+34901123456", False),
        ("+13055550100", "+13059990199", True),
        ("+13055550100", "+12125550199", False),
    ],
)
def test_near_is_who_lives_in_the_same_province_or_area(own: str, called: str, is_near: bool) -> None:
    country = near(own)[0]
    assert called.startswith(country)
    assert any(called.startswith(start) for start in near(own)[1:]) is is_near


def test_elsewhere_near_is_who_has_more_first_digits_in_common() -> None:
    assert near("+5255") == ("+5", "+52", "+525", "+5255")
