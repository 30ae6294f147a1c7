"""What the demo's caller says."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from assist.assistant import load
from assist.demo.run import SCRIPT
from assist.demo.script import read_script, spoken_date
from assist.errors import ConfigurationError

CLINIC = Path(__file__).parents[1] / "config/assistants/clinica.yaml"
MONDAY = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize("days", range(14))
def test_the_date_is_a_tuesday_one_to_two_weeks_ahead(days: int) -> None:
    now = MONDAY + timedelta(days=days)
    day = date.fromisoformat(read_script(SCRIPT).on(now).slots["date"])
    assert day.weekday() == 1
    assert 7 <= (day - now.date()).days < 14


def test_the_date_is_said_where_the_script_has_it() -> None:
    script = read_script(SCRIPT).on(MONDAY)
    assert script.slots["date"] == "2026-12-01"
    assert [step.say for step in script.steps if "cita" in step.say] == [
        "Quería pedir una cita para el martes 1 de diciembre."
    ]
    assert not any("{" in step.say for step in script.steps)


def test_a_date_is_said_as_people_say_it() -> None:
    assert spoken_date(date(2026, 12, 1), "es") == "martes 1 de diciembre"
    assert spoken_date(date(2027, 1, 5), "en") == "Tuesday January 5"


def test_the_script_that_ships_has_all_that_the_demo_is_to_show() -> None:
    """A question, something that is not understood, a booking that is read back, an interruption, a goodbye."""
    script = read_script(SCRIPT)
    assert len(script.steps) >= 5
    assert sum(step.over is not None for step in script.steps) == 1
    assert set(script.read_back) <= set(script.slots)
    assert script.language in load(CLINIC).languages
    assert script.assistant == CLINIC.stem


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("assistant: [\n", "expected"),
        ("assistant: clinica\n", "Field required"),
        ("[1, 2]\n", "valid dictionary"),
    ],
)
def test_a_script_that_is_none_is_told_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigurationError, match=told) as caught:
        read_script(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_a_script_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="No such file"):
        read_script(tmp_path / "script.yaml")
