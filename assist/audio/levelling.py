"""Speech that is all equally loud, whoever spoke it, without the silence around it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import LINE

Samples: TypeAlias = NDArray[np.float32]

LEVEL = 32768 * 10 ** (-20 / 20)
"""RMS of the speech: -20 dB of full scale."""
PEAK = 32768 * 0.9
HISS = 100
"""RMS of a frame of an engine's silence is less."""
FRAME = LINE.rate // 100
AUDIBLE = 10 ** (-40 / 20)
"""RMS of a 10 ms frame, of the loudest one's: below, nothing is being said."""
EDGE = 2


def levelled(sound: Samples, edge: int = EDGE) -> Samples:
    """Return the speech in *sound* (`LINE`) without the silence around it, as loud as `LEVEL`. Both in 16-bit steps.

    *edge* frames are kept before the first and after the last audible one: the soft ends of words.
    """
    frames = sound[: len(sound) // FRAME * FRAME].reshape(-1, FRAME)
    loudness = np.sqrt(np.square(frames).mean(axis=1))
    audible = np.flatnonzero(loudness > max(AUDIBLE * loudness.max(initial=0), HISS))
    if not len(audible):
        return sound[:0]
    first, last = max(audible[0] - edge, 0), audible[-1] + edge + 1
    speech = frames[first:last].ravel()
    gain = min(LEVEL / np.sqrt(np.square(loudness[audible]).mean()), PEAK / np.abs(speech).max())
    return np.asarray(np.rint(speech * np.float32(gain)), np.float32)
