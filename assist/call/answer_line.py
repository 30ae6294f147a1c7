"""What whoever answered does, one thing after the other, as `assist.call.answer` wants to be told."""

import asyncio
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from assist.aio import Stream, race
from assist.audio.beep import Beeps, Sound, Tone
from assist.audio.formats import LINE
from assist.call.answer_events import Beeped, Began, Event, Intercepted, Paused, Quiet, Words
from assist.call.answer_events import Keyed as Pressed
from assist.call.ear import Ear, Keyed, Spoken
from assist.call.hearing import Hearing, Question
from assist.errors import ProviderError
from assist.stt import Pause

PAUSE = 0.25
"""Seconds of silence that a pause is known by."""
BEFORE = 0.3
"""Seconds of silence that an utterance begins with."""


class BeepEar:
    """A `Listener` that passes on what it is told, and listens for tones (`assist.audio.beep`) as long as it is to."""

    def __init__(self, ear: Ear, *, attentive: bool) -> None:
        self._ear = ear
        self._beeps: Beeps | None = Beeps() if attentive else None
        self._since = ear.position
        self.sounds: asyncio.Queue[Sound] = asyncio.Queue()
        """The tones heard, by the call's samples."""

    def attend(self, attentive: bool) -> None:
        """Listen for tones from now on, if it did not; or do so no longer."""
        if not attentive:
            self._beeps = None
        elif self._beeps is None:
            self._beeps, self._since, self.sounds = Beeps(), self._ear.position, asyncio.Queue()

    def hear(self, audio: bytes) -> None:
        self._ear.hear(audio)
        if self._beeps:
            for sound in self._beeps.feed(audio):
                self.sounds.put_nowait(replace(sound, start=self._since + sound.start, end=self._since + sound.end))

    def patience(self, speaking: bool) -> int:
        return self._ear.patience(speaking)

    def press(self, digit: str) -> None:
        self._ear.press(digit)

    def hold(self, held: bool) -> None:
        self._ear.hold(held)


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
        self.failure: ProviderError | None = None
        """Why nobody knows what the last event said, if it did."""

    async def __aenter__(self) -> Self:
        self._beeps.attend(True)
        self._tasks.append(asyncio.create_task(self._follow(), name="far end"))
        self._tasks.append(asyncio.create_task(self._follow_tones(), name="tones"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._beeps.attend(False)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._ear.give_back(self._open.values())

    async def next(self, patience: float | None) -> Event:
        """Return what happens next; that it is quiet if for *patience* seconds nothing does."""
        if patience is None:
            return self._tell(await self._told.get())
        told = await race(self._told.get(), self._ear.silence(patience))
        return self._tell(told) if told else Quiet()

    async def late(self) -> Stream[Event]:
        """Yield what nobody was told of by the end of the call, which is over."""
        while not self._told.empty():
            yield self._tell(self._told.get_nowait())
        self._ear.close()
        left = sorted(self._open.items())
        for number, utterance in left:
            if isinstance(utterance, Spoken):
                yield Paused(number, _length(utterance))
        for number, utterance in left:
            yield self._tell(await self._understood(number, utterance))

    def _tell(self, told: _Told) -> Event:
        if told.utterance is not None:
            del self._open[told.utterance]
        self.question, self.failure = told.question, told.failure
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

    async def _follow_tones(self) -> None:
        while True:
            self._told.put_nowait(_Told(_meaning(await self._beeps.sounds.get())))

    async def _listen(self, number: int, utterance: Spoken) -> None:
        self._told.put_nowait(_Told(Began(number, utterance.start / LINE.rate + BEFORE)))
        heard = 0
        async for piece in utterance.speech():
            if piece is Pause.BEGAN:
                self._told.put_nowait(_Told(Paused(number, _voice(heard) - PAUSE)))
            elif piece is Pause.OVER:
                self._told.put_nowait(_Told(Began(number, (utterance.start + heard) / LINE.rate)))
            else:
                heard += len(piece) // LINE.sample_bytes

    async def _understand(self, number: int, utterance: Spoken | Keyed) -> None:
        self._told.put_nowait(await self._understood(number, utterance))

    async def _understood(self, number: int, utterance: Spoken | Keyed) -> _Told:
        question, failure = None, None
        try:
            question = await self._hearing.understand(utterance)
        except ProviderError as error:
            failure = error
        return _Told(_ended(number, utterance, question), number, question, failure)


def _ended(number: int, utterance: Spoken | Keyed, question: Question | None) -> Event:
    if isinstance(utterance, Keyed):
        return Pressed()
    return Words(number, question.message.text if question else "", _length(utterance))


def _length(utterance: Spoken) -> float:
    end = utterance.start if utterance.voice_end is None else utterance.voice_end
    return _voice(end - utterance.start)


def _meaning(sound: Sound) -> Event:
    return Beeped(sound.start / LINE.rate, sound.end / LINE.rate) if sound.tone is Tone.BEEP else Intercepted()


def _voice(samples: int) -> float:
    return max(samples / LINE.rate - BEFORE, 0.0)
