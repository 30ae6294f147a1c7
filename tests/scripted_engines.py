"""Engines that do what they are told, step by step, and keep a diary; and a team of them."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Generic, TypeAlias, TypeVar

from assist.aio import Stream
from assist.errors import ProviderError
from assist.llm import Dialog, Part
from assist.provider.member import Member, TookOver
from assist.stt import Pause, Transcript

T = TypeVar("T")
E = TypeVar("E")

DOWN = ProviderError("x", "down", temporary=True)
REFUSED = ProviderError("x", "status 401", temporary=False, refused=True)

Steps: TypeAlias = Sequence[Any]
"""Each is something to yield, seconds to take, an error to raise, or `STALL`."""
STALL = object()
"""From here on nothing happens."""


async def stall() -> None:
    """Never return."""
    await asyncio.get_running_loop().create_future()


class Script(Generic[T]):
    """The steps of each request, in turn; the last ones again and again."""

    def __init__(self, requests: Iterable[Steps]) -> None:
        self._requests = [list(steps) for steps in requests]
        self.begun = 0
        self.under_way = 0

    async def play(self) -> Stream[T]:
        steps = self._requests[min(self.begun, len(self._requests) - 1)]
        self.begun += 1
        self.under_way += 1
        try:
            for step in steps:
                if isinstance(step, BaseException):
                    raise step
                if step is STALL:
                    await stall()
                elif isinstance(step, float):
                    await asyncio.sleep(step)
                else:
                    yield step
        finally:
            self.under_way -= 1


class Voice:
    """A `TextToSpeech`; keeps the texts that it was to read."""

    def __init__(self, *requests: Steps) -> None:
        self.script: Script[bytes] = Script(requests)
        self.diary: list[str] = []

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        self.diary.append(text)
        async with aclosing(self.script.play()) as pieces:
            async for piece in pieces:
                yield piece


class Brain:
    """A `LanguageModel`; keeps the dialogs that it was asked with."""

    def __init__(self, *requests: Steps) -> None:
        self.script: Script[Part] = Script(requests)
        self.diary: list[Dialog] = []

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        self.diary.append(dialog)
        async with aclosing(self.script.play()) as parts:
            async for part in parts:
                yield part


class Listener:
    """A `SpeechToText`; keeps what it heard. Plays *early* at once, and *late* once the caller has finished."""

    def __init__(self, late: Steps, early: Steps = ()) -> None:
        self.script: Script[Transcript] = Script([late])
        self._early: Script[Transcript] = Script([early])
        self.diary: list[list[bytes | Pause]] = []

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        heard: list[bytes | Pause] = []
        self.diary.append(heard)
        async with aclosing(speech):
            async with aclosing(self._early.play()) as transcripts:
                async for transcript in transcripts:
                    yield transcript
            async for piece in speech:
                heard.append(piece)
            async with aclosing(self.script.play()) as transcripts:
                async for transcript in transcripts:
                    yield transcript


async def nothing() -> None:
    """Warm already."""


def members(*engines: Any) -> list[Member[Any]]:
    """Return *engines* as members called a, b, c, …"""
    return [Member(name, engine, "", nothing) for name, engine in zip("abcdef", engines, strict=False)]


class Report(list[TookOver]):
    """What was told."""

    @property
    def names(self) -> list[tuple[str, str, str]]:
        return [(each.failed, each.reason, each.by) for each in self]


def usually(member: Member[E], seconds: float) -> None:
    """Let *member* be known to answer in so many *seconds*."""
    for _ in range(50):
        member.latency.add(seconds)


@asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """Check that no task that began in the block is left after it."""
    before = asyncio.all_tasks()
    yield
    assert asyncio.all_tasks() <= before
