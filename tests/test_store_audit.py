"""Who did what, in a Redis of its own: all of it is looked at."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assist.store import Store, open_store
from tests.redis_process import redis_process

HOUR = timedelta(hours=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    with redis_process(tmp_path) as redis:
        async with open_store(redis.url, HOUR) as lent:
            yield lent


async def test_deeds_are_told_in_order_with_who_what_and_when(store: Store) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    await store.audit.record("user:ana", "campaign.start", "recordatorios", contacts=20)
    await store.audit.record("key:0a1b", "call.transcript", "the-call")
    first, second = [deed async for deed in store.audit.deeds()]
    assert (first.actor, first.action, first.subject) == ("user:ana", "campaign.start", "recordatorios")
    assert first.details == {"contacts": "20"}
    assert before < first.at <= second.at
    assert [deed async for deed in store.audit.deeds(after=first.id)] == [second]


async def test_deeds_since_a_moment(store: Store) -> None:
    await store.audit.record("user:ana", "campaign.start", "c")
    now = datetime.now(UTC)
    assert [deed async for deed in store.audit.deeds(now - HOUR)]
    assert [deed async for deed in store.audit.deeds(now + HOUR)] == []


async def test_more_than_a_page_is_told(store: Store) -> None:
    for number in range(1001):
        await store.audit.record("system", "retention", str(number))
    told = [deed.subject async for deed in store.audit.deeds()]
    assert told == [str(number) for number in range(1001)]
    assert await store.audit.count(datetime.now(UTC) + HOUR) == 1001


async def test_what_is_old_is_removed(store: Store) -> None:
    await store.audit.record("user:ana", "campaign.start", "c")
    now = datetime.now(UTC)
    assert await store.audit.count(now - HOUR) == await store.audit.forget(now - HOUR) == 0
    assert await store.audit.count(now + HOUR) == await store.audit.forget(now + HOUR) == 1
    assert [deed async for deed in store.audit.deeds()] == []
