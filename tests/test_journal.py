"""What is written down of a call, in a real Redis."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from assist.call.answer_words import Kind
from assist.call.channel import Direction, Line
from assist.call.events import (
    Answered,
    CallBack,
    Ended,
    Event,
    Heard,
    OptedOut,
    Said,
    Started,
    Transferred,
    Turn,
)
from assist.journal import BACKLOG, Journal, follow, turns_of
from assist.store import Store, TurnRecord, open_store

STARTED = datetime(2026, 1, 23, 9, 30, tzinfo=UTC)
TURN = Turn("¿Horario?", "De nueve a seis.", False, 612, 310, 20, None, 950)
RECORD = TurnRecord(612, 310, 20, None, 950, False)
STORY: list[Event] = [
    Started("uno", "es", resumed=False),
    Answered(Kind.SCREENED),
    Answered(Kind.HUMAN),
    Said("Hola.", interrupted=False),
    Heard("¿Horario?", keyed=False),
    TURN,
    Transferred("recepcion", "busy"),
    CallBack(1795000000.0),
    OptedOut(kept=True),
    Ended("NORMAL_CLEARING", {"date": "2026-12-01", "people": 2}),
]
RETENTION = timedelta(days=1)


def line() -> Line:
    """A call that no other test has."""
    return Line(str(uuid4()), Direction.INBOUND, "600000001", "Ana", "910000001", "uno")


def journal(store: Store, of: Line, *turns: TurnRecord) -> Journal:
    return Journal(store, of, "uno", STARTED, turns)


async def test_whoever_follows_a_call_is_told_all_of_it_in_order(redis_url: str) -> None:
    call = line()
    async with open_store(redis_url, RETENTION) as store, asyncio.timeout(10):
        following = asyncio.create_task(_all(store, call))
        async with journal(store, call) as written:
            for event in STORY:
                written.write(event)
        assert await following == STORY
        assert await _all(store, call) == STORY, "who comes late is told the same"


async def _all(store: Store, call: Line) -> list[Event]:
    return [event async for event in follow(store, call.id)]


async def test_the_history_has_when_how_long_and_why_but_no_words_and_no_numbers(redis_url: str) -> None:
    call = line()
    async with open_store(redis_url, RETENTION) as store:
        await store.save_session(call.id, b"{}")
        async with journal(store, call) as written:
            for event in STORY:
                written.write(event)
            await written.conclude()
        record = next(record for record in (await store.history.recent(10_000)).calls if record.id == call.id)
        assert await store.load_session(call.id) is None
    assert (record.assistant, record.direction, record.started) == ("uno", "inbound", STARTED)
    assert (record.cause, record.turns) == ("NORMAL_CLEARING", (RECORD,))
    assert record.answered_by == "human"
    assert record.ended > STARTED
    assert not any(word in repr(record) for word in ("Horario", "600000001", "910000001", "Ana"))


async def test_a_call_that_was_taken_over_keeps_the_turns_before(redis_url: str) -> None:
    call = line()
    async with open_store(redis_url, RETENTION) as store:
        async with journal(store, call) as killed:
            killed.write(TURN)
        async with journal(store, call, *await turns_of(store, call.id)) as written:
            written.write(TURN)
            written.write(STORY[-1])
            await written.conclude()
        record = next(record for record in (await store.history.recent(10_000)).calls if record.id == call.id)
    assert record.turns == (RECORD, RECORD)


async def test_without_redis_the_call_is_not_kept_waiting(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    call = line()
    async with (
        asyncio.timeout(10),
        open_store(f"unix://{tmp_path}/nobody.sock", RETENTION) as store,
        journal(store, call) as written,
    ):
        for event in STORY:
            written.write(event)
        await written.conclude()
    assert caplog.text.count("an event of the call is lost") == len(STORY)
    assert caplog.text.count("the call is missing in the history") == 1
    assert "Horario" not in caplog.text


async def test_if_too_much_waits_for_redis_the_oldest_is_lost_and_never_the_end(redis_url: str) -> None:
    call = line()
    async with open_store(redis_url, RETENTION) as store, asyncio.timeout(10):
        async with journal(store, call) as written:
            for number in range(BACKLOG + 10):
                written.write(Heard(str(number), keyed=True))
            written.write(STORY[-1])
        told = await _all(store, call)
    assert told[0] != Heard("0", keyed=True)
    assert told[-2:] == [Heard(str(BACKLOG + 9), keyed=True), STORY[-1]]
