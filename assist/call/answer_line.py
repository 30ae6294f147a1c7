"""What whoever answered does, one thing after the other, as `assist.call.answer` wants to be told."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from assist.aio import race
from assist.audio.beep import Beeps, Tone
from assist.audio.formats import LINE
from assist.call.answer import Beeped, Began, Event, Intercepted, Paused, Quiet, Words
from assist.call.answer import Keyed as Pressed
from assist.call.channel import Listener
from assist.call.ear import Ear, Keyed, Spoken
from assist.call.hearing import Hearing, Question
from assist.errors import ProviderError
from assist.stt import Pause

PAUSE = 0.25
"""Seconds of silence that a pause is known by."""
BEFORE = 0.3
"""Seconds of silence that an utterance begins with."""

_TONES: dict[Tone, Event] = {Tone.BEEP: Beeped(), Tone.INTERCEPT: Intercepted()}


class BeepEar:
    """A `Listener` that passes on what it is told, and listens for beeps as long as somebody wants to know."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._beeps = Beeps()
        self.on_tone: Callable[[Tone], None] | None = None

    def hear(self, audio: bytes) -> None:
        self._listener.hear(audio)
        if self.on_tone:
            for tone in self._beeps.feed(audio):
                self.on_tone(tone)

    def patience(self, speaking: bool) -> int:
        return self._listener.patience(speaking)

    def press(self, digit: str) -> None:
        self._listener.press(digit)

    def hold(self, held: bool) -> None:
        self._listener.hold(held)


@dataclass(frozen=True, slots=True)
class _Told:
    """Something that happened."""

    event: Event
    utterance: int | None = None
    """The one that it ends."""
    question: Question | None = None
    """What that said."""
    failure: ProviderError | None = None
    """Why nobody knows what it said."""


class FarEnd:
    """Who answered, as an asynchronous context. What nobody was told of by its end is the ear's again."""

    def __init__(self, ear: Ear, hearing: Hearing, beeps: BeepEar) -> None:
        self._ear = ear
        self._hearing = hearing
        self._beeps = beeps
        self._told: asyncio.Queue[_Told] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._open: dict[int, Spoken | Keyed] = {}
        """Utterances whose words nobody was told yet."""
        self.question: Question | None = None
        """What the last event said, if it did."""

    async def __aenter__(self) -> Self:
        self._beeps.on_tone = lambda tone: self._told.put_nowait(_Told(_TONES[tone]))
        self._tasks.append(asyncio.create_task(self._follow(), name="far end"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beeps.on_tone = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._ear.give_back(self._open.values())

    async def next(self, patience: float | None) -> Event:
        """Return what happens next; that it is quiet if for *patience* seconds nothing does. Raises `NotHeard`."""
        if patience is None:
            return self._tell(await self._told.get())
        told = await race(self._told.get(), self._ear.silence(patience))
        return self._tell(told) if told else Quiet()

    def _tell(self, told: _Told) -> Event:
        if told.utterance is not None:
            del self._open[told.utterance]
        if told.failure:
            raise told.failure
        self.question = told.question
        return told.event

    async def _follow(self) -> None:
        number = 0
        while True:
            utterance = await self._ear.next_utterance()
            self._open[number] = utterance
            self._tasks.append(asyncio.create_task(self._understand(number, utterance)))
            if isinstance(utterance, Spoken):
                self._tasks.append(asyncio.create_task(self._listen(number, utterance)))
            number += 1

    async def _listen(self, number: int, utterance: Spoken) -> None:
        self._told.put_nowait(_Told(Began(number)))
        heard = 0
        async for piece in utterance.speech():
            if piece is Pause.BEGAN:
                self._told.put_nowait(_Told(Paused(number, _voice(heard) - PAUSE)))
            elif piece is Pause.OVER:
                self._told.put_nowait(_Told(Began(number)))
            else:
                heard += len(piece) // LINE.sample_bytes

    async def _understand(self, number: int, utterance: Spoken | Keyed) -> None:
        question, failure = None, None
        try:
            question = await self._hearing.understand(utterance)
        except ProviderError as error:
            failure = error
        self._told.put_nowait(_Told(_ended(number, utterance, question), number, question, failure))


def _ended(number: int, utterance: Spoken | Keyed, question: Question | None) -> Event:
    if isinstance(utterance, Keyed):
        return Pressed()
    end = utterance.start if utterance.voice_end is None else utterance.voice_end
    return Words(number, question.message.text if question else "", _voice(end - utterance.start))


def _voice(samples: int) -> float:
    return max(samples / LINE.rate - BEFORE, 0.0)
