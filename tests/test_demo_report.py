"""The verdict on a demo call: whatever is not as the script wants it is told."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from assist.call.events import Turn
from assist.demo.report import Report
from assist.demo.run import SCRIPT
from assist.demo.script import read_script

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=ZoneInfo("Europe/Madrid"))
SCENE = read_script(SCRIPT).on(NOW)
TURN = Turn("¿Horario?", "De nueve a seis.", False, 612, 10, 20, 8, 650)
READ_BACK = "Le repito. Una cita el martes primero de diciembre, a las cuatro y media de la tarde. ¿Es correcto?"

GOOD = Report(
    line="simulated",
    turns=[*[TURN] * 5, replace(TURN, interrupted=True)],
    slots=dict(SCENE.slots),
    hangup_cause="NORMAL_CLEARING",
    recording="call.wav",
    first_audio_s=[0.7, 0.8, 2.0],
    interruption_s=[0.1],
    took_over=[],
    far_end_heard=["Soy un asistente.", READ_BACK],
)


def test_a_call_by_the_script_has_no_problems() -> None:
    assert GOOD.problems(SCENE, NOW) == []


def test_how_a_name_is_spelled_cannot_be_heard() -> None:
    slots = {**SCENE.slots, "name": "carmen Garcia"}
    assert replace(GOOD, slots=slots).problems(SCENE, NOW) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"slots": {**SCENE.slots, "date": "2026-12-02"}}, "slot date: '2026-12-02' was understood, not '2026-12-01'"),
        ({"slots": {}}, "slot phone: None was understood"),
        ({"far_end_heard": []}, "the far end did not hear date and time read back"),
        ({"far_end_heard": [READ_BACK.replace("cuatro", "cinco")]}, "the far end did not hear date and time read back"),
        ({"far_end_heard": ["El martes primero de diciembre.", "A las cuatro y media."]}, "the far end did not hear"),
        ({"turns": GOOD.turns[2:]}, "only 4 turns"),
        ({"turns": [TURN] * 6}, "nobody was interrupted"),
        ({"first_audio_s": [0.7, 1.1, 1.2]}, "the median wait is longer than 1 s"),
        ({"first_audio_s": []}, "the median wait is longer than 1 s"),
        ({"turns": [*GOOD.turns, replace(TURN, end_of_turn_ms=590)]}, "over in less than 600 ms"),
        ({"turns": [replace(turn, end_of_turn_ms=None) for turn in GOOD.turns]}, "over in less than 600 ms"),
        ({"hangup_cause": "NORMAL_TEMPORARY_FAILURE"}, "the call ended with NORMAL_TEMPORARY_FAILURE"),
    ],
)
def test_what_is_not_as_it_should_be_is_told(change: Mapping[str, Any], told: str) -> None:
    problems = replace(GOOD, **change).problems(SCENE, NOW)
    assert any(told in problem for problem in problems), problems


def test_the_report_is_json_with_every_field_of_a_turn(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    GOOD.write(path)
    written = json.loads(path.read_text(encoding="utf-8"))
    assert written.keys() >= {"line", "turns", "slots", "hangup_cause", "recording"}
    assert written["turns"][0] == {
        "heard": "¿Horario?",
        "said": "De nueve a seis.",
        "interrupted": False,
        "end_of_turn_ms": 612,
        "stt_ms": 10,
        "llm_ms": 20,
        "tts_ms": 8,
        "first_audio_ms": 650,
        "spoken_ms": None,
    }
    assert "¿Horario?" in path.read_text(encoding="utf-8"), "readable"
