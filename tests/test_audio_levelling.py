"""Speech that is equally loud, whoever spoke it."""

import numpy as np
import pytest

from assist.audio.formats import LINE
from assist.audio.levelling import LEVEL, PEAK, Samples
from assist.audio.levelling import levelled as levelled_bytes

RATE = 16_000


def levelled(sound: Samples) -> Samples:
    spoken = levelled_bytes(np.rint(sound).astype("<i2").tobytes(), RATE)
    return np.frombuffer(spoken, "<i2").astype(np.float32)


def tone(seconds: float, peak: float) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return (peak * np.sin(2 * np.pi * 400 * time)).astype(np.float32)


def silence(seconds: float, hiss: float = 0) -> Samples:
    noise = np.random.default_rng(1).normal(0, 1, round(seconds * RATE))
    return (hiss * noise).astype(np.float32)


@pytest.mark.parametrize("peak", [300, 3000, 30_000])
def test_speech_is_brought_to_one_level(peak: float) -> None:
    speech = levelled(tone(1, peak))
    assert np.sqrt(np.square(speech).mean()) == pytest.approx(LEVEL, rel=0.02)


def test_silence_and_hiss_around_speech_are_cut_off_and_a_pause_stays() -> None:
    sound = np.concatenate([silence(0.5, 30), tone(1, 5000), silence(0.3), tone(1, 5000), silence(0.9, 30)])
    assert len(levelled(sound)) / LINE.rate == pytest.approx(2.3, abs=0.05)


def test_what_would_clip_stays_softer() -> None:
    sound = tone(1, 500)
    sound[8000:8016] = 20_000
    assert np.abs(levelled(sound)).max() == pytest.approx(PEAK, rel=0.25)


@pytest.mark.parametrize("seconds", [0, 0.001, 1])
def test_no_speech_is_nothing(seconds: float) -> None:
    assert len(levelled(silence(seconds, 20))) == 0


def test_a_word_does_not_lose_the_s_it_begins_with() -> None:
    """What a line of 8 kHz hardly carries is still the beginning of the word."""
    hiss = np.random.default_rng(2).normal(0, 1500, RATE // 8)
    spectrum = np.fft.rfft(hiss)
    spectrum[: len(spectrum) * 5 // 8] = 0
    sibilant = np.fft.irfft(spectrum, len(hiss)).astype(np.float32)
    sound = np.concatenate([silence(0.5, 20), sibilant, tone(0.5, 5000), silence(0.5, 20)])
    assert len(levelled(sound)) / LINE.rate == pytest.approx(0.665, abs=0.02)
