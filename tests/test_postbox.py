import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from assist.call.orders import Orders, ToSay, ToTransfer
from assist.postbox import SAY, TRANSFER, fields_of, open_postbox
from assist.store import Store, open_store
from tests.rigs import until


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    async with open_store(redis_url, timedelta(days=1)) as opened:
        yield opened


async def test_what_is_ordered_of_a_call_reaches_it_and_no_other(store: Store) -> None:
    mine, other = Orders(), Orders()
    before = await store.order("mine", fields_of(SAY, "antes"))
    async with open_postbox(store) as postbox:
        with postbox.holding("mine", mine), postbox.holding("other", other):
            # Whether it reads already is not to be seen from here: it looks for the end first.
            await until(lambda: postbox.ready)
            first = await store.order("mine", fields_of(SAY, "Un momento."))
            second = await store.order("mine", fields_of(TRANSFER, "recepcion"))
            async with asyncio.timeout(10):
                for expected in (ToSay(first, "Un momento."), ToTransfer(second, "recepcion")):
                    await mine.given()
                    assert mine.take() == expected
            assert other.take() is None
    assert before < first


async def test_whoever_takes_a_call_over_gets_what_was_ordered_since(store: Store) -> None:
    orders = Orders()
    done = await store.order("mine", fields_of(SAY, "hecho"))
    await store.order("other", fields_of(SAY, "de otra"))
    missed = await store.order("mine", fields_of(SAY, "pendiente"))
    async with open_postbox(store) as postbox:
        await postbox.missed("mine", orders, done)
    assert [orders.take(), orders.take()] == [ToSay(missed, "pendiente"), None]
