"""Speech for the line that is all equally loud, whoever spoke it, without the silence around it."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from assist.audio.formats import LINE
from assist.audio.resample import resample

Samples: TypeAlias = NDArray[np.float32]

LEVEL = 32768 * 10 ** (-20 / 20)
"""RMS of the speech: -20 dB of full scale."""
PEAK = 32768 * 0.9
HISS = 100
"""RMS of a frame of an engine's silence is less."""
FRAMES = 100
"""A second."""
AUDIBLE = 10 ** (-40 / 20)
"""RMS of a frame, of the loudest one's: below, nothing is being said."""
EDGE = 2


def levelled(pcm: bytes, rate: int, edge: int = EDGE) -> bytes:
    """Return the speech in *pcm*, 16 bits at *rate*, as `LINE` audio: no silence around it, as loud as `LEVEL`.

    *edge* frames are kept before the first and after the last audible one: the soft ends of words. A line carries
    little of an s: where the words begin is decided at the engine's own rate, lest the first lose it; where they end,
    on the line, where nobody waits for what is not heard.
    """
    begun = pcm[_first_audible(pcm, rate, edge) * (rate // FRAMES) * 2 :]
    speech = np.frombuffer(resample(begun, rate, LINE.rate), "<i2").astype(np.float32)
    loudness = _loudness(speech, LINE.rate)
    audible = np.flatnonzero(loudness > max(AUDIBLE * loudness.max(initial=0), HISS))
    if not len(audible):
        return b""
    speech = speech[: (audible[-1] + edge + 1) * (LINE.rate // FRAMES)]
    gain = min(LEVEL / np.sqrt(np.square(loudness[audible]).mean()), PEAK / np.abs(speech).max())
    loud_enough: NDArray[np.int16] = np.rint(speech * np.float32(gain)).astype("<i2")
    return loud_enough.tobytes()


def _first_audible(pcm: bytes, rate: int, edge: int) -> int:
    """Return the frame with which the words begin."""
    loudness = _loudness(np.frombuffer(pcm, "<i2").astype(np.float32), rate)
    audible = np.flatnonzero(loudness > max(AUDIBLE * loudness.max(initial=0), HISS))
    return max(int(audible[0]) - edge, 0) if len(audible) else 0


def _loudness(sound: Samples, rate: int) -> Samples:
    """Return the RMS of each frame."""
    frame = rate // FRAMES
    frames = sound[: len(sound) // frame * frame].reshape(-1, frame)
    return np.asarray(np.sqrt(np.square(frames).mean(axis=1)), np.float32)
