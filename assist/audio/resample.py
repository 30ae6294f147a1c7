"""From one sample rate to another, in 16-bit samples."""

import math

import numpy as np
import soxr
from numpy.typing import NDArray

_REACH = 0.0013
"""Seconds that an output sample looks ahead and back: a voice heard live is late by no more than that."""
_KAISER_BETA = 6.0
"""63 dB down beyond the transition, which at this reach is 1.4 kHz wide."""


def resample(pcm: bytes, from_rate: int, to_rate: int) -> bytes:
    """Return all of *pcm* at another rate, in the best quality: for what is there as a whole."""
    if from_rate == to_rate:
        return pcm
    sound: NDArray[np.int16] = soxr.resample(np.frombuffer(pcm, "<i2"), from_rate, to_rate, quality="HQ")
    return sound.tobytes()


class Resampler:
    """Brings audio that comes in pieces to another rate: where it is cut cannot be heard, nor is it shifted."""

    def __init__(self, from_rate: int, to_rate: int) -> None:
        common = math.gcd(from_rate, to_rate)
        self._up = to_rate // common
        self._down = from_rate // common
        self._reach = math.ceil(_REACH * from_rate)
        self._filters = _filters(self._up, self._reach, cutoff=min(1.0, to_rate / from_rate))
        self._input = np.zeros(self._reach - 1, np.float32)
        self._at = 0
        """Where the next output sample lies in `_input`, after those to look back at, in `_up`-ths of a sample."""

    def feed(self, pcm: bytes) -> bytes:
        """Return what is known of the output once *pcm*, whole samples, has followed."""
        self._input = np.concatenate([self._input, np.frombuffer(pcm, "<i2").astype(np.float32)])
        known = len(self._input) - 2 * self._reach + 1
        if known <= 0 or self._at >= known * self._up:
            return b""
        points = np.arange(self._at, known * self._up, self._down)
        windows = np.lib.stride_tricks.sliding_window_view(self._input, 2 * self._reach)[points // self._up]
        sound = np.einsum("ij,ij->i", windows, self._filters[points % self._up])
        following = int(points[-1]) + self._down
        consumed = min(following // self._up, known)
        self._input = self._input[consumed:]
        self._at = following - consumed * self._up
        whole: NDArray[np.int16] = np.clip(np.rint(sound), -32768, 32767).astype("<i2")
        return whole.tobytes()

    def flush(self) -> bytes:
        """Return the end of the output, as if silence followed."""
        return self.feed(bytes(2 * self._reach))


def _filters(up: int, reach: int, cutoff: float) -> NDArray[np.float32]:
    """Return for each of *up* places between two input samples the weights of the 2 * *reach* around it.

    *cutoff* is in parts of the input's Nyquist frequency.
    """
    place = np.arange(up)[:, None] / up
    distance = place - np.arange(1 - reach, reach + 1)
    window = np.i0(_KAISER_BETA * np.sqrt(np.maximum(0.0, 1 - (distance / reach) ** 2)))
    weights = np.sinc(distance * cutoff) * window
    scaled: NDArray[np.float32] = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return scaled
