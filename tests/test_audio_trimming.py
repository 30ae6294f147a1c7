import numpy as np
import pytest

from assist.audio.formats import LINE
from assist.audio.trimming import EDGE, FRAME, Trim

SILENCE = bytes(FRAME * 40)
WORD = (3000 * np.sin(np.arange(LINE.rate // 5))).astype("<i2").tobytes()
HISS = np.random.default_rng(1).integers(-60, 60, LINE.rate // 4).astype("<i2").tobytes()


def trimmed(audio: bytes, step: int = 1 << 20) -> bytes:
    trim = Trim()
    return b"".join(trim.feed(audio[at : at + step]) for at in range(0, len(audio), step)) + trim.flush()


@pytest.mark.parametrize("step", [2, 38, 160, 1 << 20])
@pytest.mark.parametrize("around", [SILENCE, HISS, b""])
def test_only_the_soft_edges_of_the_words_are_left_of_the_silence_around_them(around: bytes, step: int) -> None:
    audio = trimmed(around + WORD + around, step)
    assert WORD in audio
    assert len(audio) - len(WORD) <= 2 * (EDGE + 1) * FRAME


def test_a_pause_between_words_stays() -> None:
    assert trimmed(WORD + SILENCE + WORD) == WORD + SILENCE + WORD


def test_what_is_said_is_passed_on_before_the_sentence_ends() -> None:
    assert Trim().feed(SILENCE + WORD).endswith(WORD)


@pytest.mark.parametrize("audio", [b"", SILENCE, HISS])
def test_of_silence_nothing_is_left(audio: bytes) -> None:
    assert trimmed(audio) == b""
