import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from redis.asyncio import Redis

from assist.store import CallRecord, History, TurnRecord, UseRecord

BEGAN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DAY = date(2026, 11, 23)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, protocol=2) as client:
        await client.flushdb()
        yield client


@pytest.fixture
async def history(redis: Redis) -> History:
    return History(redis)


def call(began: datetime = BEGAN, assistant: str = "clinic", cause: str = "NORMAL_CLEARING") -> CallRecord:
    return CallRecord(
        id=str(uuid.uuid4()),
        assistant=assistant,
        direction="inbound",
        started=began,
        answered=began + timedelta(seconds=1),
        ended=began + timedelta(seconds=91),
        cause=cause,
        turns=(TurnRecord(end_of_turn_ms=620, stt_ms=140, llm_ms=20, tts_ms=15, first_audio_ms=810, interrupted=True),),
        cost_usd=Decimal("0.0123"),
        used=(UseRecord("llm", "openai", "gpt", Decimal("0.0123"), {"requests": 2, "seconds": 0.5}),),
    )


def minutes(*numbers: int) -> list[CallRecord]:
    return [call(BEGAN + timedelta(minutes=number)) for number in numbers]


async def recorded(history: History, calls: Sequence[CallRecord]) -> None:
    for one in calls:
        await history.record(one)


async def everything(history: History, limit: int, **wanted: str) -> list[CallRecord]:
    """Return all calls with those tags, read page by page."""
    page = await history.recent(limit, tags=wanted)
    found = list(page.calls)
    while page.last:
        page = await history.recent(limit, (page.last.started.timestamp(), page.last.id), tags=wanted)
        found += page.calls
    return found


async def test_calls_stay(history: History, redis: Redis) -> None:
    record = call()
    await history.record(record)
    assert await redis.ttl(f"call:{record.id}") == -1
    assert (await history.recent()).calls == (record,)
    assert await history.call(record.id) == record
    assert await history.call("nobody") is None


async def test_a_call_recorded_twice_is_one_call_under_what_it_is_now(history: History) -> None:
    record = call()
    await history.record(record)
    await history.record(replace(record, cause="USER_BUSY"))
    assert [found.cause for found in (await history.recent()).calls] == ["USER_BUSY"]
    assert await everything(history, 5, cause="NORMAL_CLEARING") == []
    assert [usage.calls for usage in await history.usage(DAY, DAY)] == [1]


async def test_it_is_read_in_pages_that_new_calls_do_not_shift(history: History) -> None:
    records = minutes(0, 1, 1, 2, 3)
    await recorded(history, records)
    first = await history.recent(2)
    assert first.last
    await history.record(call(BEGAN + timedelta(hours=1)))
    second = await history.recent(2, (first.last.started.timestamp(), first.last.id))
    assert second.last
    third = await history.recent(2, (second.last.started.timestamp(), second.last.id))
    assert third.last is None
    seen = [*first.calls, *second.calls, *third.calls]
    assert {record.id for record in seen} == {record.id for record in records}
    assert [record.started for record in seen] == sorted((record.started for record in records), reverse=True)


async def test_the_page_after_a_call_that_is_gone_begins_where_that_was(history: History) -> None:
    early, gone, late = minutes(0, 1, 2)
    await recorded(history, [early, late])
    assert (await history.recent(5, (gone.started.timestamp(), gone.id))).calls == (early,)


async def test_a_stretch_of_time_holds_what_began_in_it(history: History) -> None:
    records = minutes(0, 1, 2, 3)
    await recorded(history, records)
    since, before = records[1].started, records[3].started
    assert (await history.recent(since=since, before=before)).calls == (records[2], records[1])
    first = await history.recent(1, since=since, before=before)
    assert first.last
    place = (first.last.started.timestamp(), first.last.id)
    assert (await history.recent(5, place, since=since, before=before)).calls == (records[1],)


async def test_calls_are_found_by_one_tag_or_several(history: History) -> None:
    mine = [
        call(BEGAN + timedelta(minutes=n), "mine", "USER_BUSY" if n % 7 == 0 else "NORMAL_CLEARING") for n in range(60)
    ]
    others = [call(BEGAN + timedelta(minutes=n), "others", "USER_BUSY") for n in range(60)]
    await recorded(history, mine + others)
    assert len(await everything(history, 7, assistant="mine")) == 60
    found = await everything(history, 3, assistant="mine", cause="USER_BUSY")
    assert [record.id for record in found] == [record.id for record in reversed(mine) if record.cause == "USER_BUSY"]
    assert await everything(history, 3, assistant="nobody") == []


async def test_what_was_used_up_is_known_by_day_and_assistant(history: History) -> None:
    await recorded(history, [call(), call(), call(assistant="other"), call(BEGAN + timedelta(days=2))])
    clinic, other, later = await history.usage(DAY, DAY + timedelta(days=2))
    assert (clinic.day, clinic.assistant, clinic.calls, clinic.seconds) == (DAY, "clinic", 2, 180.0)
    assert clinic.cost_usd == Decimal("0.0246")
    assert clinic.used == (UseRecord("llm", "openai", "gpt", Decimal("0.0246"), {"requests": 4.0, "seconds": 1.0}),)
    assert (other.assistant, other.calls) == ("other", 1)
    assert later.day == DAY + timedelta(days=2)
    assert await history.usage(DAY + timedelta(days=1), DAY + timedelta(days=1)) == []


async def test_no_call_is_lost_between_a_hundred_thousandth_of_a_dollar(history: History) -> None:
    await recorded(history, [replace(call(), cost_usd=Decimal("0.00000123"), used=()) for _ in range(10)])
    assert (await history.usage(DAY, DAY))[0].cost_usd == Decimal("0.0000123")


async def test_calls_that_are_too_old_are_found_by_nobody_and_what_they_used_stays(
    history: History, redis: Redis
) -> None:
    calls = minutes(*range(1100))
    await recorded(history, calls)
    bound = BEGAN + timedelta(minutes=1000)
    usage = await history.usage(DAY, DAY + timedelta(days=1))
    assert await history.count_before(bound) == 1000
    assert await history.forget(bound) == 1000
    assert await history.count() == 100
    assert await everything(history, 200, assistant="clinic", direction="inbound") == calls[1000:][::-1]
    assert await history.call(calls[0].id) is None
    assert [key async for key in redis.scan_iter(f"call:{calls[999].id}")] == []
    assert await history.usage(DAY, DAY + timedelta(days=1)) == usage
    assert await history.forget(bound) == 0
