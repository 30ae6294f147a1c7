"""Who speaks for a local service in a test: beeps that can be counted, or the embedded voice."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import numpy as np
import pytest

from assist.audio.formats import LINE
from tests.providers import Speak

BEEP = (8000 * np.sin(np.arange(LINE.rate // 4) * 0.35)).astype("<i2").tobytes()
GAP = bytes(LINE.rate // 20 * LINE.sample_bytes)
AROUND = bytes(LINE.rate // 2 * LINE.sample_bytes)


async def beeps(text: str) -> bytes:
    """Speak each word for a quarter of a second, half a second of silence around them. See `tests.providers.Speak`."""
    return AROUND + GAP.join(BEEP for _ in text.split()) + AROUND


@asynccontextmanager
async def pico_speaking(language: str) -> AsyncIterator[Speak]:
    """Lend the embedded voice, for a service that is to speak *language*. Skips where it is not installed."""
    pico = pytest.importorskip("assist.tts.pico", exc_type=ModuleNotFoundError).Pico()
    await pico.load()

    async def speak(text: str) -> bytes:
        async with aclosing(pico.synthesize(text, language)) as speech:
            return AROUND + b"".join([piece async for piece in speech]) + AROUND

    try:
        yield speak
    finally:
        await pico.close()
