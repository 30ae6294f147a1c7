"""What is to be said: audio that comes in at a provider's pace and goes out at the line's."""

import asyncio
from contextlib import aclosing

from assist.aio import Stream
from assist.audio.formats import LINE

AHEAD = 4 * LINE.rate
"""Samples that may wait to be played: what comes later may be interrupted before it is heard."""


class Script:
    """The audio of one `play`, `LINE`, as far as it is there and not certainly heard."""

    def __init__(self) -> None:
        self._audio = bytearray()
        self._start = 0
        self._taken = 0
        self._came = asyncio.Event()
        self._room = asyncio.Event()
        self.ended = False
        """No more will come."""

    @property
    def end(self) -> int:
        """Samples that came so far."""
        return self._start + len(self._audio) // LINE.sample_bytes

    def add(self, audio: bytes) -> None:
        """Take in *audio*."""
        self._audio += audio
        self._came.set()

    async def fill(self, audio: Stream[bytes]) -> None:
        """Take in all of *audio*, as fast as it is played, and close it."""
        try:
            async with aclosing(audio):
                async for piece in audio:
                    self.add(piece)
                    while self.end - self._taken > AHEAD:
                        self._room.clear()
                        await self._room.wait()
        finally:
            self.ended = True
            self._came.set()

    async def more(self, after: int) -> bool:
        """Wait for audio *after* that sample, or for the end; return whether there is some."""
        while self.end <= after and not self.ended:
            self._came.clear()
            await self._came.wait()
        return self.end > after

    def take(self, start: int, samples: int) -> bytes:
        """Return *samples* from sample *start* on."""
        self._taken = start + samples
        self._room.set()
        offset = (start - self._start) * LINE.sample_bytes
        return bytes(self._audio[offset : offset + samples * LINE.sample_bytes])

    def forget(self, before: int) -> None:
        """Drop what comes before that sample."""
        if before > self._start:
            del self._audio[: (before - self._start) * LINE.sample_bytes]
            self._start = before
