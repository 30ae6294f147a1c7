"""The caller's voice."""

import numpy as np
import pytest

from assist.audio.formats import LINE
from assist.audio.level import dbfs
from assist.demo.voice import DEEPER, LEVEL_DBFS, caller_voice
from tests.service import BEEP, Beeps


async def test_it_is_deeper_and_slower_than_the_assistants_and_as_loud_as_on_a_telephone() -> None:
    audio = await caller_voice(Beeps(), "es")("cinco palabras de un tono")
    assert len(audio) == pytest.approx(5 * len(BEEP) / DEEPER, rel=0.01)
    assert dbfs(audio) == pytest.approx(LEVEL_DBFS, abs=0.1)
    spectrum = np.abs(np.fft.rfft(np.frombuffer(audio, "<i2")))
    assert spectrum.argmax() * LINE.rate / (len(audio) // 2) == pytest.approx(440 * DEEPER, abs=5)
