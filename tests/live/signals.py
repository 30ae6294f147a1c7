"""Sounds to send and to find again."""

import numpy as np
from numpy.typing import NDArray

from assist.aio import Stream

Samples = NDArray[np.int16]

LOUD = 300
"""-40 dBFS."""


def tone(seconds: float, hertz: float = 440.0, amplitude: int = 8000) -> bytes:
    time = np.arange(round(seconds * 8000)) / 8000
    return (amplitude * np.sin(2 * np.pi * hertz * time)).astype("<i2").tobytes()


async def stream(pcm: bytes, piece: int = 3200) -> Stream[bytes]:
    """*pcm* at once, as a provider sends it."""
    for start in range(0, len(pcm), piece):
        yield pcm[start : start + piece]


def runs(samples: Samples, gap: int = 160) -> list[tuple[int, int]]:
    """Where it is louder than `LOUD`: starts and ends, pauses shorter than *gap* ignored."""
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD)
    if not len(loud):
        return []
    cuts = np.flatnonzero(np.diff(loud) > gap)
    starts = [loud[0], *loud[cuts + 1]]
    ends = [*loud[cuts], loud[-1]]
    return [(int(start), int(end) + 1) for start, end in zip(starts, ends, strict=True)]


def signal_to_noise(samples: Samples, hertz: float = 440.0) -> float:
    """Of a tone of that frequency, in dB."""
    time = np.arange(len(samples)) / 8000
    waves = np.stack([np.sin(2 * np.pi * hertz * time), np.cos(2 * np.pi * hertz * time)], axis=1)
    parts, *_ = np.linalg.lstsq(waves, samples.astype(float), rcond=None)
    signal = waves @ parts
    return float(10 * np.log10(np.sum(signal**2) / np.sum((samples - signal) ** 2)))
