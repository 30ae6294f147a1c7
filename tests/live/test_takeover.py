"""The worker that speaks is lost in mid-call: another answers what the caller says meanwhile, and knows the rest."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from assist.call.events import Ended, Heard, Started
from assist.demo.measure import Utterance, read_stereo, utterances
from assist.simulate.caller import ScriptedCaller, Step
from assist.store import Worker
from assist.stt.whisper import Whisper
from tests.live.house import READY_SECONDS, House, events, recorded, speaks_for, transcribed
from tests.recordings import plain_words

Voice: TypeAlias = Callable[[str], Awaitable[bytes]]

BOOKING = [Step(say="Quería pedir una cita."), Step(say="El martes."), Step(say="A las cuatro y media de la tarde.")]


async def busy_worker(home: House) -> Worker:
    """Return the worker that holds the only call."""
    async with asyncio.timeout(10), home.store() as store:
        while not (found := [worker for worker in await store.workers() if worker.calls]):  # noqa: ASYNC110 - as it is told
            await asyncio.sleep(0.05)
    (worker,) = found
    return worker


async def replaced(home: House, lost: Worker) -> None:
    """Wait until there are two workers again, without the one that was *lost*."""
    async with asyncio.timeout(READY_SECONDS), home.store() as store:
        while True:
            names = {worker.name for worker in await store.workers()}
            if len(names) == 2 and lost.name not in names:
                return
            await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("how", "within"), [(signal.SIGKILL, 2.5), (signal.SIGSTOP, 5.0)])
async def test_a_lost_worker_is_made_good_by_another(
    home: House, voice: Voice, whisper: Whisper, how: signal.Signals, within: float
) -> None:
    """*within*: seconds from the caller's last sound to the answer; half a second less would be no turn's end."""
    before = home.calls
    agreed = await voice("Sí, es correcto.")
    async with home.ring("1002") as leg:
        await ScriptedCaller(voice, polite_pause=0.7).run(leg, BOOKING)
        lost = await busy_worker(home)
        await speaks_for(leg, 1.0)
        os.kill(int(lost.name.rsplit("-", 2)[1]), how)
        await leg.say(agreed)
        said = len(leg.recorded)
        await speaks_for(leg, 2.0)
        await ScriptedCaller(voice, polite_pause=0.7).run(leg, [Step(say="Muchas gracias, hasta luego.")])
        assert await leg.ended() == "NORMAL_CLEARING"
        answer = await transcribed(leg.recorded[said:], whisper)
    (call,) = home.calls - before
    happened = await events(home, call)
    spoken = utterances(read_stereo(await recorded(home, call)).caller, 8000)
    waited = response(spoken, utterances(read_stereo(home.recording(call)).assistant, 8000, gap=0.15))
    await replaced(home, lost)
    print(f"answered after {waited:.2f} s")
    assert [event.resumed for event in happened if isinstance(event, Started)] == [False, True]
    assert {"martes", "cita"} <= set(plain_words(answer))
    heard = [event.text for event in happened if isinstance(event, Heard)]
    assert "correcto" in plain_words(heard[3])
    assert isinstance(ended := happened[-1], Ended)
    assert ended.slots["time"] == "16:30"
    assert waited < within


def response(caller: list[Utterance], assistant: list[Utterance]) -> float:
    """Return how long the fourth thing that the caller said had to wait for an answer."""
    return next(reply.start for reply in assistant if reply.start > caller[3].end) - caller[3].end
