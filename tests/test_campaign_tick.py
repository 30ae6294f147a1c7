import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from assist.campaign.model import CampaignState
from assist.campaign.tick import Ticked, tick
from assist.errors import ConfigurationError, StoreError
from tests.campaigns import at
from tests.dialing import plans
from tests.ledgers import LIMITS, Clocked, clocked_ledger, people

TEN = at("2026-11-23 10:00", "Europe/Madrid")
MINUTE, HOUR = 60.0, 3600.0
SCHEDULE = {"cron": "0 10 * * 1-5", "missed": "catch_up"}
OFFICE = {"hours": {"monday": "9:00-12:00", "tuesday": "9:00-12:00"}, "holidays": "none"}


class Owner:
    """Looks at the clock of one campaign, as cron does, and writes down what was started."""

    def __init__(self, clocked: Clocked) -> None:
        self.clocked = clocked
        self.started: list[str] = []
        self.fails = False

    async def tick(self, now: float, **changes: Any) -> list[Ticked]:
        async def start(name: str) -> None:
            if self.fails:
                raise StoreError("no")
            self.started.append(name)
            await self.clocked.ledger.set_state(name, CampaignState.RUNNING)

        told = plans(**{"schedule": SCHEDULE, "when": OFFICE, **changes})
        return [one.became for one in await tick(self.clocked.ledger, told, ["c"], start, now)]


@pytest.fixture
async def owner(redis_url: str) -> AsyncIterator[Owner]:
    async with clocked_ledger(redis_url) as clocked:
        await clocked.ledger.create("c", LIMITS)
        await clocked.ledger.add("c", people(1))
        yield Owner(clocked)


async def test_a_campaign_starts_when_its_time_has_come_and_once(owner: Owner) -> None:
    assert await owner.tick(TEN - MINUTE) == []
    assert await owner.tick(TEN) == [Ticked.STARTED]
    assert await owner.tick(TEN) == []
    assert await owner.tick(TEN + MINUTE) == []
    assert owner.started == ["c"]


async def test_two_machines_at_once_start_it_once(owner: Owner) -> None:
    ticks = await asyncio.gather(*(owner.tick(TEN + 1) for _ in range(20)))
    assert [one for ticked in ticks for one in ticked] == [Ticked.STARTED]
    assert owner.started == ["c"]


async def test_it_starts_anew_at_the_next_time(owner: Owner) -> None:
    for day in range(2):
        assert await owner.tick(TEN + day * 24 * HOUR) == [Ticked.STARTED]
        await owner.clocked.ledger.set_state("c", CampaignState.FINISHED)


async def test_a_campaign_that_is_new_does_not_make_up_for_what_was_before_it(owner: Owner) -> None:
    assert await owner.tick(TEN + HOUR) == []


async def test_a_start_that_was_missed_is_made_up_for_in_the_hours(owner: Owner) -> None:
    await owner.tick(TEN - HOUR)
    assert await owner.tick(TEN + HOUR) == [Ticked.STARTED]


async def test_a_start_that_was_missed_waits_for_the_hours(owner: Owner) -> None:
    await owner.tick(TEN - HOUR)
    assert await owner.tick(TEN + 5 * HOUR) == []
    assert owner.started == []
    assert await owner.tick(TEN + 23 * HOUR + MINUTE) == [Ticked.STARTED]


async def test_a_start_that_was_missed_is_skipped_where_that_is_wanted(owner: Owner) -> None:
    await owner.tick(TEN - HOUR, schedule={"cron": SCHEDULE["cron"]})
    assert await owner.tick(TEN + HOUR, schedule={"cron": SCHEDULE["cron"]}) == []


async def test_what_its_owner_has_paused_does_not_start(owner: Owner) -> None:
    await owner.clocked.ledger.set_state("c", CampaignState.RUNNING)
    await owner.clocked.ledger.set_state("c", CampaignState.PAUSED)
    assert await owner.tick(TEN) == [Ticked.STOPPED]
    assert await owner.tick(TEN + MINUTE) == []
    assert owner.started == []


async def test_a_start_that_failed_is_tried_again_once_it_can_be_ours(owner: Owner) -> None:
    owner.fails = True
    assert await owner.tick(TEN) == [Ticked.FAILED]
    owner.fails = False
    assert await owner.tick(TEN + MINUTE) == [Ticked.STARTED]


async def test_a_campaign_whose_file_is_broken_does_not_keep_others_from_starting(owner: Owner) -> None:
    async def start(name: str) -> None:
        owner.started.append(name)

    told = plans(schedule=SCHEDULE)
    with pytest.raises(ConfigurationError):
        told.get("broken")
    await tick(owner.clocked.ledger, told, ["broken", "c"], start, TEN)
    assert owner.started == ["c"]


async def test_a_campaign_without_a_schedule_waits_for_its_owner(owner: Owner) -> None:
    assert await owner.tick(TEN, schedule=None) == []
