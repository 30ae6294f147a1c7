"""What a telephone line makes of a recording."""

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import Encoding
from assist.audio.g711 import decode, encode

FRAME = 320
"""Bytes of 20 ms."""


def samples(audio: bytes) -> NDArray[np.float64]:
    return np.frombuffer(audio, "<i2").astype(np.float64)


def pcm(sound: NDArray[np.float64]) -> bytes:
    return np.clip(np.rint(sound), -32768, 32767).astype("<i2").tobytes()


def telephone(audio: bytes, dbfs: float = -23.0) -> bytes:
    """Return *audio* in the telephone band, its speech at that level."""
    sound = samples(audio)
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / 8000)
    spectrum[(frequency < 300) | (frequency > 3400)] = 0
    banded = np.fft.irfft(spectrum, len(sound))
    active = banded[np.abs(banded) > 0.02 * np.abs(banded).max()]
    return pcm(banded * 32768 * 10 ** (dbfs / 20) / np.sqrt((active**2).mean()))


def on_a_line(audio: bytes, *, before: float = 2.0, after: float = 1.5, noise: float = 2.0, seed: int = 1) -> bytes:
    """Return *audio* with so many seconds around it, line noise of that amplitude, through mu-law."""
    around = np.concatenate([silent(before), samples(audio), silent(after)])
    noisy = around + np.random.default_rng(seed).normal(0, noise, len(around))
    return decode(encode(pcm(noisy), Encoding.PCMU), Encoding.PCMU)


def silent(seconds: float) -> NDArray[np.float64]:
    return np.zeros(round(seconds * 8000))


def loudness(audio: bytes, size: int) -> NDArray[np.float64]:
    """Return the root mean square of each whole run of so many samples."""
    sound = samples(audio)
    whole = len(sound) // size * size
    level: NDArray[np.float64] = np.sqrt((sound[:whole].reshape(-1, size) ** 2).mean(axis=1))
    return level


def frames(audio: bytes, size: int = FRAME) -> list[bytes]:
    return [audio[start : start + size] for start in range(0, len(audio), size)]
