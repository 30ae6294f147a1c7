"""Calls found by a number, in a real Redis."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from redis.asyncio import Redis

from assist.store import open_store

NOW = datetime.now(UTC)
YEAR = timedelta(days=365)


def number() -> str:
    """One that no other test has."""
    return f"+34{uuid4().int % 10**9:09}"


async def test_the_calls_of_a_number_are_found_in_order_and_by_nobody_else(redis_url: str) -> None:
    ana, eva = number(), number()
    async with open_store(redis_url, YEAR) as store:
        await store.callers.add(ana, "second", NOW, YEAR)
        await store.callers.add(ana, "first", NOW - timedelta(hours=1), YEAR)
        await store.callers.add(eva, "third", NOW, YEAR)
        assert await store.callers.calls(ana) == ["first", "second"]
        await store.callers.forget(ana)
        assert await store.callers.calls(ana) == []
        assert await store.callers.calls(eva) == ["third"]


async def test_no_key_and_no_value_holds_the_number(redis_url: str) -> None:
    ana = number()
    async with open_store(redis_url, YEAR) as store, Redis.from_url(redis_url) as redis:
        await store.callers.add(ana, "a-call-of-ana", NOW, YEAR)
        keys = [key async for key in redis.scan_iter("caller:*")]
    assert keys
    assert not any(ana[1:].encode() in key for key in keys)


async def test_a_call_is_forgotten_when_it_was_kept_for_so_long(redis_url: str) -> None:
    ana = number()
    async with open_store(redis_url, YEAR) as store, Redis.from_url(redis_url) as redis:
        await store.callers.add(ana, "old", NOW - 2 * YEAR, YEAR)
        await store.callers.add(ana, "new", NOW, YEAR)
        assert await store.callers.calls(ana) == ["new"]
        kept = [await redis.ttl(key) async for key in redis.scan_iter("caller:*")]
    assert all(0 < seconds <= YEAR.total_seconds() for seconds in kept)


async def test_another_process_finds_the_same(redis_url: str) -> None:
    ana = number()
    async with open_store(redis_url, YEAR) as store:
        await store.callers.add(ana, "one", NOW, YEAR)
    async with open_store(redis_url, YEAR) as other:
        assert await other.callers.calls(ana) == ["one"]
