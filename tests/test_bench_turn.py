import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
from click.testing import CliRunner

from assist.audio.level import dbfs
from assist.bench.caller import PATIENCE, Caller
from assist.bench.engines import IDEAL
from assist.bench.speech import FRAME, cut_off, recordings
from assist.bench.turn import spread, turn_time
from assist.errors import ConfigurationError
from tests.recordings import DATA

ROOM = [bytes(FRAME)]
WORD = b"\1\0" * (FRAME // 2)


def caller(questions: int) -> Caller:
    return Caller([WORD * 3] * questions, ROOM, Random(1))


def frames(someone: Caller, now: float, until: bytes) -> int:
    """Let time pass up to the first frame like that, and return how many went before."""
    for number in range(1000):
        frame = someone.next_frame()
        someone.sent(now)
        if frame == until:
            return number
    raise AssertionError("it never came")


def ask(someone: Caller, now: float) -> None:
    """Let the caller say a whole question, which ends at *now*."""
    frames(someone, now, WORD)
    for _ in range(2):
        someone.next_frame()
        someone.sent(now)


def test_an_answer_is_timed_from_the_last_frame_of_its_question() -> None:
    someone = caller(1)
    someone.hears(0.0)
    someone.heard()
    ask(someone, 10.0)
    someone.hears(10.97)
    assert someone.answers.waits == [pytest.approx(0.97)]
    assert not someone.over
    someone.heard()
    assert someone.over
    assert (someone.answers.missed, someone.answers.uncalled_for) == (0, 0)


def test_a_question_without_an_answer_is_missed() -> None:
    someone = caller(2)
    someone.hears(0.0)
    someone.heard()
    ask(someone, 10.0)
    for _ in range(PATIENCE + 1):
        assert not someone.over
        someone.next_frame()
        someone.sent(11.0)
    assert someone.over
    assert someone.answers.missed == 2


def test_an_answer_to_half_a_question_is_uncalled_for_and_the_right_one_still_counts() -> None:
    someone = caller(1)
    someone.hears(0.0)
    someone.heard()
    frames(someone, 9.0, WORD)
    someone.hears(9.5)
    someone.heard()
    ask(someone, 10.0)
    someone.hears(11.0)
    assert someone.answers.uncalled_for == 1
    assert someone.answers.waits == [pytest.approx(1.0)]


def test_callers_of_one_seed_do_the_same() -> None:
    assert [frames(each, 0.0, WORD) for each in (greeted(), greeted())] == [frames(greeted(), 0.0, WORD)] * 2


def greeted() -> Caller:
    someone = caller(1)
    someone.hears(0.0)
    someone.heard()
    return someone


def test_questions_end_in_the_middle_of_a_vowel() -> None:
    questions = [question for audio in recordings(DATA / "es") if (question := cut_off(audio))]
    assert len(questions) >= 5
    for question in questions:
        assert len(question) % FRAME == 0
        assert 0.8 <= len(question) / 16000 <= 2.0
        assert dbfs(question[-FRAME:]) > dbfs(question) - 6


def test_silence_holds_no_question() -> None:
    assert cut_off(bytes(FRAME * 200)) == b""


def test_a_spread_is_in_milliseconds() -> None:
    found = spread(np.arange(101) / 1000)
    assert found
    assert (found.p50, found.p95, found.max) == (50.0, 95.0, 100.0)
    assert spread(np.array([])) is None


@pytest.mark.slow
@pytest.mark.flaky(reruns=1)
def test_every_turn_of_real_calls_is_answered_and_told_as_json() -> None:
    options = ["--calls", "2", "--turns", "1", "--recordings", str(DATA / "es"), "--json"]
    printed = CliRunner().invoke(turn_time, options)
    assert printed.exit_code == 0, printed.output
    result = json.loads(printed.output)
    assert (result["calls"], result["turns"], result["answered"]) == (2, 2, 2)
    assert (result["missed"], result["uncalled_for"]) == (0, 0)
    assert result["ideal_ms"] == pytest.approx(970) == pytest.approx(IDEAL * 1000)
    for times in (result["turn_ms"], result["overhead_ms"]):
        assert times["p50"] <= times["p95"] <= times["max"]
    assert result["turn_ms"]["p50"] > 900
    assert result["cost"]["cpu_percent"] > 0
    assert result["machine"].keys() == {"cores", "model", "python"}


def test_no_recordings_is_told_with_the_mend(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="apt-get install"):
        list(recordings(tmp_path))
