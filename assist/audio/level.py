"""How loud a sound is."""

import numpy as np
from numpy.typing import NDArray

SILENCE_DBFS = -120.0


def dbfs(pcm: bytes) -> float:
    """Return the level of 16-bit *pcm* in dB relative to a full-scale square wave; -120 for digital silence."""
    if not pcm:
        return SILENCE_DBFS
    samples = np.frombuffer(pcm, "<i2").astype(np.float32)
    mean_square = float(np.mean(samples * samples))
    return max(10 * np.log10(mean_square / 32768**2), SILENCE_DBFS) if mean_square else SILENCE_DBFS


def loud(samples: NDArray[np.int16], threshold_dbfs: float) -> NDArray[np.intp]:
    """Return the positions of the samples louder than *threshold_dbfs*, in order."""
    return np.flatnonzero(np.abs(samples.astype(np.int32)) > 32768 * 10 ** (threshold_dbfs / 20))
