"""What a beep means, by who spoke when."""

import pytest

from assist.call.answer_events import Beeped
from assist.call.answer_timeline import Timeline


def spoken(*voices: tuple[float, float]) -> Timeline:
    """Return one in which voices began at a time, each for so many seconds."""
    timeline = Timeline()
    for number, (start, seconds) in enumerate(voices):
        timeline.began(number, start)
        timeline.spoke(number, seconds)
    return timeline


@pytest.mark.parametrize(
    ("voices", "listens"),
    [
        ([(0.5, 3.0)], True),
        ([(0.5, 0.6), (1.5, 0.6)], True),
        ([(0.5, 0.6)], False),
        ([], False),
        ([(0.5, 5.5)], True),
        ([(0.5, 3.0), (4.9, 0.5)], True),
        ([(0.5, 3.0), (6.0, 0.5)], False),
        ([(4.2, 3.0)], False),
    ],
    ids=[
        "a sentence before",
        "short words that add up",
        "a short word",
        "nobody",
        "a voice that is taken to go on over it",
        "the beep taken for a voice",
        "somebody speaks after it",
        "nearly all of it after the beep began",
    ],
)
def test_a_beep_is_a_voicemails_after_enough_voice_and_if_nobody_speaks_then(
    voices: list[tuple[float, float]], listens: bool
) -> None:
    timeline = spoken(*voices)
    timeline.beeped(Beeped(5.0, 5.5))
    assert timeline.listens_after_words is listens


def test_a_voice_that_has_not_paused_tells_nothing_yet() -> None:
    timeline = Timeline()
    timeline.began(0, 0.5)
    timeline.beeped(Beeped(5.0, 5.5))
    assert (timeline.listens, timeline.listens_after_words) == (True, False)
    timeline.spoke(0, 4.2)
    assert timeline.listens_after_words


def test_nobody_listens_without_a_beep() -> None:
    timeline = spoken((0.5, 3.0))
    assert not timeline.listens
    assert timeline.longest == 3.0
