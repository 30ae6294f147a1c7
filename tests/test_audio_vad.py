from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assist.audio.vad import WINDOW, Vad
from assist.errors import ConfigurationError
from tests.line_audio import FRAME, frames, loudness, on_a_line, pcm, silent, telephone
from tests.recordings import recording, recordings


@pytest.fixture(scope="module")
def vad() -> Vad:
    return Vad()


def judged(vad: Vad, audio: bytes, piece: int = FRAME) -> list[float]:
    """Return the probabilities of all of *audio*, heard in pieces of so many bytes."""
    row = vad.open()
    found: list[float] = []
    for frame in frames(audio, piece):
        vad.feed(row, frame)
        while vad.ready:
            found += vad.step()[row]
    vad.close(row)
    return found


@pytest.mark.parametrize("dbfs", [-23.0, -40.0])
def test_nearly_every_window_of_human_speech_is_found_and_little_else(vad: Vad, dbfs: float) -> None:
    spoken = found = silent_windows = wrong = 0
    for said in [*recordings("es"), *recordings("en")]:
        audio = on_a_line(telephone(said.audio, dbfs))
        level = loudness(on_a_line(telephone(said.audio, dbfs), noise=0), WINDOW)
        voice = np.array(judged(vad, audio)) > 0.5
        speech = level > np.percentile(level, 95) * 10 ** (-25 / 20)
        silence = level < np.percentile(level, 95) * 10 ** (-45 / 20)
        spoken += speech.sum()
        found += (voice & speech).sum()
        silent_windows += silence.sum()
        wrong += (voice & silence).sum()
    assert found / spoken >= 0.95
    assert wrong / silent_windows <= 0.02


def test_many_calls_at_once_are_judged_as_each_alone(vad: Vad) -> None:
    heard = [on_a_line(said.audio, before=0.1 * number) for number, said in enumerate(recordings("es"))]
    alone = [judged(vad, audio) for audio in heard]
    together = Vad()
    rows = [together.open() for _ in heard]
    found: dict[int, list[float]] = {row: [] for row in rows}
    for start in range(0, max(map(len, heard)), FRAME):
        for row, audio in zip(rows, heard, strict=True):
            together.feed(row, audio[start : start + FRAME])
        while together.ready:
            for row, probabilities in together.step().items():
                found[row] += probabilities
    for row, probabilities in zip(rows, alone, strict=True):
        assert found[row] == pytest.approx(probabilities, abs=1e-3)


def test_how_the_audio_is_cut_makes_no_difference(vad: Vad) -> None:
    audio = on_a_line(recording("es", "vm-sorry").audio)
    assert judged(vad, audio, 14) == pytest.approx(judged(vad, audio, len(audio)), abs=1e-6)


def test_silence_costs_no_run_of_the_model(vad: Vad) -> None:
    row = vad.open()
    vad.feed(row, on_a_line(b""))
    quiet = vad.sift()
    waiting = vad.waiting()
    vad.close(row)
    assert waiting == {}
    assert quiet == {row: 28000 // WINDOW}


def test_steady_noise_soon_costs_none_either(vad: Vad) -> None:
    hiss = pcm(np.random.default_rng(3).normal(0, 200, 8000 * 6))
    assert not any(judged(vad, hiss)[-60:])


def test_a_click_or_hiss_or_hum_is_no_voice(vad: Vad) -> None:
    click = silent(2)
    click[8000:8160] = np.random.default_rng(2).normal(0, 9000, 160)
    hum = np.sin(np.arange(32000) * 2 * np.pi * 50 / 8000) * 400
    hiss = np.random.default_rng(3).normal(0, 300, 32000)
    for sound in (click, hum, hiss):
        assert np.mean(np.array(judged(vad, pcm(sound))) > 0.5) < 0.02


def test_a_call_that_ends_while_it_is_judged_leaves_nothing_to_the_next(vad: Vad) -> None:
    audio = on_a_line(recording("es", "vm-sorry").audio, before=0)
    expected = judged(vad, audio)
    calls = Vad()
    gone = calls.open()
    calls.feed(gone, audio[8000:10000])
    calls.sift()
    with ThreadPoolExecutor(1) as thread:
        batch = calls.take()
        judging = thread.submit(batch.judge)
        calls.close(gone)
        newcomers = [calls.open() for _ in range(20)]
        calls.put(batch, judging.result())
    newcomers.append(calls.open())
    for row in newcomers:
        calls.close(row)
    assert gone in newcomers
    assert judged(calls, audio) == pytest.approx(expected, abs=1e-6)


def test_a_model_that_is_not_the_model_is_refused_by_name(tmp_path: Path) -> None:
    damaged = tmp_path / "silero.onnx"
    damaged.write_bytes(b"no model")
    with pytest.raises(ConfigurationError, match=r"silero\.onnx.*pip install"):
        Vad(damaged)


def test_a_missing_model_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.onnx.*No such file"):
        Vad(tmp_path / "nowhere.onnx")
