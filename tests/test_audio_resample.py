from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from assist.audio.resample import Resampler, resample

RATES = [(24000, 8000), (22050, 8000), (16000, 8000), (8000, 16000), (44100, 8000), (8000, 24000)]


def tone(frequency: float, rate: int, seconds: float = 0.5) -> bytes:
    sound = np.sin(np.arange(round(rate * seconds)) * 2 * np.pi * frequency / rate) * 10_000
    return sound.round().astype("<i2").tobytes()


def streamed(pcm: bytes, from_rate: int, to_rate: int, piece: int) -> bytes:
    resampler = Resampler(from_rate, to_rate)
    parts = [resampler.feed(pcm[start : start + piece * 2]) for start in range(0, len(pcm), piece * 2)]
    return b"".join([*parts, resampler.flush()])


def samples(pcm: bytes) -> NDArray[np.float64]:
    return np.frombuffer(pcm, "<i2").astype(np.float64)


def level(pcm: bytes) -> float:
    """In dB, the first and last 20 ms aside."""
    sound = samples(pcm)[320:-320]
    return float(10 * np.log10((sound**2).mean() + 1e-9))


@given(
    rates=st.sampled_from(RATES),
    cuts=st.lists(st.integers(0, 700), max_size=8),
    seed=st.integers(0, 99),
)
def test_where_the_audio_is_cut_makes_no_difference(rates: tuple[int, int], cuts: list[int], seed: int) -> None:
    pcm = np.random.default_rng(seed).integers(-20_000, 20_000, 700).astype("<i2").tobytes()
    resampler = Resampler(*rates)
    borders = [0, *sorted(cuts), 700]
    parts = [resampler.feed(pcm[a * 2 : b * 2]) for a, b in pairwise(borders)]
    assert b"".join([*parts, resampler.flush()]) == streamed(pcm, *rates, piece=700)


@pytest.mark.parametrize("rates", RATES)
def test_a_tone_comes_through_in_its_place_and_at_its_level(rates: tuple[int, int]) -> None:
    heard = samples(streamed(tone(1000, rates[0]), *rates, piece=441))
    wanted = samples(tone(1000, rates[1]))
    assert abs(len(heard) - len(wanted)) <= 1
    assert np.abs(heard[100 : len(wanted) - 100] - wanted[100:-100]).max() < 60


@pytest.mark.parametrize("rate", [16000, 24000, 22050])
def test_what_the_line_cannot_carry_does_not_come_back_as_another_tone(rate: int) -> None:
    assert level(streamed(tone(5500, rate), rate, 8000, piece=480)) < level(tone(5500, rate)) - 55
    assert level(resample(tone(5500, rate), rate, 8000)) < level(tone(5500, rate)) - 55


def test_a_live_voice_is_late_by_little_more_than_a_millisecond() -> None:
    heard = len(Resampler(24000, 8000).feed(tone(400, 24000))) // 2
    assert 4000 - heard <= 11


def test_a_whole_sentence_keeps_its_length() -> None:
    assert len(resample(tone(400, 16000), 16000, 8000)) == 8000
    assert resample(b"ab", 8000, 8000) == b"ab"
