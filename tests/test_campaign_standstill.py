from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from assist.campaign.calendar import Calendar
from assist.campaign.model import Blocked, CampaignState, Limits, Outcome, Result
from assist.campaign.standstill import MENDS, Block, standstill
from tests.campaigns import ALWAYS, campaign, lenient
from tests.ledgers import HOUR, LIMITS, NINE, Clocked, clocked_ledger, people, person

CANARY = "Atlantic/Canary ES-CN"


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


async def blocks(clocked: Clocked, **when: Any) -> list[Block]:
    calendar = Calendar(campaign(name="c", when={"holidays": "none", **when}), lenient())
    return await standstill(clocked.ledger, calendar, await clocked.ledger.counts("c"), await clocked.now())


async def start(clocked: Clocked, count: int = 2, limits: Limits = LIMITS) -> None:
    await clocked.start("c", people(count), limits)


async def test_who_may_be_called_is_not_blocked(clocked: Clocked) -> None:
    await start(clocked)
    assert await blocks(clocked) == []


async def test_a_campaign_that_does_not_run_blocks_all_who_wait(clocked: Clocked) -> None:
    await start(clocked, 3)
    await clocked.ledger.set_state("c", CampaignState.PAUSED)
    assert await blocks(clocked) == [Block(Blocked.NOT_RUNNING, 3)]


async def test_hours_block_whoever_lives_where_they_are_not(clocked: Clocked) -> None:
    elsewhere = [person(number, group=CANARY) for number in (7, 8, 9)]
    await clocked.start("c", [*people(2), *elsewhere])
    hours = dict.fromkeys(ALWAYS, "9:30-21:00")
    # In Madrid it is ten o'clock, on the islands nine.
    assert await blocks(clocked, hours=hours) == [Block(Blocked.WINDOW, 3, NINE + HOUR / 2)]


async def test_a_holiday_is_told_as_one(clocked: Clocked) -> None:
    await start(clocked)
    await clocked.at(NINE + 15 * 24 * HOUR)
    (block,) = await blocks(clocked, holidays="country")
    assert (block.reason, block.contacts) == (Blocked.HOLIDAY, 2), "the Immaculate Conception"


async def test_dates_that_are_over_block_for_good(clocked: Clocked) -> None:
    await start(clocked)
    assert await blocks(clocked, ends="2026-11-22") == [Block(Blocked.WINDOW, 2)]


async def test_calls_in_progress_block_the_others_until_one_ends(clocked: Clocked) -> None:
    await start(clocked, 3, replace(LIMITS, calls=1))
    claim = await clocked.dialed()
    await clocked.later(1)
    assert await blocks(clocked) == [Block(Blocked.CONCURRENCY, 2)]
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
    assert await blocks(clocked) == []


async def test_who_is_to_be_called_again_later_is_told_so(clocked: Clocked) -> None:
    await start(clocked, 1)
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.BUSY, NINE + HOUR)
    assert await blocks(clocked) == [Block(Blocked.NOBODY_DUE, 1, NINE + HOUR)]


async def test_an_open_breaker_is_told_with_its_end(clocked: Clocked) -> None:
    await start(clocked, 9, replace(LIMITS, breaker=replace(LIMITS.breaker, sample=5, rest=300.0)))
    for _ in range(5):
        await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.FAILED, Outcome.EXHAUSTED)
    (block,) = await blocks(clocked)
    assert (block.reason, block.contacts) == (Blocked.BREAKER, 4)
    assert block.until == pytest.approx(await clocked.now() + 300, abs=1)


async def test_a_ceiling_is_told(clocked: Clocked) -> None:
    ceilings = replace(LIMITS.ceilings, call_seconds=60.0, seconds=60.0)
    await start(clocked, 3, replace(LIMITS, ceilings=ceilings))
    await clocked.ledger.attempts.finish((await clocked.dialed()).id, Result.HUMAN, Outcome.REACHED, seconds=30.0)
    await clocked.later(1)
    assert await blocks(clocked) == [Block(Blocked.CEILING, 2)]


def test_each_reason_tells_what_it_means() -> None:
    assert set(MENDS) == set(Blocked)
