"""The tones of machines among voices and the tones of exchanges."""

import numpy as np
import pytest
from numpy.typing import NDArray

from assist.audio.beep import Beeps, Tone
from assist.audio.formats import Encoding
from assist.audio.g711 import decode, encode
from tests.line_audio import frames, on_a_line, pcm, silent, telephone
from tests.recordings import recordings

Samples = NDArray[np.float64]


def tone(hertz: float, seconds: float, dbfs: float = -20.0) -> Samples:
    time = np.arange(round(seconds * 8000)) / 8000
    wave: Samples = 32768 * 2**0.5 * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz * time)
    return wave


def heard(*parts: Samples, noise: float = 2.0, size: int = 320) -> list[Tone]:
    """Return the tones found in *parts* on a line, fed in pieces of so many bytes."""
    beeps = Beeps()
    audio = on_a_line(pcm(np.concatenate(parts)), before=0.3, after=0.3, noise=noise)
    return [found.tone for piece in frames(audio, size) for found in beeps.feed(piece)]


@pytest.mark.parametrize("hertz", [900, 950, 1000, 1150, 1400, 1750, 2000, 2400])
@pytest.mark.parametrize("seconds", [0.1, 0.25, 0.6, 1.5])
@pytest.mark.parametrize("dbfs", [-10, -25, -38])
def test_a_beep_of_any_pitch_length_and_level_is_heard_once(hertz: float, seconds: float, dbfs: float) -> None:
    assert heard(tone(hertz, seconds, dbfs)) == [Tone.BEEP]


@pytest.mark.parametrize("hertz", [440, 450, 520, 640, 800])
def test_a_low_beep_has_to_last(hertz: float) -> None:
    assert heard(tone(hertz, 0.1)) == []
    assert heard(tone(hertz, 0.15)) == heard(tone(hertz, 0.25)) == heard(tone(hertz, 1.0)) == [Tone.BEEP]


def test_a_low_tone_that_wavers_as_a_vowel_does_is_no_beep() -> None:
    time = np.arange(1600) / 8000
    wavers = 4000 * np.sin(2 * np.pi * (470 * time + 0.4 * np.sin(2 * np.pi * 6 * time)))
    swells = tone(470, 0.18) * np.linspace(0.5, 1.0, 1440)
    assert heard(wavers) == heard(swells) == []


@pytest.mark.parametrize("law", [Encoding.PCMA, Encoding.PCMU])
@pytest.mark.parametrize("dbfs", [-6, -18, -30])
@pytest.mark.parametrize("hertz", [440, 500, 700, 1000, 1400, 2000])
def test_beeps_of_voicemails_are_heard_over_line_noise_in_both_laws(hertz: float, dbfs: float, law: Encoding) -> None:
    random = np.random.default_rng(3)
    for seconds in (0.15, 0.4, 1.0, 1.5):
        sound = np.concatenate([silent(0.3), tone(hertz, seconds, dbfs), silent(0.3)])
        noise = random.normal(0, 32768 * 10 ** ((dbfs - 20) / 20), len(sound))
        (found,) = Beeps().feed(decode(encode(pcm(sound + noise), law), law))
        assert found.tone is Tone.BEEP
        assert (found.start / 8000, found.end / 8000) == pytest.approx((0.3, 0.3 + seconds), abs=0.03)


def test_a_beep_is_heard_through_noise() -> None:
    level = 32768 * 10 ** (-20 / 20)
    assert heard(tone(1000, 0.4), noise=level * 10 ** (-12 / 20)) == [Tone.BEEP]


@pytest.mark.parametrize("hertz", [480, 700, 1000, 1400])
@pytest.mark.parametrize("lost", [0.02, 0.04])
@pytest.mark.parametrize("at", [0.06, 0.2, 0.34])
def test_a_beep_of_which_a_packet_is_lost_is_heard(hertz: float, lost: float, at: float) -> None:
    sound = tone(hertz, 0.4)
    sound[round(at * 8000) : round((at + lost) * 8000)] = 0.0
    assert set(heard(sound)) == {Tone.BEEP}


@pytest.mark.parametrize("size", [2, 160, 322, 3200, 1 << 20])
def test_it_does_not_matter_how_the_audio_comes_in_pieces(size: int) -> None:
    assert heard(tone(1000, 0.3), silent(0.4), tone(1400, 0.2), size=size) == [Tone.BEEP, Tone.BEEP]


def test_a_beep_right_after_a_voice_is_heard() -> None:
    voice = np.frombuffer(telephone(recordings("es")[0].audio), "<i2").astype(np.float64)
    assert heard(voice, tone(1000, 0.3)) == [Tone.BEEP]


@pytest.mark.parametrize("language", ["es", "en"])
def test_no_voice_is_taken_for_a_beep(language: str) -> None:
    spoken = [np.frombuffer(telephone(said.audio), "<i2").astype(np.float64) for said in recordings(language)]
    false = heard(*spoken)
    print(f"{language}: {len(false)} false beeps in {sum(map(len, spoken)) / 8000:.0f} s of voices")
    assert false == []


def test_keys_are_no_beeps() -> None:
    rows, columns = (697, 770, 852, 941), (1209, 1336, 1477, 1633)
    keys = [(tone(row, 0.2, -13) + tone(column, 0.2, -11), silent(0.1)) for row in rows for column in columns]
    assert heard(*(part for key in keys for part in key)) == []


@pytest.mark.parametrize(
    "sound",
    [tone(425, 1.5), tone(440, 1.0) + tone(480, 1.0), tone(480, 0.5) + tone(620, 0.5), tone(425, 0.2)],
    ids=["ringing in Spain", "ringing in the USA", "engaged in the USA", "engaged in Spain"],
)
def test_what_exchanges_send_is_no_beep(sound: Samples) -> None:
    assert heard(sound, silent(0.3), sound) == []


def test_three_notes_that_rise_say_that_the_number_cannot_be_reached() -> None:
    assert heard(tone(950, 0.33), tone(1400, 0.33), tone(1800, 0.33)) == [Tone.INTERCEPT]


@pytest.mark.parametrize(
    "sound", [tone(1000, 0.05), tone(1000, 2.5), tone(2100, 3.0), tone(3000, 0.4), tone(1000, 0.4, dbfs=-58)]
)
def test_what_is_too_short_too_long_too_high_or_too_quiet_is_none(sound: Samples) -> None:
    assert heard(sound) == []


def test_a_beep_is_known_soon_after_its_end() -> None:
    beeps = Beeps()
    audio = on_a_line(pcm(tone(1000, 0.4)), before=0.5, after=0.5)
    known = next(number for number, piece in enumerate(frames(audio)) if beeps.feed(piece))
    assert (known + 1) * 0.02 - 0.9 <= 0.1


def test_a_chirp_and_noise_are_no_beeps() -> None:
    time = np.arange(4000) / 8000
    chirp = 6000 * np.sin(2 * np.pi * (600 * time + 1500 * time**2))
    noise = np.random.default_rng(2).normal(0, 3000, 8000)
    assert heard(chirp, silent(0.2), noise) == []
