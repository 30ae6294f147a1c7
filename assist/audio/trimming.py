"""The silence around speech, cut off while it comes."""

import numpy as np

from assist.audio.formats import LINE
from assist.audio.level import loud

FRAME = LINE.rate // 100 * LINE.sample_bytes
"""Bytes of 10 ms."""
AUDIBLE = -46.0
"""dBFS that one sample of a frame reaches if anything is said in it; voices leave a faint hiss around their words."""
EDGE = 3
"""Frames kept before the first and after the last audible one: the soft ends of words."""


class Trim:
    """Takes `LINE` audio of one sentence in pieces, and returns it without the silence before and after."""

    def __init__(self) -> None:
        self._rest = b""
        """Less than a frame."""
        self._held = b""
        """Silence that is dropped unless something is said after it."""
        self._begun = False

    def feed(self, pcm: bytes) -> bytes:
        """Return what surely belongs to the sentence once *pcm* has followed."""
        audio = self._rest + pcm
        whole = len(audio) // FRAME * FRAME
        self._rest = audio[whole:]
        return b"".join(self._frame(audio[at : at + FRAME]) for at in range(0, whole, FRAME))

    def flush(self) -> bytes:
        """Return the soft end of the last word."""
        spoken = self._frame(self._rest)
        return spoken + (self._held[: EDGE * FRAME] if self._begun else b"")

    def _frame(self, frame: bytes) -> bytes:
        if not len(loud(np.frombuffer(frame, "<i2"), AUDIBLE)):
            self._held += frame
            return b""
        before = self._held if self._begun else self._held[-EDGE * FRAME :]
        self._held = b""
        self._begun = True
        return before + frame
