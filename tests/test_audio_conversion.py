import numpy as np
import pytest

from assist.audio.conversion import ToLine
from assist.audio.formats import LINE, AudioFormat, Encoding
from assist.audio.g711 import encode


def tone(rate: int, seconds: float = 0.5) -> bytes:
    return (9000 * np.sin(2 * np.pi * 440 * np.arange(round(rate * seconds)) / rate)).astype("<i2").tobytes()


def converted(source: AudioFormat, audio: bytes, step: int) -> bytes:
    to_line = ToLine(source)
    pieces = [to_line.feed(audio[start : start + step]) for start in range(0, len(audio), step)]
    return b"".join([*pieces, to_line.flush()])


@pytest.mark.parametrize("step", [1, 7, 320, 1 << 20])
@pytest.mark.parametrize("rate", [8000, 16_000, 24_000])
def test_a_tone_stays_what_it_is_however_it_is_cut(rate: int, step: int) -> None:
    heard = np.frombuffer(converted(AudioFormat(Encoding.PCM, rate), tone(rate), step), "<i2").astype(float)
    wanted = np.frombuffer(tone(LINE.rate), "<i2").astype(float)
    common = min(len(heard), len(wanted))
    assert abs(len(heard) - len(wanted)) <= LINE.rate // 100
    assert np.abs(heard[80 : common - 80] - wanted[80 : common - 80]).max() < 400


@pytest.mark.parametrize("encoding", [Encoding.PCMU, Encoding.PCMA])
def test_g711_is_decoded(encoding: Encoding) -> None:
    audio = converted(AudioFormat(encoding, 8000), encode(tone(8000), encoding), 33)
    error = np.frombuffer(audio, "<i2").astype(float) - np.frombuffer(tone(8000), "<i2")
    assert np.abs(error).max() < 400


def test_half_a_sample_at_the_end_is_dropped() -> None:
    assert converted(LINE, tone(8000) + b"\1", 64) == tone(8000)
