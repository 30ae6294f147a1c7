"""Single calls: a switch that keeps a diary, and a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from assist.call.events import Ended
from assist.campaign.numbers import read
from assist.errors import ConnectionLost, StoreError
from assist.journal import follow
from assist.placing.placement import Book, LimitReached, Stage
from assist.placing.placer import Placer, Unreachable, Wish, placing
from assist.settings import Calls
from assist.store import CallRecord, Store, open_store
from tests.dialing import FakeNode
from tests.rigs import until

RETENTION = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Rig:
    placer: Placer
    node: FakeNode
    store: Store
    book: Book


@asynccontextmanager
async def rigged(url: str, calls: Calls, *, safe: bool = True) -> AsyncIterator[Rig]:
    async def confirm(_: Redis) -> bool:
        return safe

    async with Redis.from_url(url, protocol=2) as redis, open_store(url, RETENTION) as store:
        book = Book(redis, confirm, RETENTION, (calls.per_day, calls.per_number))
        node = FakeNode()
        node.picks_up.clear()
        async with placing(Placer(calls, book, {"node": node}, store)) as placer:
            yield Rig(placer, node, store, book)


@pytest.fixture
async def empty(redis_url: str) -> str:
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()
    return redis_url


def wish(call: str | None = None, number: str = "+34612345678") -> Wish:
    return Wish(call or str(uuid4()), read(number, "ES"), number.encode(), "clinica", "order 7")


async def test_a_call_that_is_placed_rings_with_its_id_and_its_assistant(empty: str) -> None:
    async with rigged(empty, Calls(gateway="trunk", shown="+34912345678")) as rig:
        placement, new = await rig.placer.place(wish("one"))
        await until(lambda: bool(rig.node.placed))
        (order,) = rig.node.placed
        assert new
        assert (placement.call, placement.reference, placement.stage) == ("one", "order 7", Stage.CALLING)
        assert (order.call, order.endpoint) == ("one", "sofia/gateway/trunk/+34612345678")
        assert order.variables["assist_assistant"] == "clinica"
        assert order.variables["origination_caller_id_number"] == "+34912345678"


async def test_the_same_wish_twice_rings_once(empty: str) -> None:
    async with rigged(empty, Calls()) as rig:
        answers = await asyncio.gather(*(rig.placer.place(wish("one")) for _ in range(8)))
        await until(lambda: bool(rig.node.placed))
        assert sorted(new for _, new in answers) == [False] * 7 + [True]
        assert len(rig.node.placed) == 1


async def test_a_wish_whose_process_died_while_it_rang_does_not_ring_again(empty: str) -> None:
    async with rigged(empty, Calls()) as first:
        await first.placer.place(wish("one"))
    async with rigged(empty, Calls()) as second:
        placement, new = await second.placer.place(wish("one"))
        assert not new
        assert placement.stage is Stage.CALLING
        assert not second.node.placed


async def test_nobody_is_called_where_it_is_not_safe_that_he_is(empty: str) -> None:
    async with rigged(empty, Calls(), safe=False) as rig:
        with pytest.raises(StoreError):
            await rig.placer.place(wish())
        assert not rig.node.placed


async def test_nobody_is_called_while_no_switch_is_up_and_the_wish_may_be_repeated(empty: str) -> None:
    async with rigged(empty, Calls()) as rig:
        rig.node.up = False
        with pytest.raises(Unreachable):
            await rig.placer.place(wish("one"))
        rig.node.up = True
        assert (await rig.placer.place(wish("one")))[1]


async def test_a_call_that_nobody_answers_is_in_the_history_and_its_followers_are_told(empty: str) -> None:
    async with rigged(empty, Calls()) as rig:
        await rig.placer.place(wish("one"))
        rig.node.picks_up.set()
        async with asyncio.timeout(5):
            (ended,) = [event async for event in follow(rig.store, "one")]
        record, placement = await rig.store.history.call("one"), await rig.book.get("one")
    assert ended == Ended("USER_BUSY", {})
    assert record and (record.cause, record.answered, record.assistant) == ("USER_BUSY", None, "clinica")
    assert placement and (placement.stage, placement.cause) == (Stage.OVER, "USER_BUSY")


async def test_an_answer_is_noted(empty: str) -> None:
    async with rigged(empty, Calls()) as rig:
        await rig.placer.place(wish("one"))
        rig.node.end = None
        rig.node.picks_up.set()
        await until(lambda: not rig.placer.ringing)
        placement = await rig.book.get("one")
        assert placement and placement.stage is Stage.ANSWERED


async def test_what_a_lost_switch_did_is_not_guessed(empty: str) -> None:
    async with rigged(empty, Calls()) as rig:
        await rig.placer.place(wish("one"))
        rig.node.end = ConnectionLost("gone")
        rig.node.picks_up.set()
        await until(lambda: not rig.placer.ringing)
        placement = await rig.book.get("one")
        assert placement and placement.stage is Stage.CALLING
        assert await rig.store.history.call("one") is None


async def test_a_number_is_called_so_often_in_a_day_and_a_repeated_wish_does_not_count(empty: str) -> None:
    async with rigged(empty, Calls(per_number=2)) as rig:
        for call in ("one", "one", "two"):
            await rig.placer.place(wish(call))
        with pytest.raises(LimitReached, match="this number") as limit:
            await rig.placer.place(wish("three"))
        await rig.placer.place(wish("four", "+34612345679"))
    assert 0 < limit.value.retry_after <= 86_400


async def test_there_are_so_many_calls_in_a_day(empty: str) -> None:
    async with rigged(empty, Calls(per_day=1)) as rig:
        await rig.placer.place(wish("one"))
        with pytest.raises(LimitReached, match="today"):
            await rig.placer.place(wish("two", "+34612345679"))


async def test_nobody_is_called_once_the_calls_of_the_day_have_cost_too_much(empty: str) -> None:
    now = datetime.now(UTC)
    async with rigged(empty, Calls(usd_per_day=1.0)) as rig:
        spent = CallRecord("c", "a", "inbound", now, now, now, "NORMAL_CLEARING", cost_usd=Decimal("1.01"))
        await rig.store.history.record(spent)
        with pytest.raises(LimitReached, match="cost"):
            await rig.placer.place(wish())
        assert not rig.node.placed
