"""Whole conversations, spoken through a telephone line, written down by Whisper and answered by the embedded brain."""

import pytest

from assist.stt.whisper import Whisper
from tests.laboratory import Spoken, conversations, laboratory

pytestmark = pytest.mark.models

BRIEF = [script for script in conversations() if script.get("brief")]


async def test_callers_get_the_answers_of_a_good_receptionist(whisper: Whisper) -> None:
    turns: list[Spoken] = []
    async with laboratory(whisper) as lab:
        for script in BRIEF:
            held = await lab.hold(script)
            assert held[-1].right, script["about"]
            turns += held
    at_once = [turn for turn in turns if not turn.again]
    missed = [(turn.said, turn.heard, turn.answer) for turn in at_once if not turn.right]
    assert len(at_once) >= 40
    assert len(missed) <= 0.05 * len(at_once), missed
