"""The caller's voice: another than the assistant's, on the telephone."""

from collections.abc import Awaitable, Callable

import numpy as np

from assist.audio.formats import LINE
from assist.audio.level import dbfs
from assist.audio.resample import resample
from assist.tts import TextToSpeech

DEEPER = 0.92
"""How much deeper, and slower, than the assistant's."""
LEVEL_DBFS = -23.0


def caller_voice(tts: TextToSpeech, language: str) -> Callable[[str], Awaitable[bytes]]:
    """Return what makes `LINE` audio of a text."""

    async def say(text: str) -> bytes:
        pieces = [piece async for piece in tts.synthesize(text, language)]
        pcm = resample(b"".join(pieces), round(LINE.rate * DEEPER), LINE.rate)
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) * 10 ** ((LEVEL_DBFS - dbfs(pcm)) / 20)
        return samples.clip(-32768, 32767).astype("<i2").tobytes()

    return say
