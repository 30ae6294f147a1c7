"""Fakes that fulfil the contracts and keep a diary."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import aclosing

from assist.aio import Stream
from assist.audio.formats import LINE
from assist.call.channel import Direction, Line, Listener, TransferOutcome
from assist.errors import HungUp, ProviderError, StoreError
from assist.llm import Dialog, Part
from assist.stt import Pause, Transcript

WORD = LINE.rate // 10
"""Samples of a word as `FakeVoice` speaks: a tenth of a second."""

FOREVER = 1 << 60


class FakeVoice:
    """Speaks each word for a tenth of a second."""

    def __init__(self, *, fails: bool = False) -> None:
        self.diary: list[str] = []
        self.manners: list[tuple[str, float]] = []
        self.fails = fails

    async def synthesize(self, text: str, language: str, *, pace: float = 1.0) -> Stream[bytes]:
        if self.fails:
            raise ProviderError("fake voice", "down", temporary=True)
        self.diary.append(text)
        self.manners.append((language, pace))
        for _ in text.split():
            yield b"\1\0" * WORD


class FakeBrain:
    """Answers each question with the next of its replies; keeps the dialogs it was asked with."""

    def __init__(self, *replies: Iterable[Part] | ProviderError, gate: asyncio.Event | None = None) -> None:
        self._replies = list(replies)
        self._gate = gate
        self.asked: list[list[str]] = []

    async def reply(self, dialog: Dialog) -> Stream[Part]:
        self.asked.append([message.text for message in dialog.messages])
        reply = self._replies.pop(0)
        if self._gate:
            await self._gate.wait()
        if isinstance(reply, ProviderError):
            raise reply
        for part in reply:
            yield part


class FakeStt:
    """Understands each utterance as the next of its texts; the empty one is a noise, where an error is, it fails.

    One that begins with ``en:`` is in English, with ``xx:`` in a language nobody speaks. One that ends with a full
    stop is taken to be complete as soon as the caller pauses.
    """

    def __init__(self, *texts: str | ProviderError) -> None:
        self.texts = list(texts)
        self.expected: list[tuple[str, ...]] = []

    async def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        async with aclosing(speech) as pieces:
            async for piece in pieces:
                text = self.texts[0]
                if piece is Pause.BEGAN and isinstance(text, str) and text.endswith("."):
                    yield Transcript(text, final=False, turn_over=True)
        self.expected.append(languages)
        understood = self.texts.pop(0)
        if isinstance(understood, ProviderError):
            raise understood
        language, _, text = understood.rpartition(":")
        yield Transcript(text, (text,) if text else (), language)


class FakeMemory:
    """Keeps what was saved, or is down."""

    def __init__(self, *, down: bool = False) -> None:
        self.saved: list[bytes] = []
        self.down = down

    async def save_session(self, call_id: str, session: bytes) -> None:
        if self.down:
            raise StoreError("Redis: ConnectionError")
        self.saved.append(session)


class FakeChannel:
    """A line whose caller hears everything at once, or only so much of each playback."""

    def __init__(
        self,
        *hears: int,
        transfers: Iterable[TransferOutcome] = (),
        direction: Direction = Direction.INBOUND,
    ) -> None:
        """*hears*: samples after which the first, second, … playback goes no further until it is cancelled."""
        self._direction = direction
        self._hears = list(hears)
        self._transfers = list(transfers)
        self._cause: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.diary: list[str] = []
        self.played: list[int] = []
        self.stuck = asyncio.Event()
        self.listener: Listener | None = None
        self.forgotten = 0
        self.since = -1
        self.on_play: Callable[[int], None] | None = None
        self._heard = 0

    @property
    def line(self) -> Line:
        return Line("call-1", self._direction, "", "", "100", "test")

    @property
    def heard(self) -> int:
        return self._heard

    async def answer(self) -> None:
        self.diary.append("answer")

    async def listen(self, listener: Listener, since: int = 0) -> None:
        self.listener = listener
        self.since = since

    def forget(self, before: int) -> None:
        self.forgotten = before

    async def play(self, audio: Stream[bytes]) -> None:
        if self._cause.done():
            raise HungUp(self._cause.result())
        limit = self._hears.pop(0) if self._hears else FOREVER
        self._heard = 0
        self.played.append(0)
        if self.on_play:
            self.on_play(len(self.played))
        async with aclosing(audio) as pieces:
            async for piece in pieces:
                self._heard = min(self._heard + len(piece) // LINE.sample_bytes, limit)
                self.played[-1] = self._heard
                if self._heard == limit:
                    self.stuck.set()
                    await asyncio.Event().wait()

    async def transfer(self, destination: str) -> TransferOutcome:
        self.diary.append(f"transfer {destination}")
        return self._transfers.pop(0)

    async def hang_up(self, cause: str = "NORMAL_CLEARING") -> None:
        self.diary.append("hang up")
        self.end(cause)

    async def hung_up(self) -> str:
        return await asyncio.shield(self._cause)

    def end(self, cause: str) -> None:
        """The call is over."""
        if not self._cause.done():
            self._cause.set_result(cause)
