import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis

from assist.errors import StoreError
from assist.store import IN_CALL, MOST_EVENTS, Store, TurnRecord, Worker, open_store
from tests.redis_process import redis_process

RETENTION = timedelta(days=30)
BEGAN = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TURN = TurnRecord(end_of_turn_ms=620, stt_ms=140, llm_ms=20, tts_ms=15, first_audio_ms=810, interrupted=True)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        await client.flushdb()
        yield client


@pytest.fixture
async def store(redis: Redis, redis_url: str) -> AsyncIterator[Store]:
    async with open_store(redis_url, RETENTION) as opened:
        await opened.ping(within=5)
        yield opened


async def test_a_session_is_found_as_it_was_saved_last(store: Store) -> None:
    await store.save_session("c1", b"first")
    await store.save_session("c1", b"second \xff")
    assert await store.load_session("c1") == b"second \xff"


async def test_a_session_that_ended_or_never_was_is_not_found(store: Store) -> None:
    await store.save_session("c1", b"words")
    await store.end_session("c1")
    await store.end_session("c2")
    assert await store.load_session("c1") is None
    assert await store.load_session("c2") is None


async def test_everything_said_has_a_time_to_live(store: Store, redis: Redis) -> None:
    await store.save_session("c1", b"words", timedelta(minutes=5))
    await store.add_event("c1", {"heard": "words"})
    assert 0 < await redis.pttl("session:c1") <= 300_000
    assert 0 < await redis.pttl("events:c1") <= RETENTION // timedelta(milliseconds=1)


async def test_events_come_in_order_and_from_where_one_left_off(store: Store) -> None:
    await store.add_event("c1", {"kind": "heard", "text": "¿Están abiertos?"})
    second = await store.add_event("c1", {"kind": "said", "text": "Sí."})
    assert [event["kind"] for _, event in await store.events("c1")] == ["heard", "said"]
    assert await store.events("c1", second) == []
    assert await store.events("c2") == []


async def test_who_waits_for_an_event_gets_it_when_it_happens(store: Store) -> None:
    waiting = asyncio.create_task(store.events("c1", wait=timedelta(seconds=10)))
    await asyncio.sleep(0)
    identity = await store.add_event("c1", {"kind": "answered"})
    assert await waiting == [(identity, {"kind": "answered"})]


async def test_a_wait_without_an_event_ends(store: Store) -> None:
    assert await store.events("c1", wait=timedelta(milliseconds=20)) == []


async def test_a_call_that_loops_does_not_fill_the_memory(store: Store, redis: Redis) -> None:
    for number in range(MOST_EVENTS + 500):
        await store.add_event("c1", {"number": str(number)}, within=10)
    assert await redis.xlen("events:c1") <= MOST_EVENTS + 100


async def test_workers_are_listed_while_they_tell_that_they_live(store: Store, redis: Redis) -> None:
    await store.worker_alive(Worker("host-2", calls=0, capacity=50))
    await store.worker_alive(Worker("host-1", calls=3, capacity=50))
    await store.worker_alive(Worker("host-1", calls=4, capacity=50))
    assert [(worker.name, worker.calls) for worker in await store.workers()] == [("host-1", 4), ("host-2", 0)]
    assert 0 < await redis.pttl("worker:host-1") <= 5000
    await redis.delete("worker:host-1")  # as its time to live does
    assert [worker.name for worker in await store.workers()] == ["host-2"]
    assert await redis.zcard("workers") == 1


async def test_a_redis_that_hangs_costs_the_call_no_more_than_its_patience(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        async with open_store(redis.url, RETENTION) as store:
            await store.save_session("c1", b"before", within=5)
            os.kill(redis.process.pid, signal.SIGSTOP)
            began = time.monotonic()
            for _ in range(3):
                with pytest.raises(StoreError):
                    await store.save_session("c1", b"meanwhile")
                with pytest.raises(StoreError):
                    await store.load_session("c1")
            assert time.monotonic() - began < 2, "six times the patience is 0.3 s; the rest is for a slow machine"
            os.kill(redis.process.pid, signal.SIGCONT)
            await store.save_session("c1", b"after", within=5)
            assert await store.load_session("c1") == b"after"


async def test_hundreds_of_calls_at_once_are_served_also_after_redis_hung(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        async with open_store(redis.url, RETENTION) as store:

            async def turn(call: int, within: float) -> bool:
                try:
                    await store.save_session(f"c{call}", b"words", within=within)
                except StoreError:
                    return False
                return True

            async def turns(within: float) -> list[bool]:
                return await asyncio.gather(*(turn(call, within) for call in range(400)))

            assert all(await turns(5))
            os.kill(redis.process.pid, signal.SIGSTOP)
            assert not any(await turns(IN_CALL))
            os.kill(redis.process.pid, signal.SIGCONT)
            assert all(await turns(5))


async def test_who_waits_for_events_keeps_no_call_from_redis(store: Store) -> None:
    waiting = [asyncio.create_task(store.events(f"c{call}", wait=timedelta(seconds=10))) for call in range(50)]
    await asyncio.sleep(0)
    await store.save_session("c0", b"words", within=5)
    for call in range(50):
        await store.add_event(f"c{call}", {"kind": "ended"}, within=5)
    assert all([await events for events in waiting])


async def test_a_redis_that_was_killed_is_used_again_when_it_is_back(tmp_path: Path) -> None:
    async with open_store(f"unix://{tmp_path}/redis.sock", RETENTION) as store:
        with pytest.raises(StoreError):
            await store.ping()
        with redis_process(tmp_path) as redis:
            await store.save_session("c1", b"before", within=5)
            redis.process.kill()
            redis.process.wait()
            for _ in range(3):
                with pytest.raises(StoreError):
                    await store.save_session("c1", b"meanwhile")
                with pytest.raises(StoreError):
                    await store.add_event("c1", {"kind": "meanwhile"})
        with redis_process(tmp_path):
            await store.save_session("c1", b"after", within=5)
            assert await store.load_session("c1") == b"after"


async def test_a_redis_killed_in_the_middle_of_an_answer_is_an_error_of_the_store(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        async with open_store(redis.url, RETENTION) as store, Redis.from_url(redis.url) as other:
            waiting = asyncio.create_task(store.events("c1", wait=timedelta(seconds=10)))
            while not (await other.info("clients"))["blocked_clients"]:
                pass  # each answer lets the waiting task go on
            redis.process.kill()
            with pytest.raises(StoreError):
                await waiting


async def test_an_answer_that_came_too_late_is_not_taken_for_the_next(tmp_path: Path) -> None:
    with redis_process(tmp_path) as redis:
        async with open_store(redis.url, RETENTION) as store:
            await store.save_session("c1", b"one", within=5)
            await store.save_session("c2", b"two", within=5)
            os.kill(redis.process.pid, signal.SIGSTOP)
            with pytest.raises(StoreError):
                await store.load_session("c1")
            os.kill(redis.process.pid, signal.SIGCONT)
            assert await store.load_session("c2", within=5) == b"two"


async def test_a_broken_value_is_an_error_of_the_store(store: Store, redis: Redis) -> None:
    await redis.set("events:c1", "not a stream")
    with pytest.raises(StoreError, match=r"^Redis: ResponseError$"):
        await store.events("c1")


# Sentences


SPEECH = b"\1\2" * 500
ROOM = 10 * len(SPEECH)


async def sizes(redis: Redis) -> tuple[int, int]:
    """Return what the sentences weigh, and what they are said to weigh."""
    keys = [key async for key in redis.scan_iter("{speech}:*") if await redis.type(key) == b"string"]
    return sum([await redis.strlen(key) for key in keys]), int(await redis.hget("{speech}:bytes", "all") or 0)


async def test_a_sentence_is_found_as_it_was_saved(store: Store) -> None:
    assert await store.load_speech("a") is None
    assert await store.save_speech("a", SPEECH, room=ROOM)
    assert await store.load_speech("a") == SPEECH


async def test_a_sentence_is_kept_for_the_retention_after_its_last_use(store: Store, redis: Redis) -> None:
    await store.save_speech("a", SPEECH, room=ROOM)
    retention = RETENTION // timedelta(milliseconds=1)
    assert retention - 10_000 < await redis.pttl("{speech}:a") <= retention
    await redis.pexpire("{speech}:a", 5000)
    await store.load_speech("a")
    assert await redis.pttl("{speech}:a") > 5000


async def test_what_was_not_used_for_longest_makes_way(store: Store, redis: Redis) -> None:
    for number in range(10):
        await store.save_speech(str(number), SPEECH, room=ROOM)
        await redis.zadd("{speech}:used", {str(number): number + 1e13}, xx=True)  # one after the other, not at once
    await redis.zadd("{speech}:used", {"0": 2e13}, xx=True)
    assert await store.save_speech("new", SPEECH * 2, room=ROOM)
    assert [name for name in "0123" if await store.has_speech(name)] == ["0", "3"]
    assert await store.has_speech("new")
    assert await sizes(redis) == (ROOM, ROOM)


async def test_a_use_keeps_a_sentence_from_making_way(store: Store, redis: Redis) -> None:
    for name in ("a", "b"):
        await store.save_speech(name, SPEECH, room=2 * len(SPEECH))
        await redis.zincrby("{speech}:used", -5000, name)  # as if it were five seconds ago
    await store.load_speech("a")
    await store.save_speech("c", SPEECH, room=2 * len(SPEECH))
    assert [await store.has_speech(name) for name in ("a", "b", "c")] == [True, False, True]


async def test_what_was_rendered_ahead_stays_and_makes_way_to_nothing_else(store: Store, redis: Redis) -> None:
    for number in range(10):
        assert await store.save_speech(f"ahead {number}", SPEECH, room=ROOM, ahead=True)
    await store.load_speech("ahead 1")
    assert await redis.pttl("{speech}:ahead 1") == -1
    assert not await store.save_speech("said", SPEECH, room=ROOM)
    assert not await store.has_speech("said")
    assert await store.save_speech("ahead 10", SPEECH, room=ROOM, ahead=True)
    assert await store.has_speech("ahead 1", ahead=True)
    assert await sizes(redis) == (ROOM, ROOM)


async def test_what_was_said_makes_way_before_what_was_rendered_ahead(store: Store) -> None:
    await store.save_speech("ahead", SPEECH, room=2 * len(SPEECH), ahead=True)
    await store.save_speech("said", SPEECH, room=2 * len(SPEECH))
    await store.save_speech("said later", SPEECH, room=2 * len(SPEECH))
    assert [await store.has_speech(name) for name in ("ahead", "said", "said later")] == [True, False, True]


async def test_what_is_rendered_ahead_stays_so_when_a_call_says_it(store: Store, redis: Redis) -> None:
    await store.save_speech("a", SPEECH, room=ROOM)
    assert not await store.has_speech("a", ahead=True)
    await store.save_speech("a", SPEECH, room=ROOM, ahead=True)
    await store.save_speech("a", SPEECH, room=ROOM)
    assert await store.has_speech("a", ahead=True)
    assert await redis.pttl("{speech}:a") == -1
    assert await sizes(redis) == (len(SPEECH), len(SPEECH))


async def test_what_has_expired_is_no_longer_counted(store: Store, redis: Redis) -> None:
    await store.save_speech("a", SPEECH, room=ROOM)
    await redis.delete("{speech}:a")  # as its time to live does
    await redis.zadd("{speech}:used", {"a": 1}, xx=True)
    await store.save_speech("b", SPEECH, room=ROOM)
    assert await sizes(redis) == (len(SPEECH), len(SPEECH))
    assert await redis.zcard("{speech}:used") == 1


async def test_what_is_longer_than_all_the_room_is_not_kept(store: Store, redis: Redis) -> None:
    await store.save_speech("a", SPEECH, room=ROOM)
    assert not await store.save_speech("b", SPEECH * 11, room=ROOM)
    assert await store.has_speech("a")
    assert await sizes(redis) == (len(SPEECH), len(SPEECH))
