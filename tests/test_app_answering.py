"""A worker that is not ready yet when somebody answers a call that was placed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from uuid import uuid4

import pytest

from assist.app import worker
from assist.call.events import Heard
from assist.journal import follow
from assist.simulate.called import Ringing
from assist.simulate.line import SimulatedLine
from assist.store import open_store
from assist.switch.control import control
from tests.rigs import PASSWORD
from tests.service import UTTERANCES
from tests.test_app import Set, at

__all__ = ["at"]

pytestmark = [pytest.mark.slow]


async def test_what_is_said_while_a_call_waits_for_its_campaign_is_heard(
    at: Set, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, audio = next(iter(UTTERANCES.items()))
    spoken = asyncio.Event()

    async def answers(ringing: Ringing) -> None:
        leg = await ringing.answer()
        await leg.say(audio + bytes(16000))
        spoken.set()
        await leg.ended()

    @asynccontextmanager
    async def slow(*_: object) -> AsyncIterator[None]:
        await spoken.wait()
        yield None

    monkeypatch.setattr("assist.worker.holding", slow)
    settings, call = at(), str(uuid4())
    async with (
        worker(settings, nullcontext()),
        open_store(redis_url, settings.redis.retention) as store,
        SimulatedLine([f"127.0.0.1:{settings.listen.port}"], answering=answers) as line,
        line.event_socket(PASSWORD) as port,
        control("127.0.0.1", port, PASSWORD) as switch,
        asyncio.timeout(30),
    ):
        variables = {"assist_assistant": "uno", "assist_direction": "outbound"}
        await switch.originate("sofia/gateway/carrier/1", "1", uuid=call, context="assist", variables=variables)
        async for event in follow(store, call):
            if isinstance(event, Heard):
                break
        await switch.hang_up(call)
    assert event == Heard(words, keyed=False, language="es")
