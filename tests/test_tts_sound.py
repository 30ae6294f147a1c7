"""What a service sends as speech, made ready for the line."""

import pytest

from assist.audio.formats import LINE, AudioFormat, Encoding
from assist.audio.resample import resample
from assist.errors import ProviderError
from assist.tts.sound import Sound
from tests.providers.speaker import AROUND, BEEP


def heard(audio: bytes, step: int, source: AudioFormat = LINE) -> bytes:
    sound = Sound("somebody", source)
    return b"".join(sound.feed(audio[at : at + step]) for at in range(0, len(audio), step)) + sound.flush()


@pytest.mark.parametrize("step", [1, 333, 1 << 20])
def test_wherever_it_is_cut_the_silence_around_the_words_goes(step: int) -> None:
    speech = heard(AROUND + BEEP + AROUND, step)
    assert BEEP in speech
    assert len(speech) - len(BEEP) < len(AROUND) // 5


def test_it_comes_in_the_format_of_the_line() -> None:
    sent = resample(AROUND + 4 * BEEP + AROUND, LINE.rate, 24_000)
    speech = heard(sent, 333, AudioFormat(Encoding.PCM, 24_000))
    assert len(speech) == pytest.approx(len(4 * BEEP), rel=0.1)


@pytest.mark.parametrize("audio", [b"", AROUND, b"\0"])
def test_silence_is_no_answer(audio: bytes) -> None:
    with pytest.raises(ProviderError, match="somebody: the answer is silence") as error:
        heard(audio, 333)
    assert error.value.temporary


@pytest.mark.parametrize("content_type", ["audio/pcm", "audio/pcm;rate=8000", "application/octet-stream"])
def test_audio_is_taken(content_type: str) -> None:
    Sound("somebody", LINE).announce(content_type)


@pytest.mark.parametrize("content_type", ["text/html", "application/json", ""])
def test_anything_else_is_not(content_type: str) -> None:
    with pytest.raises(ProviderError, match="somebody: the answer is no audio"):
        Sound("somebody", LINE).announce(content_type)
