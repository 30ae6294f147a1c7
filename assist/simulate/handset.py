"""The telephone at the caller's end of a simulated call."""

import asyncio
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

from assist.aio import Stream
from assist.simulate.clock import FRAME_BYTES, SILENCE

KEY_FRAMES = 5
"""How long a key is held: 100 ms."""
GAP_FRAMES = 3
"""Between two keys: 60 ms."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What the telephone sends in a frame."""

    audio: bytes
    key: str = ""
    """That was let go in this frame."""


@dataclass(slots=True)
class _Words:
    audio: bytearray
    said: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Handset:
    """Speaks, presses keys and hears, frame by frame."""

    def __init__(self) -> None:
        self.recorded = bytearray()
        """All that was heard, `LINE`, from the answer on."""
        self._words: deque[_Words] = deque()
        self._keys: deque[str] = deque()
        self._pressed = asyncio.Event()
        self._listeners: list[asyncio.Queue[bytes]] = []
        self.over = asyncio.Event()
        self.cause = ""
        """Why it is over."""

    async def say(self, audio: bytes) -> None:
        """Return when all of *audio* has been sent, or the call is over; cancelled, the rest is not sent."""
        if self.over.is_set() or not audio:
            return
        words = _Words(bytearray(audio))
        self._words.append(words)
        try:
            await words.said
        finally:
            with suppress(ValueError):
                self._words.remove(words)

    async def press(self, digits: str) -> None:
        """Return when those keys have been pressed, one after the other, or the call is over."""
        if self.over.is_set():
            return
        for digit in digits:
            self._keys += [""] * (KEY_FRAMES - 1) + [digit] + [""] * GAP_FRAMES
        self._pressed.clear()
        await self._pressed.wait()

    async def listen(self) -> Stream[bytes]:
        """Yield each frame heard from now on, until the end of the call."""
        heard: asyncio.Queue[bytes] = asyncio.Queue()
        self._listeners.append(heard)
        if self.over.is_set():
            heard.put_nowait(b"")
        try:
            while frame := await heard.get():
                yield frame
        finally:
            self._listeners.remove(heard)

    def send(self) -> Packet:
        """Return the next frame's packet."""
        packet = Packet(self._next_audio(), self._keys.popleft() if self._keys else "")
        if not self._keys:
            self._pressed.set()
        return packet

    def hear(self, frame: bytes) -> None:
        """Take in what is heard in a frame."""
        if self.over.is_set():
            return
        self.recorded += frame
        self._tell(frame)

    def hang_up(self, cause: str) -> None:
        """Send and hear nothing any more."""
        if self.over.is_set():
            return
        self.cause = cause
        self.over.set()
        self._pressed.set()
        self._tell(b"")
        for words in self._words:
            _settle(words.said)

    def _tell(self, frame: bytes) -> None:
        for listener in self._listeners:
            listener.put_nowait(frame)

    def _next_audio(self) -> bytes:
        if not self._words:
            return SILENCE
        words = self._words[0]
        audio = bytes(words.audio[:FRAME_BYTES])
        del words.audio[:FRAME_BYTES]
        if not words.audio:
            self._words.popleft()
            _settle(words.said)
        return audio.ljust(FRAME_BYTES, b"\0")


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
