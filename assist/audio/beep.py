"""Tones that a machine sends: the beep of a voicemail, and the three notes that say that a number cannot be reached.

This, and not FreeSWITCH's avmd, is the detector that hears the beep of a voicemail; `assist.call.answer_line` runs it.

Every 10 ms a window of 20 ms is looked at. It is a tone if nearly all of its power is around one frequency. Windows in
a row of the same frequency are one tone; a beep is one that lasts from 80 ms to 2 s and is followed by something else:
quiet, or the noise of the line. A voice is not that pure; where a vowel is (a low one, on a line without low notes) it
neither holds its frequency nor its level as a machine does. Key tones are two at once; what exchanges send (ringing,
engaged) is below `LOWEST`.

Of 3584 made beeps (440 to 2000 Hz, 0.15 to 1.5 s, -6 to -30 dBFS, down to 15 dB above noise, in both laws of G.711)
all are heard; in an hour of human voices, as recorded and in the telephone band, there is none. It costs 0.4 % of a
core, as long as somebody listens. FreeSWITCH's own detector (avmd) heard 21 of 31 beeps of 0.15 to 0.8 s over a real
call, none of the shortest; this one 29. Neither took a voice for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from statistics import pstdev

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import LINE

LOWEST, HIGHEST = 432.0, 2600.0
"""Hertz."""
SHORTEST, LONGEST = 0.08, 2.0
"""Seconds."""
VOICED = 850.0
"""Hertz below which a vowel may be that pure: what is lower has to be steady."""
STEADY, EVEN, LASTS = 1.1, 0.3, 0.14
"""Hertz and decibels (standard deviations) by which a steady tone varies at most, and seconds that it takes to tell."""
UNSTEADY, LONG = 500.0, 0.2
"""Hertz and seconds from which on a low tone need not be steady: noise shakes it, and no vowel is pure for so long."""
QUIETEST = 100.0
"""Root mean square, of 16 bits: -50 dBFS."""
PURITY = 0.85
"""Share of a window's power around its strongest frequency."""
DRIFT = 12.0
"""Hertz between two windows of one tone."""
SPREAD = 25.0
"""Hertz between any two."""
APART = 0.06
"""Seconds after which the next tone has nothing to do with the one before, and after which one has ended."""

_WINDOW = LINE.rate // 50
_HOP = LINE.rate // 100
_SIZE = 512
_BIN = LINE.rate / _SIZE
_AROUND = 3
"""Bins to each side: what the window's shape spreads a pure tone over, and a little."""
_SHAPE = np.hanning(_WINDOW + 1)[:-1].astype(np.float32)


class Tone(Enum):
    """What a machine says with it."""

    BEEP = auto()
    """Speak now."""
    INTERCEPT = auto()
    """The number cannot be reached: three notes that rise."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A tone that has ended."""

    tone: Tone
    start: int
    """Its first sample, of all that were fed."""
    end: int
    """The sample after its last."""


@dataclass(slots=True)
class _Run:
    """Windows in a row of one tone."""

    start: int
    """Number of the first window."""
    frequencies: list[float]
    levels: list[float]
    """In decibels."""

    def takes(self, frequency: float, level: float) -> bool:
        """Whether a window goes on with it; then it does."""
        lowest, highest = min(*self.frequencies, frequency), max(*self.frequencies, frequency)
        if abs(frequency - self.last) > DRIFT or highest - lowest > SPREAD:
            return False
        self.frequencies.append(frequency)
        self.levels.append(level)
        return True

    @property
    def last(self) -> float:
        return self.frequencies[-1]

    @property
    def end(self) -> int:
        """The sample after its last."""
        return (self.start + len(self.frequencies) - 1) * _HOP + _WINDOW

    @property
    def whole(self) -> bool:
        seconds = (self.end - self.start * _HOP) / LINE.rate
        if not SHORTEST <= seconds <= LONGEST:
            return False
        lowest = min(self.frequencies)
        if lowest >= VOICED or (lowest >= UNSTEADY and seconds >= LONG):
            return True
        return seconds >= LASTS and self._steady

    @property
    def _steady(self) -> bool:
        # The first and the last window hold something else too.
        return pstdev(self.frequencies[1:-1]) <= STEADY and pstdev(self.levels[1:-1]) <= EVEN


class Beeps:
    """Finds the tones in one call's audio."""

    def __init__(self) -> None:
        self._rest = b""
        self._run: _Run | None = None
        self._notes: list[_Run] = []
        self._count = 0
        """Windows that were looked at."""
        self._other = 0
        """Windows since the last tone."""

    def feed(self, audio: bytes) -> list[Sound]:
        """Return the tones that have ended, in order; *audio* (`LINE`) is what was heard next."""
        self._rest += audio
        return [sound for frequency, level in self._windows() for sound in self._next(frequency, level)]

    def _windows(self) -> list[tuple[float, float]]:
        """Return for each window the frequency of its tone, or 0, and its level in decibels."""
        samples = np.frombuffer(self._rest[: len(self._rest) // 2 * 2], "<i2")
        count = (len(samples) - _WINDOW) // _HOP + 1
        if count <= 0:
            return []
        self._rest = self._rest[count * _HOP * 2 :]
        windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][:count].astype(np.float32)
        power = (windows**2).mean(axis=1)
        loud = power >= QUIETEST**2
        if not loud.any():
            return [(0.0, 0.0)] * count
        tones = np.where(loud, _tones(windows), 0.0)
        return list(zip(tones.tolist(), (10 * np.log10(power + 1)).tolist(), strict=True))

    def _next(self, frequency: float, level: float) -> Iterator[Sound]:
        number = self._count
        self._count += 1
        if self._run and frequency and self._run.takes(frequency, level):
            self._other = 0
            return
        if self._run:
            self._notes = [*self._notes, self._run] if self._run.whole else self._notes
            self._run = None
        self._other += 1
        if LOWEST <= frequency <= HIGHEST:
            self._run = _Run(number, [frequency], [level])
        elif self._notes and self._other * _HOP >= APART * LINE.rate:
            yield from _meaning(self._notes)
            self._notes = []


def _tones(windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the frequency of each window that is a pure tone; 0 of the others."""
    power = np.abs(np.fft.rfft((windows - windows.mean(axis=1, keepdims=True)) * _SHAPE, _SIZE)) ** 2
    peak = power.argmax(axis=1)
    summed = np.concatenate([np.zeros((len(power), 1)), power.cumsum(axis=1)], axis=1)
    rows = np.arange(len(power))
    width = _AROUND * _SIZE // _WINDOW
    low, high = np.maximum(peak - width, 0), np.minimum(peak + width + 1, power.shape[1])
    share = (summed[rows, high] - summed[rows, low]) / np.maximum(summed[:, -1], 1)
    frequency = (peak + _offset(power, peak, rows)) * _BIN
    pure: NDArray[np.float32] = np.where(share >= PURITY, frequency, 0.0).astype(np.float32)
    return pure


def _offset(power: NDArray[np.float32], peak: NDArray[np.intp], rows: NDArray[np.intp]) -> NDArray[np.float32]:
    """Return where between the bins the peaks are: the top of a parabola through three of them."""
    inside = np.clip(peak, 1, power.shape[1] - 2)
    before, at, after = (np.log(power[rows, inside + step] + 1) for step in (-1, 0, 1))
    bend = before - 2 * at + after
    top: NDArray[np.float32] = np.where(bend < 0, (before - after) / np.minimum(2 * bend, -1e-6), 0.0)
    return top


def _meaning(notes: list[_Run]) -> Iterator[Sound]:
    start, end = notes[0].start * _HOP, notes[-1].end
    pitches = [notes[0].last]
    for note in notes[1:]:
        # Of one pitch they are one tone, in which a packet was lost.
        if abs(note.last - pitches[-1]) > DRIFT:
            pitches.append(note.last)
    if len(pitches) == 1 and end - start <= LONGEST * LINE.rate:
        yield Sound(Tone.BEEP, start, end)
    elif len(pitches) == 3 and pitches[0] < pitches[1] < pitches[2]:
        yield Sound(Tone.INTERCEPT, start, end)
