import time
from collections.abc import AsyncIterator

import pytest

from assist.campaign.calendar import Calendar
from assist.campaign.model import attempt_id
from assist.campaign.oversight import Once, oversee
from assist.metrics import DUPLICATES, VIOLATIONS
from assist.switch.events import Event
from tests.campaigns import at, campaign, lenient
from tests.dialing import plans
from tests.ledgers import ALWAYS, LIMITS, Clocked, clocked_ledger, people
from tests.scrapes import Numbers

CALENDAR = plans().get("c").calendar
CALL = attempt_id("c", "ana", 1)


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


def duplicates() -> float:
    return Numbers(DUPLICATES.collect())("assist_dial_duplicates_total")


def violations() -> dict[str, float]:
    numbers = Numbers(VIOLATIONS.collect())
    return {rule: numbers("assist_campaign_violations_total", rule=rule) for rule in ("do_not_call", "window")}


async def found(clocked: Clocked, calendar: Calendar = CALENDAR, *, suppressed: bool = False) -> set[str]:
    """Return which rules a call breaks that is begun now."""
    await clocked.start("c", people(1), LIMITS)
    claim, before = await clocked.claimed(window=ALWAYS), violations()
    if suppressed:
        await clocked.ledger.suppress(clocked.ledger.number_key(claim.contact.number))
    await oversee(clocked.ledger, calendar, claim)
    return {rule for rule, count in violations().items() if count != before[rule]}


async def test_a_call_that_may_be_made_breaks_no_rule(clocked: Clocked) -> None:
    assert await found(clocked) == set()


async def test_a_call_to_a_number_of_the_list_is_seen(clocked: Clocked) -> None:
    assert await found(clocked, suppressed=True) == {"do_not_call"}


async def test_a_call_at_a_wrong_hour_is_seen(clocked: Clocked, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Calendar(campaign(), lenient(hours={"monday": "9:00-21:00"}))
    # 21:00:30 in Madrid, on a Monday.
    monkeypatch.setattr(time, "time", lambda: at("2026-11-23 20:00") + 30)
    assert await found(clocked, hours) == {"window"}


@pytest.mark.parametrize("moment", ["2026-11-23 08:00", "2026-11-23 20:00"])
async def test_the_first_and_the_last_second_are_no_wrong_hour(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    hours = Calendar(campaign(), lenient(hours={"monday": "9:00-21:00"}))
    monkeypatch.setattr(time, "time", lambda: at(moment) + 1)
    assert await found(clocked, hours) == set()


def ended(call: str = CALL, created: str = "1", core: str = "one") -> Event:
    return Event({"Unique-ID": call, "Caller-Channel-Created-Time": created, "Core-UUID": core})


@pytest.mark.parametrize("second", [ended(created="2"), ended(core="other")])
def test_a_second_call_of_one_attempt_is_seen(second: Event) -> None:
    once, before = Once(), duplicates()
    once.ended(ended())
    once.ended(second)
    assert duplicates() == before + 1


def test_one_call_of_which_two_tell_is_one() -> None:
    once, before = Once(), duplicates()
    once.ended(ended())
    once.ended(ended())
    once.ended(ended(attempt_id("c", "ana", 2), created="2"))
    assert duplicates() == before


def test_calls_of_no_campaign_may_do_as_they_like() -> None:
    once, before = Once(), duplicates()
    for created in ("1", "2"):
        once.ended(ended("7c9e6679-7425-40de-944b-e07fc1f90ae7", created))
    assert duplicates() == before
