"""What the caller's words put into a form's slots."""

import pytest

from assist.assistant import load
from assist.assistant.script import KINDS
from assist.flow import slots
from assist.flow.filling import Listener
from assist.llm import Json
from tests.conversation import CLINIC, MONDAY_MORNING

FORM = load(CLINIC).forms["appointment"]
LISTENER = Listener(FORM, "es", MONDAY_MORNING, "ES")


def test_every_kind_a_file_may_name_is_understood() -> None:
    assert set(KINDS) == set(slots.KINDS)


@pytest.mark.parametrize(
    ("asked", "text", "found"),
    [
        ("date", "el martes", {"date": "2026-11-24"}),
        ("date", "el martes a las diez", {"date": "2026-11-24", "time": "10:00"}),
        ("time", "mejor el jueves a las diez", {"date": "2026-11-26", "time": "10:00"}),
        ("date", "el quince", {"date": "2026-12-15"}),
        ("name", "Ana García", {"name": "Ana García"}),
        ("phone", "612 34 56 78", {"phone": "+34612345678"}),
        ("name", "no, mejor el jueves", {"date": "2026-11-26"}),
        ("time", "cuando pueda", {}),
        ("time", "cuatro", {"time": "16:00"}),
        ("date", "cuatro", {"date": "2026-12-04"}),
        ("time", "las once", {"time": "11:00"}),
        ("name", "el martes", {"date": "2026-11-24"}),
        ("time", "me llamo Ana García", {"name": "Ana García"}),
        ("phone", "6-1-2", {}),
        ("phone", "3, 4", {}),
    ],
)
def test_an_answer_holds_what_was_asked_for_and_what_goes_with_it(
    asked: str, text: str, found: dict[str, Json]
) -> None:
    assert LISTENER.answer(asked, [text]) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("quiero pedir una cita", {}),
        ("una cita para mañana a las diez y media", {"date": "2026-11-24", "time": "10:30"}),
        ("no, a las once", {"time": "11:00"}),
        ("Marta Ruiz", {}),
        ("a nombre de Marta Ruiz", {"name": "Marta Ruiz"}),
        ("mi teléfono es el 612 34 56 78", {"phone": "+34612345678"}),
    ],
)
def test_unasked_only_what_cannot_be_anything_else_is_taken(text: str, found: dict[str, Json]) -> None:
    assert LISTENER.unasked(text) == found


@pytest.mark.parametrize(
    ("asked", "begun", "text", "found"),
    [
        ("phone", "612345", "6 7 8", {"phone": "+34612345678"}),
        ("phone", "612", "913 45 67 89", {"phone": "+34913456789"}),
        ("phone", "612345678", "", {"phone": "+34612345678"}),
        ("time", "por la tarde", "a las ocho", {"time": "20:00"}),
        ("time", "por la tarde", "a las once de la mañana", {"time": "11:00"}),
        ("date", "la semana que viene", "el martes", {"date": "2026-12-01"}),
    ],
)
def test_an_answer_goes_on_with_what_was_begun(asked: str, begun: str, text: str, found: dict[str, Json]) -> None:
    assert LISTENER.answer(asked, [text], begun) == found
