"""People whom the ledger is to forget, in a real Redis."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from assist.campaign.model import CampaignState, Claim, ContactState, Outcome, Result
from assist.errors import StoreError
from tests.ledgers import LIMITS, MADRID, NINE, Clocked, clocked_ledger, people, person

DAY = 86400.0


@pytest.fixture
async def clocked(redis_url: str) -> AsyncIterator[Clocked]:
    async with clocked_ledger(redis_url) as lent:
        yield lent


async def erase(clocked: Clocked, number: str) -> list[str]:
    """Return the campaigns that had it."""
    key, forgetting = clocked.ledger.number_key(number), clocked.ledger.forgetting
    found = {(campaign, contact.id): contact async for campaign, contact in forgetting.contacts(key)}
    return [campaign for (campaign, _), contact in found.items() if await forgetting.erase(campaign, contact, key)]


async def called(clocked: Clocked, campaign: str = "c") -> Claim:
    """Let the next one be called and reached."""
    claim = await clocked.dialed(campaign)
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED, 30.0)
    return claim


async def test_who_is_erased_is_in_no_campaign_and_in_no_count(clocked: Clocked) -> None:
    await clocked.start("c", people(3))
    await clocked.start("d", [person(0, id="other"), person(7)])
    claim = await called(clocked)
    number = claim.contact.number
    assert await erase(clocked, number) == ["c", "d"]
    counts = await clocked.ledger.counts("c")
    assert counts.states == {ContactState.WAITING: 2}
    assert counts.outcomes == {}
    assert counts.results == {Result.HUMAN: 1}, "what was done stays counted"
    assert [one.contact.id for one in (await clocked.ledger.contacts("c")).standings] == ["p1", "p2"]
    assert await clocked.ledger.contact("d", "other") is None
    assert (await clocked.ledger.counts("d")).groups[MADRID].contacts == 1


async def test_nothing_with_the_name_or_the_number_is_left_in_redis(clocked: Clocked) -> None:
    await clocked.start("c", [person(1, id="a-customer"), person(2)])
    claim = await called(clocked)
    number = claim.contact.number
    await erase(clocked, number)
    assert await clocked.ledger.forgetting.forget_calls(clocked.ledger.number_key(number))
    for wanted in (b"a-customer", number.encode(), clocked.ledger.number_key(number)):
        assert not await found_in_redis(clocked, wanted), wanted
    assert await found_in_redis(clocked, person(2).number.encode())


async def found_in_redis(clocked: Clocked, wanted: bytes) -> bool:
    """Whether *wanted* is anywhere in the ledger, as far as it can be read."""
    redis = clocked.redis
    readers: dict[bytes | str, Callable[[bytes], Awaitable[Any]]] = {
        b"string": redis.get,
        b"hash": redis.hgetall,
        b"list": lambda key: redis.lrange(key.decode(), 0, -1),
        b"set": redis.smembers,
        b"zset": lambda key: redis.zrange(key, 0, -1),
        b"stream": redis.xrange,
    }
    async for key in redis.scan_iter(f"{clocked.keys('')}*"):
        if wanted in key or repr(wanted)[2:-1] in repr(await readers[await redis.type(key)](key)):
            return True
    return False


async def test_who_is_being_called_is_not_erased(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    claim = await clocked.dialed("c")
    key = clocked.ledger.number_key(claim.contact.number)
    assert await clocked.ledger.forgetting.is_ringing(key)
    with pytest.raises(StoreError, match="being called"):
        await clocked.ledger.forgetting.erase("c", claim.contact, key)
    await clocked.ledger.attempts.finish(claim.id, Result.BUSY, NINE + 3600)
    assert not await clocked.ledger.forgetting.is_ringing(key)
    assert await erase(clocked, claim.contact.number) == ["c"]


async def test_whoever_does_not_want_to_be_called_is_not_called_after_it_either(clocked: Clocked) -> None:
    number = person(1).number
    key = clocked.ledger.number_key(number)
    await clocked.ledger.create("c", LIMITS)
    await clocked.ledger.suppress(key)
    await clocked.ledger.suppress(key, "c")
    await clocked.start("c", [person(1)])
    await erase(clocked, number)
    assert await clocked.ledger.is_suppressed(key)
    assert await clocked.ledger.is_suppressed(key, "c")


async def test_many_contacts_are_searched(clocked: Clocked) -> None:
    await clocked.start("c", people(3000))
    assert await erase(clocked, person(2999).number) == ["c"]
    assert sum((await clocked.ledger.counts("c")).states.values()) == 2999


async def test_erasing_twice_is_as_good_as_once(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    key, forgetting = clocked.ledger.number_key(person(0).number), clocked.ledger.forgetting
    assert await forgetting.erase("c", person(0), key)
    assert not await forgetting.erase("c", person(0), key)
    assert (await clocked.ledger.counts("c")).contacts == 1


async def test_the_people_of_a_campaign_that_is_over_are_forgotten_and_its_numbers_stay(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    await called(clocked)
    forgetting, later = clocked.ledger.forgetting, time.time() + DAY
    assert await forgetting.over(later) == []
    assert await forgetting.forget("c", later) == 0, "it runs"
    unwanted = clocked.ledger.number_key("+34600999999")
    await clocked.ledger.suppress(unwanted, "c")
    assert await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    assert await forgetting.over(time.time() - DAY) == []
    assert await forgetting.forget("c", time.time() - DAY) == 0, "it ended just now"
    assert await forgetting.over(later) == [("c", 2)]
    assert await forgetting.forget("c", later) == 2
    assert await forgetting.over(later) == []
    assert not await found_in_redis(clocked, b"+34600")
    counts = await clocked.ledger.counts("c")
    assert counts.results == {Result.HUMAN: 1}
    assert await clocked.ledger.is_suppressed(unwanted, "c")


async def test_of_a_campaign_without_end_those_who_are_done_for_long_are_forgotten(clocked: Clocked) -> None:
    await clocked.start("c", people(3))
    for _ in range(2):
        claim = await clocked.dialed()
        await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED)
        await clocked.later(DAY)
    forgetting = clocked.ledger.forgetting
    assert await forgetting.forget_done("c", NINE) == 0
    assert await forgetting.forget_done("c", NINE + DAY) == 1
    assert [one.contact.id for one in (await clocked.ledger.contacts("c")).standings] == ["p1", "p2"]
    assert await forgetting.forget_done("c", NINE + 100 * DAY) == 1
    assert [one.contact.id for one in (await clocked.ledger.contacts("c")).standings] == ["p2"], "he still waits"
    assert (await clocked.ledger.counts("c")).outcomes == {Outcome.REACHED: 2}


async def test_nobody_is_forgotten_while_a_call_of_a_cancelled_campaign_goes_on(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    claim = await clocked.dialed()
    assert await clocked.ledger.set_state("c", CampaignState.CANCELLED)
    assert await clocked.ledger.forgetting.forget("c", time.time() + DAY) == 0
    await clocked.ledger.attempts.finish(claim.id, Result.HUMAN, Outcome.REACHED, 30.0)
    assert await clocked.ledger.forgetting.forget("c", time.time() + DAY) == 2


async def test_a_campaign_that_was_forgotten_can_begin_anew(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    await called(clocked)
    assert await clocked.ledger.set_state("c", CampaignState.FINISHED)
    assert await clocked.ledger.forgetting.forget("c", time.time() + DAY) == 1
    await clocked.ledger.add("c", people(2), NINE)
    assert await clocked.ledger.set_state("c", CampaignState.RUNNING)
    claim = await clocked.claimed()
    assert claim.contact.id == "p0"


async def test_events_are_trimmed_but_for_the_last(clocked: Clocked) -> None:
    await clocked.start("c", people(1))
    await called(clocked)
    told = await clocked.ledger.events("c")
    assert await clocked.ledger.forgetting.trim_events(time.time() - DAY) == 0
    assert await clocked.ledger.forgetting.trim_events(time.time() + DAY) == len(told) - 1
    assert await clocked.ledger.events("c") == told[-1:]


async def test_numbers_that_were_not_called_for_long_are_told(clocked: Clocked) -> None:
    await clocked.start("c", people(2))
    claim = await called(clocked)
    forgetting, key = clocked.ledger.forgetting, clocked.ledger.number_key(claim.contact.number)
    assert await forgetting.numbers(NINE - DAY) == []
    assert await forgetting.numbers(NINE + DAY) == [key]
