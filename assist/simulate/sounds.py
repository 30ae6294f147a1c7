"""What a simulated playback plays: pipes and files in the line's codec, samples, WAV, tones, silence."""

import math
import os
import re
import select
import wave
from pathlib import Path
from typing import Protocol

import numpy as np

from assist.audio.formats import LINE, Encoding
from assist.audio.resample import resample
from assist.simulate.clock import FRAME_BYTES, SILENCE

READ_BYTES = 1 << 15
"""That FreeSWITCH's playback asks for at once."""
LONGEST = 3600
"""Seconds of a sound that has no end."""

_NATIVE = frozenset({f".{Encoding.PCMU}", f".{Encoding.PCMA}"})
_RAW = frozenset({".r8", ".raw"})
_TONE = re.compile(r"tone_stream://%\((?P<on>\d+),(?P<off>\d+),(?P<hertz>[\d.]+).*?\)(?:;loops=(?P<loops>-?\d+))?")
_SILENCE = re.compile(r"silence_stream://(?P<on>-?\d+).*")


class Sound(Protocol):
    """An open file."""

    @property
    def native(self) -> bool:
        """It holds the line's codec, or claims to; else samples, `LINE`."""
        ...

    def is_open(self) -> bool:
        """Return whether FreeSWITCH would have got it open: a pipe without a writer keeps it waiting."""
        ...

    def read(self) -> bytes | None:
        """Return what comes next, nothing at the end, `None` while FreeSWITCH would wait for it."""
        ...

    def close(self) -> None: ...


class NativeFile:
    """A pipe or a file that claims by its name to be in the line's codec."""

    native = True

    def __init__(self, path: Path) -> None:
        """Raises `OSError`."""
        self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        self._events = select.poll()
        self._events.register(self._descriptor, select.POLLIN)
        self._first = b""

    def is_open(self) -> bool:
        # Both an empty pipe with a writer and one without have no event; only the first refuses to be read.
        if self._events.poll(0):
            return True
        try:
            self._first = os.read(self._descriptor, READ_BYTES)
            return self._first != b""
        except BlockingIOError:
            return True

    def read(self) -> bytes | None:
        if first := self._first:
            self._first = b""
            return first
        try:
            return os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return None

    def close(self) -> None:
        os.close(self._descriptor)


class Samples:
    """Audio that is all there."""

    native = False

    def __init__(self, audio: bytes, loops: int = 1) -> None:
        self._audio = audio
        self._left = len(audio) * loops
        self._position = 0

    def is_open(self) -> bool:
        return True

    def read(self) -> bytes | None:
        size = min(READ_BYTES, len(self._audio) - self._position, self._left)
        data = self._audio[self._position : self._position + size]
        self._position = (self._position + size) % max(len(self._audio), 1)
        self._left -= size
        return data

    def close(self) -> None:
        """There is nothing to close."""


class Frames:
    """A sound that is no file, frame by frame, then silence."""

    def __init__(self, name: str) -> None:
        self._sound = open_sound(name)
        self._audio = b""

    def next(self) -> bytes:
        if len(self._audio) < FRAME_BYTES:
            self._audio += self._sound.read() or SILENCE
        frame, self._audio = self._audio[:FRAME_BYTES], self._audio[FRAME_BYTES:]
        return frame


def open_sound(name: str) -> Sound:
    """Return what ``playback`` plays under that name. Raises `OSError` if there is nothing."""
    if silence := _SILENCE.fullmatch(name):
        milliseconds = int(silence["on"])
        return Samples(_tone(milliseconds, 0)) if milliseconds > 0 else Samples(_tone(1000, 0), LONGEST)
    if tone := _TONE.fullmatch(name):
        loops = int(tone["loops"] or 1)
        return Samples(_tone(int(tone["on"]), float(tone["hertz"])) + _tone(int(tone["off"]), 0), _endless(loops))
    path = Path(name)
    if path.suffix in _NATIVE:
        return NativeFile(path)
    return Samples(path.read_bytes() if path.suffix in _RAW else read_wave(path))


def read_wave(path: Path) -> bytes:
    """Return the first channel of a 16-bit WAV file, as `LINE`. Raises `OSError`."""
    try:
        with wave.open(str(path)) as file:
            samples = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, file.getnchannels())
            return resample(samples[:, 0].tobytes(), file.getframerate(), LINE.rate)
    except (wave.Error, EOFError, ValueError) as error:
        raise OSError(f"{path}: {error}") from error


def _tone(milliseconds: int, hertz: float) -> bytes:
    samples = milliseconds * LINE.rate // 1000
    if not hertz:
        return bytes(samples * LINE.sample_bytes)
    wave_ = 8000 * np.sin(2 * math.pi * hertz * np.arange(samples) / LINE.rate)
    return wave_.astype("<i2").tobytes()


def _endless(loops: int) -> int:
    return loops if loops > 0 else LONGEST
