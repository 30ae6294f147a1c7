"""What is measured in a stereo recording, on audio of which the answer is known."""

import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from assist.demo.measure import Recording, interruption_times, is_complete, read_stereo, response_times, utterances

RATE = 8000
LOUD, SOFT, IDLE = 8000, 100, 8
"""-12 and -50 dBFS, and the silence of PCMA."""


def sound(*spans: tuple[float, float, int], seconds: float = 10.0) -> NDArray[np.int16]:
    """Silence but for *spans*: from, to, how loud."""
    samples = np.full(round(seconds * RATE), IDLE, np.int16)
    for start, end, level in spans:
        span = samples[round(start * RATE) : round(end * RATE)]
        span[:] = np.where(np.arange(len(span)) % 2, level, -level)
    return samples


def recording(caller: NDArray[np.int16], assistant: NDArray[np.int16]) -> Recording:
    return Recording(RATE, caller, assistant)


def test_an_interruption_lasts_from_the_callers_first_sample_to_the_assistants_last() -> None:
    both = recording(sound((3, 4.5, LOUD)), sound((1, 3.12, LOUD)))
    assert interruption_times(both) == pytest.approx([0.12])


def test_an_assistant_that_fades_is_not_silent_yet() -> None:
    both = recording(sound((3, 4.5, LOUD)), sound((1, 3.05, LOUD), (3.05, 3.2, SOFT)))
    assert interruption_times(both) == pytest.approx([0.2])


def test_an_assistant_that_goes_on_after_a_breath_was_not_silent() -> None:
    both = recording(sound((3, 4.5, LOUD)), sound((1, 3.1, LOUD), (3.4, 4, LOUD)))
    assert interruption_times(both) == pytest.approx([1.0])


def test_a_reply_that_comes_afterwards_is_another() -> None:
    both = recording(sound((3, 4, LOUD)), sound((1, 3.1, LOUD), (5, 6, LOUD)))
    assert interruption_times(both) == pytest.approx([0.1])


def test_neither_a_click_nor_a_hiss_interrupts() -> None:
    both = recording(sound((3, 3.03, LOUD), (5, 6, SOFT)), sound((1, 7, LOUD)))
    assert interruption_times(both) == []


def test_who_speaks_in_a_silence_interrupts_nobody() -> None:
    both = recording(sound((3, 4, LOUD)), sound((1, 2.5, LOUD), (5, 6, LOUD)))
    assert interruption_times(both) == []


def test_a_response_takes_from_the_callers_last_sound_to_the_assistants_first() -> None:
    both = recording(sound((3, 4, LOUD), (7, 8, LOUD)), sound((1, 2, LOUD), (4.8, 6, LOUD), (9, 9.5, LOUD)))
    assert response_times(both) == pytest.approx([0.8, 1.0])


def test_who_goes_on_before_an_answer_gets_one_response() -> None:
    both = recording(sound((1, 2, LOUD), (2.8, 4, LOUD)), sound((5, 6, LOUD)))
    assert response_times(both) == pytest.approx([1.0])


def test_pauses_belong_to_an_utterance_and_longer_ones_do_not() -> None:
    found = utterances(sound((1, 2, LOUD), (2.4, 3, LOUD), (3.6, 4, LOUD)), RATE)
    assert [(span.start, span.end) for span in found] == [(1.0, 3.0), (3.6, 4.0)]


def test_silence_holds_no_utterance() -> None:
    assert utterances(sound(), RATE) == []


def test_the_frame_that_freeswitch_does_not_clear_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    caller, assistant = sound((1, 2, LOUD), seconds=3), sound((2.9, 3, LOUD), seconds=3)
    write(path, np.stack([caller, assistant], axis=1).tobytes(), channels=2)
    both = read_stereo(path)
    assert both.rate == RATE
    assert len(both.caller) == len(both.assistant) == 3 * RATE - 160
    assert np.array_equal(both.caller, caller[:-160])


def test_a_recording_of_one_side_is_none(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    write(path, sound().tobytes(), channels=1)
    with pytest.raises(ValueError, match="not a 16-bit stereo recording"):
        read_stereo(path)


def test_a_recording_is_complete_once_it_is_closed_and_not_before(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    with path.open("wb", buffering=0) as file, wave.open(file, "wb") as growing:
        growing.setparams((2, 2, RATE, 0, "NONE", ""))
        for _ in range(3):
            growing.writeframesraw(bytes(640))
        assert not is_complete(path), "its header still tells of the first frame alone"
    assert is_complete(path)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"RIFF\x24\0\0\0" + bytes(36)])
def test_a_file_without_sound_is_no_complete_recording(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    assert not is_complete(path)


def write(path: Path, data: bytes, channels: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(data)
