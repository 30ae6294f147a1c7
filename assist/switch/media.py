"""The audio of all calls of a process, moved by one loop.

An ear is a recording that grows and a voice is a pipe that empties; neither tells when, so both are looked at, on a
beat that all share, and each says when it is worth it again. A task or a timer for each call would cost more than the
audio itself: most of what a call costs is waking up, with cold caches.
"""

import asyncio
import logging
import math
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from assist.switch.directory import MediaDirectory

logger = logging.getLogger(__name__)

BEAT = 0.012
"""Seconds: audio that is urgent waits for half as long, on average. FreeSWITCH writes every 20 ms."""

TOGETHER = 5
"""Beats. Whoever rests for as long is looked at on a multiple of it, with all others that do."""

CROWD = 24
"""Parts on one beat from which on waking up once more costs less than keeping the others waiting."""


class Part(Protocol):
    """An ear or a voice of one call."""

    @property
    def call(self) -> str:
        """Whose it is."""
        ...

    def tick(self, now: float) -> float | None:
        """Move what there is to move and return when there may be more, if ever. Both are the event loop's time."""
        ...

    def fail(self) -> None:
        """Take notice that `tick` raised and will not be called again."""
        ...


class Media:
    """The directory and the loop: ``async with Media(directory) as media``. Raises `MediaLost`."""

    def __init__(self, directory: Path, beat: float = BEAT) -> None:
        self.directory = MediaDirectory(directory)
        self._beat = beat
        self._loop = asyncio.get_running_loop()
        self._parts: dict[Part, int] = {}
        """Each with the number of the beat on which it is looked at next."""
        self._beats: dict[int, list[Part]] = {}
        """Who is to be looked at, if nothing else was said since."""
        self._next: asyncio.TimerHandle | None = None
        self._next_beat = 0

    async def __aenter__(self) -> Self:
        self.directory.make()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._parts.clear()
        self._beats.clear()
        if self._next:
            self._next.cancel()

    def add(self, part: Part) -> None:
        """Look at *part* on the next beat, and from then on whenever there may be something to move."""
        self._expect(part, int(self._loop.time() / self._beat) + 1)
        self._arm()

    def hasten(self, part: Part) -> None:
        """Look at *part* on the next beat, if it is looked at at all: there may be something sooner than it said."""
        if part in self._parts:
            self.add(part)

    def remove(self, part: Part) -> None:
        """Look at it no more."""
        self._parts.pop(part, None)

    def _expect(self, part: Part, beat: int) -> None:
        self._parts[part] = beat
        self._beats.setdefault(beat, []).append(part)

    def _arm(self) -> None:
        """Wake up when the next part is due."""
        first = min(self._beats, default=0)
        if self._next:
            if self._next_beat == first:
                return
            self._next.cancel()
        self._next_beat = first
        # A timer and no task that sleeps: a third of the event loop's work for a beat.
        self._next = self._loop.call_at(first * self._beat, self._run) if first else None

    def _run(self) -> None:
        self._next = None
        now = self._loop.time()
        reached = max(int(now / self._beat), self._next_beat)
        for beat in sorted(number for number in self._beats if number <= reached):
            for part in self._beats.pop(beat):
                if self._parts.get(part) == beat:
                    self._look(part, now, reached)
        self._arm()

    def _look(self, part: Part, now: float, reached: int) -> None:
        try:
            due = part.tick(now)
        except Exception:
            # One call's audio must not stop that of the others.
            logger.exception("call %s: its audio fails", part.call)
            self.remove(part)
            part.fail()
            return
        if due is None:
            self.remove(part)
        elif part in self._parts:
            beat = math.ceil(due / self._beat)
            if beat - reached >= TOGETHER:
                beat = self._beat_of_most(beat)
            self._expect(part, max(beat, reached + 1))

    def _beat_of_most(self, latest: int) -> int:
        """Return the last beat up to *latest* on which all are looked at who rest long; any near it if that is full."""
        common = latest - latest % TOGETHER
        if self._crowd(common) < CROWD:
            return common
        return min(range(latest - TOGETHER + 1, latest + 1), key=self._crowd)

    def _crowd(self, beat: int) -> int:
        return len(self._beats.get(beat, ()))
