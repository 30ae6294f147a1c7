"""What goes into a voice's pipe and when, and how much of it was played: no pipe, no clock.

FreeSWITCH's playback takes whatever lies in the pipe into a buffer of its own whenever one frame or
less is left there, and plays from it in time. So a portion is put into the pipe only when the last
was taken: then the pipe and the buffer hold at most two of them, a break loses nothing that cannot be
named, and each portion is one ``read()``, which is what makes FreeSWITCH's count of played samples
exact: it counts the frame that it plays right after a ``read()`` by half.
"""

from dataclasses import dataclass

from assist.audio.formats import LINE

PORTION = LINE.rate // 2
"""At most, in samples: a worker may stall for as long unheard, and what a dead one was saying goes on for twice that.

FreeSWITCH reads up to 32,768 at once, and a pipe holds 65,536.
"""

LOW = LINE.rate // 10
"""Samples that shall always be queued: a playback that waits for bytes hears no digits."""

FILLING = LINE.rate // 25
"""Samples of silence put in at a time, so that what was waited for comes no more than this late."""


@dataclass(frozen=True, slots=True)
class Portion:
    """One write into the pipe, in samples, which are bytes in either law."""

    given: int
    """Of the reply's audio."""
    total: int
    """With the silence after it: whole frames."""


class Pacing:
    """Decides for one playback."""

    def __init__(self, frame: int) -> None:
        self.rests_until = 0.0
        """Seconds: before that FreeSWITCH still has the portion before, or enough of the one that it has just taken."""
        self._frame = frame
        self._portions: list[Portion] = []
        self._dry = 0.0

    def next(self, now: float, unread: int, available: int, ended: bool) -> Portion | None:
        """Return what to put into the pipe at *now* (seconds), or None for nothing.

        *unread* samples lie in the pipe, *available* more could be written, and *ended* says that no
        others will come.
        """
        if unread:
            return None
        starving = not ended and (self._dry - now) * LINE.rate < LOW
        portion = self._portion(available, ended, starving)
        if portion:
            self._portions.append(portion)
            frame = self._frame / LINE.rate
            taken = max(self._dry, now)
            self._dry = taken + portion.total / LINE.rate
            self.rests_until = max(taken - 2 * frame, min(taken + frame, self._dry - LOW / LINE.rate))
        return portion

    def _portion(self, available: int, ended: bool, starving: bool) -> Portion | None:
        if whole := self._frames(min(available, PORTION)):
            return Portion(whole, whole)
        if available and ended:
            return Portion(available, self._frame)
        if starving and self._portions:
            return Portion(available, max(self._frame, self._frames(FILLING)))
        return None

    def _frames(self, samples: int) -> int:
        return samples // self._frame * self._frame

    def played(self, counted: int) -> int:
        """Return how many samples of the reply had been played when FreeSWITCH had *counted* so many samples."""
        return self._given(self._frames_played(counted) * self._frame)

    def _frames_played(self, counted: int) -> int:
        reads = iter(self._portions)
        count = frames = buffered = 0
        while count < counted:
            portion = next(reads, None) if buffered <= 1 else None
            if portion is None and buffered == 0:
                break
            buffered += (portion.total // self._frame if portion else 0) - 1
            count += self._frame // 2 if portion else self._frame
            frames += 1
        return frames

    def _given(self, played: int) -> int:
        given = 0
        for portion in self._portions:
            given += min(portion.given, played)
            played -= portion.total
            if played <= 0:
                break
        return given
