"""A call that somebody places: real Redis and Event Socket; where a worker holds it, it is real, too."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import pytest
from redis.asyncio import Redis

import assist.journal
from assist.call.channel import Direction, Line
from assist.call.events import Ended, Event, Said, Started
from assist.campaign.service import ledger_of
from assist.campaign.suppression import DoNotCall
from assist.errors import ConfigurationError, ConnectionLost, HungUp
from assist.journal import Journal
from assist.placing.by_hand import call_by_hand
from assist.placing.destination import NotAllowed
from assist.placing.exchange import NotWanted
from assist.settings import Settings
from assist.simulate.called import Answering, Ringing
from assist.simulate.line import SimulatedLine
from assist.simulate.ports import free_port
from assist.store import Store, open_store, operator
from tests.event_socket import FarEnd, listening
from tests.fast_time import hasten
from tests.rigs import until
from tests.service import GREETING, install, open_house, said, settings_in, write_assistant
from tests.test_campaign_node import welcome
from tests.test_switch_control import PASSWORD, finish_job

Set: TypeAlias = Callable[..., Settings]

HUMAN, BUSY = "910 000 101", "+34910000100"


@pytest.fixture
async def at(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Settings of an installation with the assistant ``uno`` and nothing in its Redis."""
    (tmp_path / "assistants").mkdir()
    write_assistant(tmp_path / "assistants", "uno")
    async with Redis.from_url(redis_url) as redis:
        await redis.flushdb()

    def settings(**more: str) -> Settings:
        own = {"ASSIST_DURABLE": "memory", "ASSIST_ESL_PASSWORD": PASSWORD, "ASSIST_ESL_PORT": str(free_port())}
        return settings_in(monkeypatch, tmp_path, redis_url, **own | more)

    return settings


@asynccontextmanager
async def placed(settings: Settings, number: str, call: str) -> AsyncIterator["asyncio.Task[list[Event]]"]:
    """Yield a call under way, which is stopped in the end."""

    async def follow() -> list[Event]:
        async with aclosing(call_by_hand(settings, number, "uno", call)) as happening:
            return [event async for event in happening]

    following = asyncio.create_task(follow())
    try:
        yield following
    finally:
        following.cancel()
        await asyncio.wait([following], timeout=15)


@asynccontextmanager
async def scripted(at: Set, call: str) -> AsyncIterator[tuple["asyncio.Task[list[Event]]", FarEnd]]:
    """Yield a call under way, and the switch it is asked of."""
    async with (
        asyncio.timeout(20),
        listening() as (port, arrived),
        placed(at(ASSIST_ESL_PORT=str(port)), HUMAN, call) as following,
    ):
        yield following, await welcome(arrived)


@asynccontextmanager
async def simulated(settings: Settings, answering: Answering | None = None) -> AsyncIterator[SimulatedLine]:
    """Yield a line whose calls find no worker."""
    async with (
        asyncio.timeout(30),
        SimulatedLine([f"127.0.0.1:{settings.listen.port}"], answering=answering) as line,
        line.event_socket(PASSWORD, settings.esl.port),
    ):
        yield line


async def cause(store: Store, call: str) -> str | None:
    """Return how the call ended, if that is in the history."""
    record = await store.history.call(call)
    return record.cause if record else None


@pytest.mark.slow
@pytest.mark.flaky(reruns=1)
async def test_a_call_is_followed_until_whoever_placed_it_stops(at: Set, redis_url: str) -> None:
    hasten()
    install()
    settings, call, happened = at(), str(uuid4()), list[Event]()
    async with (
        asyncio.timeout(40),
        open_house(settings, redis_url) as home,
        home.line.event_socket(PASSWORD, settings.esl.port),
    ):
        async with aclosing(call_by_hand(settings, HUMAN, "uno", call)) as happening:
            async for event in happening:
                happened.append(event)
                if isinstance(event, Said):
                    break
        await until(lambda: not home.line.board.sessions)
        deeds = [deed async for deed in home.store.audit.deeds()]
    assert happened[0] == Started("uno", "es", resumed=False)
    assert said(happened) == [GREETING]
    assert [(deed.actor, deed.action, deed.subject) for deed in deeds] == [(operator(), "call.place", call)]


async def test_a_call_is_followed_to_its_end(at: Set, redis_url: str) -> None:
    call = str(uuid4())
    happens: list[Event] = [Started("uno", "es", resumed=False), Ended("NORMAL_CLEARING", {})]
    async with scripted(at, call) as (following, switch):
        asked = await finish_job(switch, f"+OK {call}")
        async with open_store(redis_url, timedelta(days=1)) as store:
            line = Line(call, Direction.OUTBOUND, "", "", "", "uno")
            async with Journal(store, line, "uno", datetime.now(UTC)) as journal:
                for event in happens:
                    journal.write(event)
        assert (await switch.receive()).text == f"api uuid_kill {call} NORMAL_CLEARING"
        switch.print("-ERR No such channel!")
        assert await following == happens
    assert asked.startswith(f"bgapi originate {{origination_uuid={call},")
    assert "}sofia/gateway/carrier/+34910000101 +34910000101 XML assist" in asked


async def test_whoever_stops_while_it_rings_ends_the_call(at: Set, redis_url: str) -> None:
    rings = asyncio.Event()

    async def answering(ringing: Ringing) -> None:
        await ringing.ring()
        rings.set()
        await ringing.given_up()

    settings, call = at(), str(uuid4())
    async with (
        simulated(settings, answering) as line,
        open_store(redis_url, timedelta(days=1)) as store,
        placed(settings, HUMAN, call) as following,
    ):
        await rings.wait()
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
        await until(lambda: not line.board.sessions)
        assert await cause(store, call) == "NORMAL_CLEARING"


async def test_a_call_of_which_the_switch_did_not_know_yet_is_hung_up_again(at: Set) -> None:
    call = str(uuid4())
    async with scripted(at, call) as (following, switch):
        order = await switch.receive()
        switch.reply("+OK Job-UUID: x")
        following.cancel()
        for answer in ("-ERR No such channel!", "+OK"):
            assert (await switch.receive()).text == f"api uuid_kill {call} NORMAL_CLEARING"
            switch.print(answer)
        job = order.headers["Job-UUID"]
        switch.tell(f'{{"Event-Name":"CHANNEL_HANGUP_COMPLETE","Unique-ID":"{call}","Hangup-Cause":"NORMAL_CLEARING"}}')
        switch.tell(f'{{"Event-Name":"BACKGROUND_JOB","Job-UUID":"{job}","_body":"-ERR NORMAL_CLEARING\\n"}}')
        while not following.done():
            if (await switch.receive()).text.startswith("api uuid_kill"):
                switch.print("-ERR No such channel!")
                await asyncio.wait([following], timeout=1)
        assert following.cancelled()


async def test_a_call_that_may_go_on_is_told(at: Set, caplog: pytest.LogCaptureFixture) -> None:
    async with scripted(at, str(uuid4())) as (following, switch):
        await switch.receive()
        await switch.leave()
        await until(lambda: "what became of the call is not known" in caplog.text)
        following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await following
    assert "the call may go on" in caplog.text


async def test_a_call_that_no_worker_held_to_its_end_is_not_followed_for_ever(
    at: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assist.journal, "WAIT", timedelta(seconds=0.1))
    call = str(uuid4())
    async with scripted(at, call) as (following, switch):
        await finish_job(switch, f"+OK {call}")
        for exists in ("true", "false"):
            assert (await switch.receive()).text == f"api uuid_exists {call}"
            switch.print(exists)
        assert (await switch.receive()).text.startswith("api uuid_kill ")
        switch.print("-ERR No such channel!")
        assert await following == []


async def test_a_call_that_nobody_answers_says_why(at: Set, redis_url: str) -> None:
    settings, call = at(), str(uuid4())
    async with simulated(settings), placed(settings, BUSY, call) as following:
        with pytest.raises(HungUp, match="USER_BUSY"):
            await following
        async with open_store(redis_url, timedelta(days=1)) as store:
            assert await cause(store, call) == "USER_BUSY"


async def test_who_does_not_want_to_be_called_is_not(at: Set, redis_url: str) -> None:
    settings = at()
    async with ledger_of(settings, redis_url) as ledger:
        await DoNotCall(ledger).add("+34910000101")
    async with simulated(settings) as line, placed(settings, HUMAN, str(uuid4())) as following:
        with pytest.raises(NotWanted, match="does not want to be called") as refused:
            await following
        assert not line.board.sessions
    assert "910" not in str(refused.value)


async def test_who_may_not_be_called_from_here_is_not(at: Set) -> None:
    settings = at()
    async with simulated(settings) as line, placed(settings, "+33142685300", str(uuid4())) as following:
        with pytest.raises(NotAllowed, match="ASSIST_CALLS_COUNTRIES"):
            await following
        assert not line.board.sessions


async def test_an_assistant_that_does_not_exist_calls_nobody(at: Set) -> None:
    async with aclosing(call_by_hand(at(), HUMAN, "nadie", "call")) as happening:
        with pytest.raises(ConfigurationError, match="there is no such assistant"):
            await anext(happening)


async def test_a_switch_that_is_not_there_is_told(at: Set) -> None:
    async with aclosing(call_by_hand(at(), HUMAN, "uno", "call")) as happening:
        with pytest.raises(ConnectionLost, match=r"^event socket"):
            await anext(happening)
