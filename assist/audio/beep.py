"""Tones that a machine sends: the beep of a voicemail, and the three notes that say that a number cannot be reached.

Every 10 ms a window of 20 ms is looked at. It is a tone if nearly all of its power is around one frequency. Windows in
a row of the same frequency are one tone; a beep is one that lasts from 80 ms to 2 s and is followed by something else:
quiet, or the noise of the line. A voice holds no frequency that still, and is not that pure; key tones are two at once;
what exchanges send (ringing, engaged) is below `LOWEST`.

Of 2106 made beeps (550 to 2450 Hz, 0.1 to 1.8 s, -12 to -38 dBFS, down to 12 dB above noise, through A-law) those
above `VOICED` and those that last are all heard; in an hour of human voices, as recorded and in the telephone band,
there is none. It costs 0.3 % of a core, as long as somebody listens. FreeSWITCH's own detector (avmd) heard 21 of 31
beeps of 0.15 to 0.8 s over a real call, none of the shortest; this one 29. Neither took a voice for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import LINE

LOWEST, HIGHEST = 500.0, 2600.0
"""Hertz."""
SHORTEST, LONGEST = 0.08, 2.0
"""Seconds."""
VOICED, SHORTEST_VOICED = 850.0, 0.2
"""Hertz below which a vowel may be that pure, on a line without low notes, and seconds for which it is not."""
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


@dataclass(slots=True)
class _Run:
    """Windows in a row of one tone."""

    lowest: float
    highest: float
    last: float
    count: int = 1

    def takes(self, frequency: float) -> bool:
        """Whether *frequency* goes on with it; then it does."""
        lowest, highest = min(self.lowest, frequency), max(self.highest, frequency)
        if abs(frequency - self.last) > DRIFT or highest - lowest > SPREAD:
            return False
        self.lowest, self.highest, self.last = lowest, highest, frequency
        self.count += 1
        return True

    @property
    def seconds(self) -> float:
        return ((self.count - 1) * _HOP + _WINDOW) / LINE.rate

    @property
    def whole(self) -> bool:
        return (SHORTEST if self.lowest >= VOICED else SHORTEST_VOICED) <= self.seconds <= LONGEST


class Beeps:
    """Finds the tones in one call's audio."""

    def __init__(self) -> None:
        self._rest = b""
        self._run: _Run | None = None
        self._notes: list[_Run] = []
        self._other = 0
        """Windows since the last tone."""

    def feed(self, audio: bytes) -> list[Tone]:
        """Return the tones that have ended, in order; *audio* (`LINE`) is what was heard next."""
        self._rest += audio
        return [tone for frequency in self._frequencies() for tone in self._next(frequency)]

    def _frequencies(self) -> list[float]:
        """Return for each window the frequency of its tone, or 0."""
        samples = np.frombuffer(self._rest[: len(self._rest) // 2 * 2], "<i2")
        count = (len(samples) - _WINDOW) // _HOP + 1
        if count <= 0:
            return []
        self._rest = self._rest[count * _HOP * 2 :]
        windows = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::_HOP][:count].astype(np.float32)
        loud = np.sqrt((windows**2).mean(axis=1)) >= QUIETEST
        if not loud.any():
            return [0.0] * count
        return [float(tone) for tone in np.where(loud, _tones(windows), 0.0)]

    def _next(self, frequency: float) -> Iterator[Tone]:
        if self._run and frequency and self._run.takes(frequency):
            self._other = 0
            return
        if self._run:
            self._notes = [*self._notes, self._run] if self._run.whole else self._notes
            self._run = None
        self._other += 1
        if LOWEST <= frequency <= HIGHEST:
            self._run = _Run(frequency, frequency, frequency)
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


def _meaning(notes: list[_Run]) -> Iterator[Tone]:
    if len(notes) == 1:
        yield Tone.BEEP
    elif len(notes) == 3 and notes[0].last + DRIFT < notes[1].last < notes[2].last - DRIFT:
        yield Tone.INTERCEPT
