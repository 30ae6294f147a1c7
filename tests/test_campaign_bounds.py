"""How much a campaign may do."""

from decimal import Decimal

from assist.campaign.bounds import caps, limits
from assist.campaign.model import Breaker, Caps, Elsewhere, Trunk
from tests.campaigns import SHIPPED, at, campaign, lenient

NOW = at("2026-11-24 12:00")


def test_a_file_that_says_nothing_is_moderate() -> None:
    found = limits(campaign(), lenient(), 50, NOW)
    assert found.trunk == Trunk("carrier", 1.0, 10)
    assert (found.calls, found.everybody) == (5, 40)
    assert found.breaker == Breaker()
    assert (found.ceilings.call_seconds, found.ceilings.call_cost) == (600.0, Decimal("0.50"))
    assert (found.ceilings.seconds, found.ceilings.day_cost) == (None, None)


def test_whom_others_reached_is_not_called_for_some_days() -> None:
    contacts = {"country": "ES", "not_if_reached": {"days": 7, "by": "otra"}}
    assert limits(campaign(contacts=contacts), lenient(), 50, NOW).elsewhere == Elsewhere(7 * 86_400, ("otra",))
    assert limits(campaign(), lenient(), 50, NOW).elsewhere is None


def test_whoever_calls_us_has_room_first() -> None:
    assert limits(campaign(pace={"kept": 60}), lenient(), 50, NOW).everybody == 0


def test_minutes_and_dollars_are_kept_by_campaign_and_day() -> None:
    ceilings = {"call_minutes": 2, "minutes": 90, "usd": "30", "day_minutes": 45, "day_usd": "12.5"}
    found = limits(campaign(ceilings=ceilings), lenient(), 50, NOW).ceilings
    assert (found.call_seconds, found.seconds, found.day_seconds) == (120, 5400, 2700)
    assert (found.cost, found.day_cost) == (Decimal(30), Decimal("12.5"))


def test_days_begin_at_the_campaigns_own_midnight() -> None:
    def midnight(day: str, zone: str) -> float:
        return limits(campaign(timezone=zone), lenient(), 50, at(f"{day} 12:00")).ceilings.midnight / 3600

    assert midnight("2026-11-24", "Europe/Madrid") == 23
    assert midnight("2026-07-24", "Europe/Madrid") == 22
    assert midnight("2026-11-24", "America/Bogota") == 5
    assert midnight("2026-11-24", "Asia/Kathmandu") == 18.25


def test_one_number_is_called_as_often_as_the_strictest_allows() -> None:
    both = {"country": "ES", "others": ["CO"]}
    assert caps(campaign(), SHIPPED) == Caps(rolling=2, day=2, week=4)
    assert caps(campaign(contacts=both), SHIPPED) == Caps(rolling=1, day=1, week=3)
    assert caps(campaign(pace={"caps": {"week": 1, "life": 5, "day": 9}}), SHIPPED) == Caps(2, 2, 1, 5)
    assert caps(campaign(), lenient()) == Caps()
