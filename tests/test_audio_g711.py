import numpy as np
import pytest

from assist.audio.formats import Encoding
from assist.audio.g711 import decode, encode, silence

LAWS = [Encoding.PCMU, Encoding.PCMA]


@pytest.mark.parametrize("law", LAWS)
def test_speech_survives_a_law_with_35_db_to_spare(law: Encoding) -> None:
    tone = np.sin(np.arange(8000) * 2 * np.pi * 440 / 8000) * 10_000
    coded = encode(tone.astype("<i2").tobytes(), law)
    heard = np.frombuffer(decode(coded, law), "<i2").astype(float)
    assert len(coded) == 8000
    assert 10 * np.log10((tone**2).mean() / ((heard - tone) ** 2).mean()) > 35


@pytest.mark.parametrize("law", LAWS)
def test_every_code_of_a_law_comes_back_as_the_same_sound(law: Encoding) -> None:
    codes = bytes(range(256))
    assert decode(encode(decode(codes, law), law), law) == decode(codes, law)


@pytest.mark.parametrize(("law", "code"), [(Encoding.PCMU, 0xFF), (Encoding.PCMA, 0xD5)])
def test_silence_is_the_code_of_the_law_and_cannot_be_heard(law: Encoding, code: int) -> None:
    assert silence(law, 160) == bytes([code]) * 160
    assert np.abs(np.frombuffer(decode(silence(law, 160), law), "<i2")).max() <= 8


def test_pcm_passes_unchanged() -> None:
    pcm = bytes(range(200))
    assert decode(encode(pcm, Encoding.PCM), Encoding.PCM) == pcm
    assert silence(Encoding.PCM, 3) == bytes(6)
