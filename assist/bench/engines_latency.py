"""How soon each chosen engine answers, stage by stage, as a call would ask it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from assist.aio import Stream
from assist.assistant import Assistant, Assistants
from assist.assistant.choice import Choice
from assist.audio.formats import LINE_BYTES_PER_SECOND
from assist.bench.speech import FRAME, FRAME_SECONDS
from assist.engines.pool import Pool
from assist.engines.table import LAST_RESORT
from assist.errors import ConfigurationError, ProviderError
from assist.llm import Brains, Dialog, Message, Speaker
from assist.provider import Kind, Opened
from assist.settings import Settings
from assist.stt import Pause, SpeechToText
from assist.tts import TextToSpeech

SENTENCE = "¿A qué hora abren mañana?"
LANGUAGE = "es"
PAUSE = 0.25
"""Seconds of silence after which an ear tells a pause, and a decode starts."""
PATIENCE = 15.0
"""Seconds for one answer."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One engine, with one set of options. Milliseconds."""

    kind: Kind
    engine: str
    model: str
    options: dict[str, Any]
    first_of_all: float
    """The first answer of the process, once connected: what the first caller waits for."""
    p50: float
    p95: float
    """To the final transcript from the pause on, 250 ms after the last sound: in a call the turn is not over before
    350 ms more have gone by, in which nobody waits for it. To the first text. To the first audio."""
    all_p50: float
    """To the end of the answer."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An engine that could not be measured."""

    kind: Kind
    engine: str
    options: dict[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Times:
    """Of one answer, in seconds."""

    first: float
    all: float


async def stages(settings: Settings, rounds: int) -> AsyncIterator[Stage | Failure]:
    """Yield what is measured of each engine that the settings or an assistant chose, one after the other."""
    assistants = list(Assistants(settings.files.assistants_dir).sound())
    async with Pool(settings) as pool:
        spoken = await _spoken(pool)
        for kind, choice, assistant in _chosen(settings, assistants):
            try:
                yield await _stage(
                    await pool.open(kind, choice), kind, choice, _asking(kind, assistant, spoken), rounds
                )
            except (ConfigurationError, ProviderError) as error:
                yield Failure(kind, choice.name, dict(choice.options), str(error))
            except TimeoutError:
                yield Failure(kind, choice.name, dict(choice.options), f"no answer in {PATIENCE:g} s")


Asking: TypeAlias = Callable[[Any], Awaitable[Times]]
"""Asks an opened engine once."""


def _chosen(settings: Settings, assistants: Sequence[Assistant]) -> Iterator[tuple[Kind, Choice, Assistant | None]]:
    """Yield each engine with one set of options once, and an assistant that uses it, or any."""
    for kind in Kind:
        told: list[tuple[str, dict[str, Any]]] = []
        anybody = assistants[0] if assistants else None
        default = [(Choice(name), anybody) for name in getattr(settings.engines, kind)]
        own = [(choice, assistant) for assistant in assistants for choice in getattr(assistant.engines, kind)]
        for choice, assistant in (*default, *own):
            if (choice.name, dict(choice.options)) not in told:
                told.append((choice.name, dict(choice.options)))
                yield kind, choice, assistant


async def _spoken(pool: Pool) -> bytes:
    """Return the sentence for the ears, in the embedded voice. Raises `ConfigurationError`."""
    voice = await pool.open(Kind.TTS, Choice(LAST_RESORT[Kind.TTS]))
    async with aclosing(voice.engine.synthesize(SENTENCE, LANGUAGE)) as audio:
        return b"".join([piece async for piece in audio])


def _asking(kind: Kind, assistant: Assistant | None, spoken: bytes) -> Asking:
    async def hear(ear: SpeechToText) -> Times:
        ended = asyncio.get_running_loop().create_future()
        async with aclosing(ear.transcribe(_said(spoken, ended), (LANGUAGE,))) as transcripts:
            async for _ in transcripts:
                pass
        now = asyncio.get_running_loop().time()
        return Times(now - ended.result(), now - ended.result())

    async def think(brains: Brains) -> Times:
        if assistant is None:
            raise ConfigurationError("there is no assistant to be")
        dialog = Dialog(LANGUAGE, [Message(Speaker.CALLER, SENTENCE, (SENTENCE,))])
        return await _timed(part async for part in brains(assistant).reply(dialog) if isinstance(part, str))

    async def speak(voice: TextToSpeech) -> Times:
        return await _timed(voice.synthesize(SENTENCE, LANGUAGE))

    asking: dict[Kind, Asking] = {Kind.STT: hear, Kind.LLM: think, Kind.TTS: speak}
    return asking[kind]


async def _said(audio: bytes, ended: "asyncio.Future[float]") -> Stream[bytes | Pause]:
    """Yield *audio* as fast as it is spoken, with the silence that is a pause, which ends it."""
    clock = asyncio.get_running_loop().time
    start, line = clock(), audio + bytes(round(PAUSE * LINE_BYTES_PER_SECOND))
    for number, place in enumerate(range(0, len(line), FRAME), 1):
        yield line[place : place + FRAME]
        await asyncio.sleep(start + number * FRAME_SECONDS - clock())
    yield Pause.BEGAN
    ended.set_result(clock())


async def _timed(answer: AsyncIterator[str] | AsyncIterator[bytes]) -> Times:
    clock = asyncio.get_running_loop().time
    begun, first = clock(), None
    async for _ in answer:
        first = first or clock()
    return Times((first or clock()) - begun, clock() - begun)


async def _stage(opened: Opened[Any], kind: Kind, choice: Choice, asking: Asking, rounds: int) -> Stage:
    async with asyncio.timeout(PATIENCE):
        await opened.warm()
    times = []
    for _ in range(rounds + 1):
        async with asyncio.timeout(PATIENCE):
            times.append(await asking(opened.engine))
    first_of_all, *usual = times
    p50, p95 = np.percentile([each.first for each in usual], (50, 95))
    whole = np.percentile([each.all for each in usual], 50)
    return Stage(
        kind, choice.name, opened.model, dict(choice.options), *map(_ms, (first_of_all.first, p50, p95, whole))
    )


def _ms(seconds: "float | np.floating[Any]") -> float:
    return round(float(seconds) * 1000, 1)
