"""Whole calls: a caller at the far end, `assist serve` with its engines behind a real FreeSWITCH, in either law."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import numpy as np
import pytest

from assist.call.channel import TransferOutcome
from assist.call.events import Ended, Heard, Said, Started, Transferred
from assist.simulate.caller import ScriptedCaller, Step
from assist.simulate.far_leg import FarLeg
from assist.stt.whisper import Whisper
from tests.live.house import House, events, is_silent_for, speaks_for, transcribed
from tests.recordings import plain_words

Voice: TypeAlias = Callable[[str], Awaitable[bytes]]

LAWS = pytest.mark.parametrize("codec", ["PCMA", "PCMU"])
CHANGES = pytest.mark.parametrize(("codec", "other"), [("PCMA", "PCMU"), ("PCMU", "PCMA")])

HELD = 3.0
"""Seconds; longer than the silence after which that assistant asks whether one is there."""


async def follows(voice: Voice, leg: FarLeg, *steps: Step) -> None:
    await ScriptedCaller(voice, polite_pause=0.7).run(leg, list(steps))


def has(text: str, *words: str) -> bool:
    """Whether those words were said, in that order."""
    spoken = iter(plain_words(text))
    return all(word in spoken for word in words)


@LAWS
async def test_a_caller_is_greeted_answered_and_taken_leave_of(
    home: House, voice: Voice, whisper: Whisper, codec: str
) -> None:
    before = home.calls
    async with home.ring("1002", codec) as leg:
        await follows(
            voice,
            leg,
            Step(say="¿Qué opciones tengo?"),
            Step(press="2"),
            Step(say="Muchas gracias, hasta luego."),
        )
        assert await leg.ended() == "NORMAL_CLEARING"
        heard = await transcribed(leg.recorded, whisper)
    (call,) = home.calls - before
    happened = await events(home, call)
    assert has(heard, "soy", "el", "asistente", "automatico")
    assert has(heard, "direccion", "calle", "mayor", "hasta", "luego")
    assert happened[0] == Started("recepcion", "es", resumed=False)
    assert [event.keyed for event in happened if isinstance(event, Heard)] == [False, True, False]
    assert isinstance(happened[-1], Ended)


@LAWS
async def test_on_hold_nothing_is_said_nor_asked(home: House, voice: Voice, whisper: Whisper, codec: str) -> None:
    """A reply goes on where it was, and the caller's silence counts from the return."""
    before = home.calls
    async with home.switch.control() as control, home.ring("1005", codec) as leg:

        async def hold() -> None:
            await control.connection.api(f"uuid_hold {leg.id}")
            await asyncio.sleep(0.2)
            at = len(leg.recorded)
            await asyncio.sleep(HELD)
            assert not np.frombuffer(leg.recorded[at:], "<i2").any()
            await control.connection.api(f"uuid_hold off {leg.id}")

        await speaks_for(leg, 1.5)
        await hold()
        await is_silent_for(leg, 0.9)
        await hold()
        loop = asyncio.get_running_loop()
        back = loop.time()
        await speaks_for(leg, 0.2)
        assert loop.time() - back > 1.0
        await is_silent_for(leg, 1.2)
        heard = await transcribed(leg.recorded, whisper)
    (call,) = home.calls - before
    said = [event for event in await events(home, call) if isinstance(event, Said)]
    assert has(heard, "asistente", "automatico", "laborables", "desde", "telefono")
    assert len(said) == 2
    assert not any(event.interrupted for event in said)


@pytest.mark.parametrize(
    ("codec", "who", "outcome"),
    [("PCMA", "ventas", TransferOutcome.BUSY), ("PCMU", "el taller", TransferOutcome.FAILED)],
)
async def test_a_transfer_that_fails_gives_the_caller_back(
    home: House, voice: Voice, whisper: Whisper, codec: str, who: str, outcome: TransferOutcome
) -> None:
    before = home.calls
    async with home.ring("1002", codec) as leg:
        await follows(
            voice,
            leg,
            Step(say=f"Quiero hablar con {who}, por favor."),
            Step(say="¿A qué hora abren?"),
            Step(hang_up=True),
        )
        heard = await transcribed(leg.recorded, whisper)
    (call,) = home.calls - before
    (transfer,) = [event for event in await events(home, call) if isinstance(event, Transferred)]
    assert transfer.outcome == outcome
    assert has(heard, "puedo", "ayudarle", "lunes", "a", "viernes")


@CHANGES
async def test_the_other_law_in_mid_reply_stays_clean(home: House, whisper: Whisper, codec: str, other: str) -> None:
    async with home.switch.control() as control, home.ring("1005", codec) as leg:
        await speaks_for(leg, 1.5)
        await control.connection.api(f"uuid_media_reneg {leg.id} ={other}")
        changed = len(leg.recorded)
        await is_silent_for(leg, 0.7)
        assert await control.connection.api(f"uuid_getvar {leg.id} rtp_use_codec_name") == other
        heard = await transcribed(leg.recorded, whisper)
    assert has(heard, "asistente", "automatico", "laborables", "desde")
    assert loudest(leg.recorded[changed:]) < 1.4 * loudest(leg.recorded[:changed])


def loudest(audio: bytes) -> float:
    """Root mean square of the loudest tenth of a second."""
    samples = np.frombuffer(audio, "<i2").astype(float)
    pieces = samples[: len(samples) // 800 * 800].reshape(-1, 800)
    return float(np.sqrt((pieces**2).mean(axis=1)).max())
