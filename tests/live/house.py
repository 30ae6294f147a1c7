"""`assist serve` on a real FreeSWITCH, and callers who ring it."""

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assist.aio import Stream
from assist.audio.formats import LINE
from assist.audio.level import dbfs
from assist.call.events import Event
from assist.demo.measure import utterances
from assist.journal import follow
from assist.settings import environment
from assist.simulate.carrier.voices import Voices, spoken
from assist.simulate.far_leg import FarLeg, far_leg
from assist.simulate.freeswitch import PrivateFreeSwitch
from assist.store import Store, open_store
from assist.stt import Pause, SpeechToText
from assist.tts.pico import Pico
from tests.live.switch import RETENTION

AUDIBLE = -45.0
"""dBFS of a frame in which somebody speaks."""

AROUND = 0.25
"""Seconds of silence to leave around an utterance, without which Whisper may take it for no speech."""

READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class House:
    """Workers that take calls."""

    switch: PrivateFreeSwitch
    redis_url: str
    directory: Path

    @property
    def log(self) -> str:
        """What the workers and their parent told so far."""
        return (self.directory / "serve.log").read_text(encoding="utf-8")

    @property
    def calls(self) -> set[str]:
        """The ids of all calls so far, by their recordings."""
        return {path.stem for path in self.directory.glob("*.wav")}

    @property
    def assistants(self) -> Path:
        """Their files: copies."""
        return self.directory / "assistants"

    def recording(self, call: str) -> Path:
        return self.directory / f"{call}.wav"

    def ring(self, number: str, codec: str = "PCMA") -> AbstractAsyncContextManager[FarLeg]:
        """Call *number*; the caller's end, once it is answered."""
        return far_leg(self.switch, number, codec)

    def store(self) -> AbstractAsyncContextManager[Store]:
        return open_store(self.redis_url, RETENTION)


@asynccontextmanager
async def house(
    switch: PrivateFreeSwitch, redis_url: str, directory: Path, assistants: Path, **changes: str
) -> AsyncIterator[House]:
    """Run `assist serve` with two workers, ready; it must end by itself when asked."""
    home = House(switch, redis_url, directory)
    shutil.copytree(assistants, home.assistants)
    told = (
        environment(
            REDIS_URL=redis_url,
            ASSIST_ASSISTANTS_DIR=str(home.assistants),
            ASSIST_RECORDINGS_DIR=str(directory),
            ASSIST_LISTEN_PORT=str(switch.ports.worker),
            ASSIST_MEDIA_DIR=str(switch.media_dir),
            ASSIST_ESL_PORT=str(switch.ports.esl),
            ASSIST_ESL_PASSWORD=switch.password,
        )
        | changes
    )
    with (directory / "serve.log").open("wb") as log:
        serving = await asyncio.create_subprocess_exec(sys.executable, "-m", "assist", "serve", env=told, stderr=log)
    try:
        await workers_ready(home)
        yield home
    finally:
        serving.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(10):
                ended = await serving.wait()
        except TimeoutError:
            serving.kill()
            raise
    assert ended == 0, home.log


async def workers_ready(home: House, count: int = 2) -> None:
    """Wait until so many workers have said that they take calls."""
    async with asyncio.timeout(READY_SECONDS):
        while home.log.count("takes calls at") < count:  # noqa: ASYNC110 - a file tells nobody that it grew
            await asyncio.sleep(0.05)


async def speaks_for(leg: FarLeg, seconds: float, within: float = 10.0) -> None:
    """Return when that much of the assistant's speech was heard from now on."""
    heard = 0.0
    async with asyncio.timeout(within), aclosing(leg.listen()) as frames:
        async for frame in frames:
            heard += len(frame) / 16000 if dbfs(frame) > AUDIBLE else 0.0
            if heard >= seconds:
                return


async def is_silent_for(leg: FarLeg, seconds: float, within: float = 20.0) -> None:
    """Return when the assistant has not been heard for so long."""
    quiet = 0.0
    async with asyncio.timeout(within), aclosing(leg.listen()) as frames:
        async for frame in frames:
            quiet = 0.0 if dbfs(frame) > AUDIBLE else quiet + len(frame) / 16000
            if quiet >= seconds:
                return


async def recorded(home: House, call: str, within: float = 10.0) -> Path:
    """Wait until the worker is done with *call*, and return its recording."""
    async with asyncio.timeout(within), home.store() as store:
        while not any(record.id == call for record in (await store.history.recent()).calls):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    return home.recording(call)


async def events(home: House, call: str) -> list[Event]:
    """Return all that happened in *call*, which is over."""
    await recorded(home, call)
    async with asyncio.timeout(5), home.store() as store:
        return [event async for event in follow(store, call)]


async def transcribed(audio: bytes, stt: SpeechToText) -> str:
    """Return what is said in *audio*."""
    texts = []
    samples = np.frombuffer(audio, "<i2")
    for utterance in utterances(samples, LINE.rate):
        start, end = round((utterance.start - AROUND) * LINE.rate), round((utterance.end + AROUND) * LINE.rate)
        async for transcript in stt.transcribe(_once(samples[max(start, 0) : end].tobytes()), ("es",)):
            texts.append(transcript.text)
    return " ".join(texts)


async def _once(audio: bytes) -> Stream[bytes | Pause]:
    yield audio


def carriers_voices() -> Voices:
    """Return what those say whom a carrier connects, spoken by Pico."""

    async def made() -> Voices:
        pico = Pico()
        try:
            await pico.load()
            return await spoken(pico)
        finally:
            await pico.close()

    return asyncio.run(made())
