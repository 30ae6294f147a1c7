"""Calls that somebody places by hand over a real FreeSWITCH."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import uuid4

import pytest

from assist.call.events import Event, Said, Started
from assist.errors import HungUp
from assist.placing.by_hand import call_by_hand
from assist.settings import Settings, read_settings
from tests.live.house import House

TALKS, BUSY, RINGS = "910 000 101", "910 000 100", "910 000 103"
"""What the far end does with them is in the last digit."""


@pytest.fixture
def settings(home: House, monkeypatch: pytest.MonkeyPatch) -> Settings:
    own = {
        "REDIS_URL": home.redis_url,
        "ASSIST_DURABLE": "memory",
        "ASSIST_ASSISTANTS_DIR": str(home.assistants),
        "ASSIST_ESL_PORT": str(home.switch.ports.esl),
        "ASSIST_ESL_PASSWORD": home.switch.password,
        "ASSIST_CALLS_GATEWAY": "far",
        "ASSIST_CALLS_PER_NUMBER": "100",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    return read_settings()


async def channels(home: House) -> str:
    async with home.switch.control() as control:
        return await control.connection.api("show channels")


async def nobody_is_called(home: House) -> None:
    """Fail unless all calls are soon over."""
    async with asyncio.timeout(10):
        while "0 total" not in await channels(home):  # noqa: ASYNC110 - a channel that goes tells only who knew it
            await asyncio.sleep(0.1)


async def place(settings: Settings, number: str, call: str) -> list[Event]:
    async with aclosing(call_by_hand(settings, number, "recepcion", call)) as happening:
        return [event async for event in happening]


async def test_who_answers_is_greeted_until_whoever_placed_the_call_stops(home: House, settings: Settings) -> None:
    happened: list[Event] = []
    async with asyncio.timeout(40), aclosing(call_by_hand(settings, TALKS, "recepcion", str(uuid4()))) as happening:
        async for event in happening:
            happened.append(event)
            if isinstance(event, Said):
                break
    assert happened[0] == Started("recepcion", "es", resumed=False)
    await nobody_is_called(home)


async def test_a_call_that_nobody_answers_says_why(settings: Settings) -> None:
    async with asyncio.timeout(20):
        with pytest.raises(HungUp, match="USER_BUSY"):
            await place(settings, BUSY, str(uuid4()))


async def test_whoever_stops_while_it_rings_ends_the_call(home: House, settings: Settings) -> None:
    call = str(uuid4())
    placing = asyncio.create_task(place(settings, RINGS, call))
    async with asyncio.timeout(20):
        while "RINGING" not in await channels(home):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
        placing.cancel()
        await asyncio.wait([placing])
    assert placing.cancelled()
    await nobody_is_called(home)
    async with home.store() as store:
        record = await store.history.call(call)
    assert record and record.answered is None
    assert record.ended - record.started < timedelta(seconds=10)


async def test_whoever_stops_at_once_leaves_no_call(home: House, settings: Settings) -> None:
    async def one(milliseconds: int) -> None:
        placing = asyncio.create_task(place(settings, RINGS, str(uuid4())))
        await asyncio.sleep(milliseconds / 1000)
        placing.cancel()
        await asyncio.wait([placing])

    async with asyncio.timeout(40):
        await asyncio.gather(*map(one, range(0, 600, 40)))
    await nobody_is_called(home)
