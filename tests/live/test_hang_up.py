"""A call that ends, at whatever moment and on whichever side, leaves nothing behind."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
import pytest_asyncio
from pydantic import SecretStr

from assist.app import worker
from assist.demo.voice import caller_voice
from assist.errors import CommandFailed
from assist.settings import read_settings
from assist.simulate.far_leg import FarLeg, far_leg
from assist.simulate.freeswitch import Installation, PrivateFreeSwitch, private_freeswitch
from assist.store import Store, open_store
from assist.switch.control import Control
from assist.switch.directory import MediaDirectory
from assist.switch.server import Server
from assist.tts.pico import Pico
from tests.live.house import is_silent_for, speaks_for
from tests.live.switch import ASSISTANTS, DIDS, RETENTION

pytestmark = pytest.mark.asyncio(loop_scope="module")

Voice: TypeAlias = Callable[[str], Awaitable[bytes]]
Moment: TypeAlias = Callable[[FarLeg, Voice], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Office:
    """A worker in this very process, so that its tasks can be counted."""

    switch: PrivateFreeSwitch
    server: Server
    store: Store
    voice: Voice

    @property
    def media(self) -> MediaDirectory:
        return MediaDirectory(self.switch.media_dir)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def office(freeswitch: Installation, redis_url: str) -> AsyncIterator[Office]:
    settings = read_settings()
    pico = Pico()
    await pico.load()
    async with private_freeswitch(freeswitch, DIDS) as switch, open_store(redis_url, RETENTION) as store:
        settings = replace(
            settings,
            listen=settings.listen.model_copy(update={"port": switch.ports.worker}),
            redis=settings.redis.model_copy(update={"url": SecretStr(redis_url)}),
            files=settings.files.model_copy(update={"media_dir": switch.media_dir, "assistants_dir": ASSISTANTS}),
        )
        async with worker(settings, nullcontext()) as server:
            yield Office(switch, server, store, caller_voice(pico, "es"))
    await pico.close()


async def in_the_greeting(leg: FarLeg, voice: Voice) -> None:
    await speaks_for(leg, 0.3)


async def while_listening(leg: FarLeg, voice: Voice) -> None:
    await speaks_for(leg, 0.5)
    await is_silent_for(leg, 0.8)


async def while_the_caller_speaks(leg: FarLeg, voice: Voice) -> None:
    await while_listening(leg, voice)
    with suppress(TimeoutError):
        await asyncio.wait_for(leg.say(await voice("¿A qué hora abren?")), 0.6)


async def while_transcribing(leg: FarLeg, voice: Voice) -> None:
    await while_listening(leg, voice)
    await leg.say(await voice("¿A qué hora abren?"))
    await asyncio.sleep(0.3)


async def in_an_answer(leg: FarLeg, voice: Voice) -> None:
    await while_listening(leg, voice)
    await leg.say(await voice("¿A qué hora abren?"))
    await speaks_for(leg, 0.3)


async def while_another_rings(leg: FarLeg, voice: Voice) -> None:
    await while_listening(leg, voice)
    await leg.say(await voice("Quiero hablar con la oficina."))
    await speaks_for(leg, 0.2)
    await is_silent_for(leg, 0.5)
    await asyncio.sleep(1)


async def while_talking_to_another(leg: FarLeg, voice: Voice) -> None:
    await while_listening(leg, voice)
    await leg.say(await voice("Quiero hablar con el almacén."))
    await speaks_for(leg, 0.2)
    await is_silent_for(leg, 0.5)
    await asyncio.sleep(1)


MOMENTS: list[Moment] = [
    in_the_greeting,
    while_listening,
    while_the_caller_speaks,
    while_transcribing,
    in_an_answer,
    while_another_rings,
    while_talking_to_another,
]


async def other_end(control: Control, far: str) -> str:
    """Return the id of the channel that the assistant holds for that caller."""
    call = await control.connection.api(f"uuid_getvar {far} sip_call_id")
    for row in json.loads(await control.connection.api("show channels as json"))["rows"]:
        # Others come and go meanwhile.
        with suppress(CommandFailed):
            if row["uuid"] != far and await control.connection.api(f"uuid_getvar {row['uuid']} sip_call_id") == call:
                return str(row["uuid"])
    raise LookupError("the caller has nobody at the other end")


async def nothing_is_left(office: Office, control: Control, calls: list[str], tasks: set[asyncio.Task[Any]]) -> None:
    """Fail unless soon no task, no file, no channel and no session of *calls* is left."""
    with suppress(TimeoutError):
        async with asyncio.timeout(3):
            while (  # noqa: ASYNC110 - a channel that goes tells only who knew it
                asyncio.all_tasks() - tasks or "0 total" not in await control.connection.api("show channels count")
            ):
                await asyncio.sleep(0.02)
    assert asyncio.all_tasks() - tasks == set()
    channels = await control.connection.api("show channels")
    assert "0 total" in channels
    assert office.media.files() == []
    assert [await office.store.load_session(call) for call in calls] == [None] * len(calls)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("by_the_caller", [True, False])
async def test_it_ends_at_any_moment(office: Office, by_the_caller: bool) -> None:
    """Seven calls at a time, each until another moment."""

    async def one(moment: Moment) -> str:
        async with far_leg(office.switch, "1002") as leg:
            await moment(leg, office.voice)
            call = await other_end(control, leg.id)
            if by_the_caller:
                await leg.hang_up()
            else:
                await control.hang_up(call)
                assert await leg.ended() == "NORMAL_CLEARING"
            return call

    async with office.switch.control() as control:
        before = asyncio.all_tasks()
        calls = await asyncio.gather(*map(one, MOMENTS))
        await nothing_is_left(office, control, calls, before)


async def test_it_ends_before_or_just_after_it_is_answered(office: Office) -> None:
    async def one(milliseconds: int) -> None:
        far = str(uuid4())
        ringing = asyncio.create_task(control.originate(office.switch.caller("1002"), "&park()", uuid=far))
        await asyncio.sleep(milliseconds / 1000)
        with suppress(CommandFailed):
            await control.hang_up(far)
        await asyncio.gather(ringing, return_exceptions=True)
        with suppress(CommandFailed):
            await control.hang_up(far)

    async with office.switch.control() as control:
        before = asyncio.all_tasks()
        await asyncio.gather(*map(one, range(0, 200, 10)))
        await nothing_is_left(office, control, [], before)
