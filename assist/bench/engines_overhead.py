"""What the wrappers of an engine cost: the same request with and without them, side by side in one run.

The engines answer at once. Each wrapper is measured around the bare engine; *all* of them as a call has them.
"""

import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

import assist.llm.failover
import assist.llm.metered
import assist.stt.failover
import assist.stt.metered
import assist.tts.failover
import assist.tts.metered
from assist.aio import Stream
from assist.audio.formats import LINE
from assist.llm import Dialog, Message, Part, Speaker
from assist.provider import Kind, Opened
from assist.provider.bill import Bill
from assist.provider.member import Member, TookOver
from assist.provider.prices import Hearing, Prices, Speaking, Table, Thinking
from assist.stt import Pause, Transcript
from assist.tts.cache import SpeechCache

FRAMES = 50
"""Of an utterance: a second."""
TOKENS = ("Abrimos", " de", " nueve", " a", " seis,", " cada", " día.", " ¿Le", " viene", " bien", "?")
PIECES = 4
"""Of a sentence: a fifth of a second each."""
REQUESTS = 100
"""In a row, before the next wrapper has its turn."""
ROUNDS = 20
"""Turns of each wrapper; the median counts."""


@dataclass(frozen=True, slots=True)
class Overhead:
    """Of one request through one wrapper; *bare* is the engine itself."""

    kind: Kind
    wrapper: str
    microseconds: float
    peak_bytes: int
    """Of memory in use at most, while it is answered."""
    times_as_long: float
    """As bare."""
    times_as_much: float
    """Memory, as bare."""


async def overheads(rounds: int = ROUNDS) -> list[Overhead]:
    """Return what each wrapper of each kind costs, from so many *rounds*."""
    async with SpeechCache(_NoShelf(), 0) as cache:
        found = []
        for kind, (wrapped, ask) in _wrapped(cache).items():
            found += await _compared(kind, {name: ask(engine) for name, engine in wrapped.items()}, rounds)
        return found


Request = Callable[[], AsyncIterator[Any]]


async def _compared(kind: Kind, requests: Mapping[str, Request], rounds: int) -> list[Overhead]:
    seconds: dict[str, list[float]] = {name: [] for name in requests}
    for _ in range(rounds + 1):
        for name, request in requests.items():
            began = time.perf_counter()
            for _ in range(REQUESTS):
                await _answered(request)
            seconds[name].append((time.perf_counter() - began) / REQUESTS)
    usual = {name: float(np.median(each[1:])) for name, each in seconds.items()}
    most = {name: await _peak(request) for name, request in requests.items()}
    return [
        Overhead(
            kind,
            name,
            round(usual[name] * 1e6, 1),
            most[name],
            round(usual[name] / usual["bare"], 2),
            round(most[name] / most["bare"], 2),
        )
        for name in requests
    ]


async def _answered(request: Request) -> None:
    async for _ in request():
        pass


async def _peak(request: Request) -> int:
    """Return the memory that a request takes at most beyond what was in use before."""
    tracemalloc.start()
    try:
        await _answered(request)
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        await _answered(request)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def _wrapped(cache: SpeechCache) -> dict[Kind, tuple[dict[str, Any], Callable[[Any], Request]]]:
    """Return the engines of each kind by their wrapping, and what makes a request of one."""
    usd = Decimal(1)
    hearing, thinking, speaking = Hearing(usd), Thinking(usd, usd), Speaking(usd)
    bill = Bill(Prices(Table({"bare": {"*": hearing}}, {"bare": {"*": thinking}}, {"bare": {"*": speaking}})))
    ear, brain, voice = _Ear(), _Brain(), _Voice()
    metered_ear = assist.stt.metered.Metered(ear, "bare", "model", bill)
    metered_brain = assist.llm.metered.Metered(brain, "bare", "model", bill)
    metered_voice = assist.tts.metered.Metered(voice, "bare", "model", bill)
    ears, brains, voices = assist.stt.failover.Failover, assist.llm.failover.Failover, assist.tts.failover.Failover
    return {
        Kind.STT: (
            {
                "bare": ear,
                "metered": metered_ear,
                "failover": ears(_team(ear), _nobody),
                "all": ears(_team(metered_ear), _nobody),
            },
            lambda engine: lambda: engine.transcribe(_speech(), ("es",)),
        ),
        Kind.LLM: (
            {
                "bare": brain,
                "metered": metered_brain,
                "failover": brains(_team(brain), _nobody),
                "all": brains(_team(metered_brain), _nobody),
            },
            lambda engine: lambda: engine.reply(_DIALOG),
        ),
        Kind.TTS: (
            {
                "bare": voice,
                "metered": metered_voice,
                "cached": cache.around(voice, "bare"),
                "failover": voices(_team(voice), _nobody),
                "all": voices(_team(cache.around(metered_voice, "bare")), _nobody),
            },
            lambda engine: lambda: engine.synthesize("Abrimos de nueve a seis.", "es"),
        ),
    }


def _team(engine: Any) -> list[Member[Any]]:
    """Return *engine* and another that could take over."""
    return [Member.of("bare", Opened(engine, "model")), Member.of("spare", Opened(engine, "model"))]


def _nobody(_: TookOver) -> None:
    """Nobody takes over."""


_DIALOG = Dialog("es", [Message(Speaker.CALLER, "¿A qué hora cierran?")])
_PIECE = bytes(LINE.rate // 5 * LINE.sample_bytes)


async def _speech() -> Stream[bytes | Pause]:
    for _ in range(FRAMES):
        yield _PIECE[:320]
    yield Pause.BEGAN


class _Ear:
    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        async with aclosing(speech) as pieces:
            async for _ in pieces:
                pass
        yield Transcript("¿A qué hora cierran?")


class _Brain:
    async def reply(self, dialog: Dialog) -> Stream[Part]:
        for token in TOKENS:
            yield token


class _Voice:
    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        for _ in range(PIECES):
            yield _PIECE


class _NoShelf:
    """The store is not what is measured."""

    async def load_speech(self, name: str) -> bytes | None:
        return None

    async def save_speech(self, name: str, speech: bytes, *, room: int) -> bool:
        return False
