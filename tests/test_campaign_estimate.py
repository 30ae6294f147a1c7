from dataclasses import replace
from decimal import Decimal

import pytest

from assist.campaign.assumptions import USUAL, Assumptions, assumed
from assist.campaign.bounds import limits
from assist.campaign.calendar import Calendar
from assist.campaign.estimate import Estimate, Work, estimate
from assist.campaign.ledger.views import Counts
from assist.campaign.model import CampaignState, Outcome, Result
from tests.campaigns import ALWAYS, campaign, lenient, read
from tests.ledgers import DAY, HOUR, MADRID, NINE

FAST = {"cps": 1, "calls": 1000}
WIDE = {"calls": 1000, "kept": 0}
MORNINGS = {"hours": dict.fromkeys(ALWAYS, "10:00-11:00"), "holidays": "none"}


def only(
    result: Result, talk_s: float = 60.0, ring_s: float = 15.0, usd_per_minute: Decimal | None = None
) -> Assumptions:
    return Assumptions({result: 1.0}, talk_s, ring_s, usd_per_minute)


def course(assumptions: Assumptions, *work: Work, capacity: int = 1000, **changes: object) -> Estimate:
    one = campaign(**{"gateway": FAST, "pace": WIDE, **changes})
    bounds = limits(one, lenient(), capacity, NINE)
    return estimate(work, Calendar(one, lenient()), bounds, assumptions, NINE)


def some(count: int, due: float = NINE) -> Work:
    return Work(MADRID, due, count)


def test_calls_take_as_long_as_the_trunk_lets_them_begin() -> None:
    found = course(only(Result.HUMAN), some(3600))
    assert found.begins == NINE
    assert found.ends == pytest.approx(NINE + HOUR, abs=120)
    assert found.attempts == found.reached == pytest.approx(3600)


def test_calls_take_as_long_as_the_places_hold_them() -> None:
    found = course(only(Result.HUMAN, talk_s=45.0, ring_s=15.0), some(600), pace={"calls": 10, "kept": 0})
    assert found.per_hour == pytest.approx(600)
    assert found.ends == pytest.approx(NINE + HOUR, abs=180)


def test_what_does_not_fit_into_the_hours_of_a_day_goes_on_the_next() -> None:
    found = course(only(Result.HUMAN), some(5400), when=MORNINGS)
    assert read(found.begins, "Europe/Madrid") == "2026-11-23 10:00"
    assert read(found.ends, "Europe/Madrid").startswith("2026-11-24 10:3")


def test_those_who_are_to_be_called_again_are() -> None:
    found = course(only(Result.BUSY), some(100), retry={"attempts": 3, "busy": ["1h", "2h"]})
    assert found.attempts == pytest.approx(300)
    assert found.ends == pytest.approx(NINE + 3 * HOUR, abs=600)
    assert found.outcomes == {Outcome.EXHAUSTED: pytest.approx(100)}


def test_a_day_has_no_more_attempts_of_a_number_than_the_caps_allow() -> None:
    retry = {"attempts": 3, "busy": ["15m"]}
    found = course(only(Result.BUSY), some(10), retry=retry, pace={**WIDE, "caps": {"day": 2}})
    assert found.ends == pytest.approx(NINE + DAY + 900, abs=600)


def test_nobody_is_called_beyond_the_ceiling_of_a_day() -> None:
    found = course(only(Result.HUMAN, talk_s=60.0), some(250), ceilings={"day_minutes": 100})
    assert read(found.ends, "Europe/Madrid").startswith("2026-11-25 00:")
    assert found.minutes == pytest.approx(250)


def test_whoever_the_ceiling_of_all_leaves_nothing_for_is_left_over() -> None:
    found = course(only(Result.HUMAN, talk_s=60.0), some(250), ceilings={"minutes": 100})
    assert found.ends is None
    assert found.attempts == pytest.approx(100)
    assert found.unserved == pytest.approx(150)


def test_whoever_may_never_be_called_again_expires() -> None:
    found = course(only(Result.HUMAN), some(7), when={"ends": "2026-11-20", "holidays": "none"})
    assert found.begins is None
    assert found.outcomes == {Outcome.EXPIRED: pytest.approx(7)}


def test_without_places_for_calls_there_is_no_end() -> None:
    found = course(only(Result.HUMAN), some(7), capacity=0)
    assert (found.begins, found.ends, found.unserved) == (None, None, 0)


def test_who_waits_for_later_is_called_later() -> None:
    assert course(only(Result.HUMAN), some(1, NINE + 5 * HOUR)).begins == pytest.approx(NINE + 5 * HOUR, abs=60)


def test_the_cost_is_that_of_the_minutes_and_at_most_that_of_the_ceilings() -> None:
    found = course(
        only(Result.HUMAN, talk_s=60.0, usd_per_minute=Decimal("0.10")), some(10), ceilings={"call_usd": "0.50"}
    )
    assert (str(found.usd), str(found.usd_at_most)) == ("1.00", "5.00")
    assert course(only(Result.HUMAN), some(10)).usd is None
    dearer = replace(only(Result.HUMAN, talk_s=60.0), trunk_usd_per_minute=Decimal("0.02"))
    assert str(course(dearer, some(10)).usd) == "0.20", "what is known is told"


def test_ceilings_of_money_are_of_engines_and_not_of_the_trunk() -> None:
    dear = replace(only(Result.HUMAN, usd_per_minute=Decimal("0.10")), trunk_usd_per_minute=Decimal("9"))
    assert course(dear, some(10), ceilings={"usd": "0.50"}).attempts == 5


def test_numbers_that_rest_for_the_day_once_they_were_shown_often_hold_a_campaign_back() -> None:
    pool = [{"number": "+34910000009", "per_day": 3}, {"number": "+34930000009", "per_day": 2}]
    found = course(only(Result.HUMAN), some(12), gateway={**FAST, "caller_ids": pool})
    assert read(found.ends, "Europe/Madrid") == "2026-11-25 00:01", "five on each of two days, and two more"
    free = course(only(Result.HUMAN), some(12), gateway={**FAST, "caller_ids": [*pool, "+34910000010"]})
    assert free.ends is not None and free.ends - NINE < HOUR


def test_a_million_contacts_are_no_more_work_than_a_thousand() -> None:
    found = course(Assumptions(), some(1_000_000), when=MORNINGS)
    assert found.ends is None, "at one a second, in an hour a day"
    assert read(course(Assumptions(), some(1_000_000)).ends)[:4] == "2026"


def test_what_is_usual_is_all_that_can_happen() -> None:
    assert sum(USUAL.values()) == pytest.approx(1)
    assert sum(Assumptions().picked_up(0.7).shares.values()) == pytest.approx(1)
    assert Assumptions().picked_up(0.7).pick_up == 0.7


def counted(human: int, busy: int) -> Counts:
    results = {Result.HUMAN: human, Result.BUSY: busy}
    return Counts(CampaignState.RUNNING, {}, {}, results, 0, human * 30.0, human * Decimal("0.01"), None, {})


def test_what_happened_says_more_than_what_is_usual() -> None:
    found = assumed(counted(human=75, busy=25))
    assert (found.pick_up, found.talk_s, found.measured) == (0.75, 30.0, True)
    assert found.usd_per_minute == Decimal("0.02")
    assert assumed(counted(human=10, busy=3)) == assumed(None) == Assumptions(), "too few say nothing yet"
