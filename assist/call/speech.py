"""One reply on its way to the caller: text cut into sentences, sentences made audio, audio heard.

Three things happen at once. The brain writes; the voice reads what is written so far; the line plays what is read so
far. The first two go on while the line is interrupted, so that a reply broken off by a cough can go on at once.
`Speech` owns the task that does the first two: leaving its block ends it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from assist.aio import Stream
from assist.audio.formats import LINE
from assist.call.channel import Channel
from assist.errors import ProviderError
from assist.llm import CollectDigits, HangUp, Json, Language, Notes, Pace, Part, Transfer, Usage
from assist.llm.sentences import Sentences
from assist.tts import TextToSpeech

log = logging.getLogger(__name__)

BREATH = {",": 0.10, ";": 0.15, ":": 0.15}
"""Seconds of silence after a piece, by its last character."""
BREATH_AFTER_SENTENCE = 0.25
REWIND = LINE.rate
"""Samples a broken-off reply is taken up before the place where it was broken off: a second, for the sense of it."""
HEARD_ENOUGH = LINE.rate // 4
"""Samples below which a reply was not noticed, so that what the caller said over it continues the turn before."""


@dataclass(slots=True)
class Manner:
    """How the assistant speaks now; a reply may change it."""

    language: str
    pace: float = 1.0


@dataclass(slots=True)
class Piece:
    """A sentence and where its audio lies in the reply."""

    text: str
    start: int
    """Sample of the reply."""
    length: int = 0
    """Samples so far."""

    def heard(self, position: int) -> str:
        """Return the words of it that were heard before sample *position* of the reply."""
        if position >= self.start + self.length:
            return self.text
        share = max(position - self.start, 0) / max(self.length, 1)
        words = self.text.split()
        return " ".join(words[: int(len(words) * share)])


@dataclass(slots=True)
class Marks:
    """When things happened, in the event loop's seconds. `None`: not yet, or never."""

    first_sentence: float | None = None
    first_audio: float | None = None


@dataclass(frozen=True, slots=True)
class Fillers:
    """What to say while there is nothing to say yet."""

    texts: Sequence[str]
    after: float
    """Seconds from the making of the speech to the first one."""
    every: float = 5.0
    """Seconds from one to the next."""


@dataclass(slots=True)
class Outcome:
    """What a reply wants beyond being heard."""

    notes: dict[str, Json] | None = None
    collect_digits: int | None = None
    ending: Transfer | HangUp | None = None
    failure: ProviderError | None = None
    """Why the reply broke off, or never came."""


@dataclass(slots=True)
class _Audio:
    """Audio that grows, for readers that wait for more."""

    pcm: bytearray = field(default_factory=bytearray)
    complete: bool = False
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def append(self, pcm: bytes) -> None:
        self.pcm += pcm
        self.grown.set()

    def finish(self) -> None:
        self.complete = True
        self.grown.set()

    async def read(self, start: int) -> Stream[bytes]:
        """Yield everything from byte *start* to the end."""
        while True:
            if start < len(self.pcm):
                piece = bytes(self.pcm[start:])
                start += len(piece)
                yield piece
            elif self.complete:
                return
            else:
                self.grown.clear()
                await self.grown.wait()


class Speech:
    """One reply, as an asynchronous context: what it has begun ends with the block."""

    def __init__(
        self,
        reply: Stream[Part],
        voice: TextToSpeech,
        manner: Manner,
        fillers: Fillers | None = None,
        before_audio: Callable[[str, dict[str, Json] | None], Awaitable[None]] | None = None,
    ) -> None:
        """*before_audio* is told the first sentence, and notes so far, while that is synthesised; nothing is heard
        before it returns."""
        self._reply = reply
        self._voice = voice
        self._manner = manner
        self._fillers = fillers
        self._before_audio = before_audio
        self._audio = _Audio()
        self._pieces: list[Piece] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._position = 0
        self._resume_at = 0
        self.marks = Marks()
        self.outcome = Outcome()

    async def __aenter__(self) -> Self:
        writing = asyncio.create_task(self._write(), name="speech")
        self._tasks.append(writing)
        if self._fillers and self._fillers.texts:
            self._tasks.append(asyncio.create_task(self._fill(self._fillers), name="fillers"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def text(self) -> str:
        """All of it that is written so far."""
        return " ".join(piece.text for piece in self._pieces)

    @property
    def heard(self) -> str:
        """As far as the caller heard it: whole words."""
        return " ".join(filter(None, (piece.heard(self._position) for piece in self._pieces)))

    @property
    def noticed(self) -> bool:
        """Whether enough of it was heard, fillers apart, to be reacted to."""
        return bool(self._pieces) and self._position >= self._pieces[0].start + HEARD_ENOUGH

    async def play(self, channel: Channel) -> None:
        """Return when the caller has heard all of it. Cancelled, it falls silent; called again, it goes on.

        Raises `ProviderError` if there was not even a voice to say that something is wrong.
        """
        begin = self._resume_at
        try:
            await channel.play(self._audio.read(begin * LINE.sample_bytes))
        finally:
            self._position = max(self._position, begin + channel.heard)
            self._resume_at = max(begin, begin + channel.heard - REWIND)
        writing = self._tasks[0]
        await asyncio.wait([writing])
        writing.result()

    async def _write(self) -> None:
        try:
            async with aclosing(self._reply) as parts:
                await self._read_aloud(parts)
        except ProviderError as error:
            log.warning("the reply broke off: %s", error)
            self.outcome.failure = error
        finally:
            self._audio.finish()

    async def _read_aloud(self, parts: Stream[Part]) -> None:
        sentences = Sentences()
        async for part in parts:
            if isinstance(part, str):
                for sentence in sentences.feed(part):
                    await self._say(sentence)
                continue
            for sentence in sentences.flush():
                await self._say(sentence)
            self._note(part)
        for sentence in sentences.flush():
            await self._say(sentence)

    def _note(self, part: Notes | Transfer | CollectDigits | Pace | Language | HangUp | Usage) -> None:
        match part:
            case Notes(values):
                self.outcome.notes = values
            case CollectDigits(count):
                self.outcome.collect_digits = count
            case Pace(factor):
                self._manner.pace = factor
            case Language(code):
                self._manner.language = code
            case Transfer() | HangUp():
                self.outcome.ending = part
            case Usage():
                pass  # for whoever pays, between here and the engine

    async def _say(self, sentence: str) -> None:
        if self.marks.first_sentence is None:
            self.marks.first_sentence = asyncio.get_running_loop().time()
        announced = asyncio.create_task(self._announce(sentence))
        try:
            await self._synthesise(sentence, announced)
        finally:
            announced.cancel()
            await asyncio.gather(announced, return_exceptions=True)

    async def _announce(self, sentence: str) -> None:
        before_audio, self._before_audio = self._before_audio, None
        if before_audio:
            await before_audio(sentence, self.outcome.notes)

    async def _synthesise(self, sentence: str, announced: asyncio.Task[None]) -> None:
        piece = None
        async with aclosing(self._spoken(sentence)) as audio:
            async for pcm in audio:
                await announced
                if piece is None:
                    # Only now: a filler may have been put before it meanwhile.
                    piece = Piece(sentence, start=len(self._audio.pcm) // LINE.sample_bytes)
                    self._pieces.append(piece)
                if self.marks.first_audio is None:
                    self.marks.first_audio = asyncio.get_running_loop().time()
                self._audio.append(pcm)
                piece.length += len(pcm) // LINE.sample_bytes
        if piece:
            self._audio.append(breath(sentence))

    def _spoken(self, text: str) -> Stream[bytes]:
        return self._voice.synthesize(text, self._manner.language, pace=self._manner.pace)

    async def _fill(self, fillers: Fillers) -> None:
        """Say that the answer is coming, again and again until it comes."""
        wait = fillers.after
        for turn in range(1 << 30):
            await asyncio.sleep(wait)
            text = fillers.texts[turn % len(fillers.texts)]
            pcm = b"".join([pcm async for pcm in self._spoken(text)])
            if self._pieces or self._audio.complete:
                return
            self._audio.append(pcm + breath(text))
            wait = fillers.every


def breath(text: str) -> bytes:
    """Return the silence (`LINE`) that is natural after *text*: voices deliver sentences without any."""
    return bytes(round(BREATH.get(text[-1:], BREATH_AFTER_SENTENCE) * LINE.rate) * LINE.sample_bytes)
