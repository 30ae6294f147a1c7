"""Tests for who is told what happens, in a real Redis with the streams of calls and of campaigns."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from assist.aio import end
from assist.campaign.model import CampaignState, Outcome, Result
from assist.store import NEWS, CallRecord
from assist.webhooks.model import DeliveryState, EventType
from tests.ledgers import NINE, clocked_ledger, person
from tests.webhooks import House, house


@pytest.fixture
async def home(redis_url: str) -> AsyncIterator[House]:
    async with house(redis_url, by_hand=False) as home:
        yield home


@dataclass
class Relayed:
    """What a relay does, and whoever waits for that."""

    home: House
    queued: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, endpoint: str, count: int) -> list[EventType]:
        """Return the types of what waits for *endpoint*, sorted, once there are so many."""
        async with asyncio.timeout(20):
            while len(waiting := await self._waiting(endpoint)) < count:
                await self.queued.wait()
                self.queued.clear()
        return waiting

    async def _waiting(self, endpoint: str) -> list[EventType]:
        found = (await self.home.queue.page(endpoint, DeliveryState.WAITING)).deliveries
        return sorted(delivery.event.type for delivery in found)


@asynccontextmanager
async def relayed(home: House) -> AsyncIterator[Relayed]:
    relayed = Relayed(home)
    running = asyncio.create_task(home.relay(relayed.queued.set).run())
    try:
        yield relayed
    finally:
        await end(running)


def record() -> CallRecord:
    now = datetime.now(UTC)
    return CallRecord(str(uuid4()), "clinica", "inbound", now, now, now, "NORMAL_CLEARING")


async def call(home: House) -> CallRecord:
    """Let a call begin and end."""
    one = record()
    await home.store.history.begin(one.id, one.assistant, one.direction)
    await home.store.history.record(one)
    return one


async def next_millisecond(home: House) -> None:
    """Return when Redis' clock has gone on."""
    seconds, micros = await home.redis.time()
    while (await home.redis.time()) < (seconds, micros + 1000):
        pass


async def entry(home: House, campaign: str, **fields: str) -> None:
    """Let something happen in a campaign."""
    await home.redis.sadd(home.ledger("campaigns"), campaign)
    await home.redis.xadd(home.ledger("events", campaign), fields)  # type: ignore[arg-type]


async def test_a_call_is_told_as_it_begins_and_when_it_is_over(home: House) -> None:
    endpoint = await home.endpoint(types=[EventType.CALL_STARTED, EventType.CALL_ENDED])
    async with relayed(home) as relay:
        one = await call(home)
        assert await relay.until(endpoint, 2) == [EventType.CALL_ENDED, EventType.CALL_STARTED]
    page = await home.queue.page(endpoint, DeliveryState.WAITING)
    assert [delivery.event.data["call"] for delivery in page.deliveries] == [one.id, one.id]


async def test_what_happens_in_a_campaign_is_told(home: House) -> None:
    endpoint = await home.endpoint()
    async with relayed(home) as relay:
        await entry(home, "c", kind="state", state="running")
        await entry(home, "c", kind="dialing", contact="p1", attempt="a")
        await entry(home, "c", kind="done", contact="p1", outcome="reached")
        assert await relay.until(endpoint, 2) == [EventType.CONTACT_DONE, EventType.CAMPAIGN_STARTED]


async def test_what_the_ledger_says_of_a_campaign_is_understood(home: House, redis_url: str) -> None:
    """As the ledger itself writes it, from the start to the last contact."""
    async with clocked_ledger(redis_url) as clocked:
        home = replace(home, ledger=clocked.keys)
        endpoint = await home.endpoint()
        await clocked.start("c", [person(1), person(2)])
        for result, then in ((Result.BUSY, NINE + 60), (Result.HUMAN, Outcome.OPTED_OUT)):
            claim = await clocked.dialed()
            await clocked.ledger.attempts.finish(claim.id, result, then, 12.5)
        await clocked.ledger.set_state("c", CampaignState.PAUSED)
        async with relayed(home) as relay:
            told = await relay.until(endpoint, 6)
        deliveries = (await home.queue.page(endpoint, DeliveryState.WAITING)).deliveries
    assert told == [
        EventType.ATTEMPT_ENDED,
        EventType.ATTEMPT_ENDED,
        EventType.CONTACT_DONE,
        EventType.CAMPAIGN_PAUSED,
        EventType.CAMPAIGN_STARTED,
        EventType.CONTACT_OPTED_OUT,
    ]
    attempts = [one.event.data for one in deliveries if one.event.type is EventType.ATTEMPT_ENDED]
    assert {(data["result"], data["outcome"], data["seconds"]) for data in attempts} == {
        ("busy", None, 12.5),
        ("human", "opted_out", 12.5),
    }


async def test_what_happened_while_no_relay_ran_is_told_afterwards(home: House) -> None:
    endpoint = await home.endpoint(types=[EventType.CALL_ENDED])
    await call(home)
    async with relayed(home) as relay:
        await relay.until(endpoint, 1)


async def test_what_happened_before_an_endpoint_was_made_is_not_told_to_it(home: House) -> None:
    before = await home.endpoint(types=[EventType.CALL_ENDED])
    await call(home)
    await next_millisecond(home)
    since = await home.endpoint(types=[EventType.CALL_ENDED])
    two = await call(home)
    async with relayed(home) as relay:
        await relay.until(before, 2)
    (delivery,) = (await home.queue.page(since, DeliveryState.WAITING)).deliveries
    assert delivery.event.data["call"] == two.id


async def test_a_call_that_is_recorded_twice_is_told_once(home: House) -> None:
    endpoint = await home.endpoint(types=[EventType.CALL_ENDED])
    one = await call(home)
    await home.store.history.record(one)
    marker = await home.endpoint(types=[EventType.CALL_STARTED])
    await call(home)
    async with relayed(home) as relay:
        await relay.until(marker, 1)
        assert await relay.until(endpoint, 2) == [EventType.CALL_ENDED] * 2


async def test_each_tells_what_the_others_have_not_told_yet(home: House) -> None:
    """Two relays at once, and one after the other: nothing is queued twice, nothing is left out."""
    endpoint = await home.endpoint(types=[EventType.CALL_ENDED])
    calls = set()
    async with relayed(home) as one, relayed(home):
        calls |= {(await call(home)).id for _ in range(20)}
        while len((await home.queue.page(endpoint, DeliveryState.WAITING)).deliveries) < 20:
            await asyncio.wait_for(one.home.redis.ping(), 5)
    calls |= {(await call(home)).id for _ in range(5)}
    async with relayed(home) as next_one:
        await next_one.until(endpoint, 25)
    page = await home.queue.page(endpoint, DeliveryState.WAITING, limit=100)
    assert {delivery.event.data["call"] for delivery in page.deliveries} == calls
    assert len(page.deliveries) == 25


async def test_what_nobody_wants_is_read_once(home: House) -> None:
    seen = await home.endpoint(types=[EventType.CALL_ENDED])
    async with relayed(home) as relay:
        await call(home)
        await relay.until(seen, 1)
    news: Any = await home.redis.xrevrange(NEWS, count=1)
    assert (await home.queue.positions())[NEWS] == news[0][0].decode()
