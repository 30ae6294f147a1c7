"""Where a conversation is, between two turns."""

import json
from dataclasses import replace

from assist.assistant import load
from assist.flow.state import State
from tests.conversation import CLINIC


def test_notes_hold_all_of_it_as_json() -> None:
    state = State(3, "…", 1, 0.85, "menu", "appointment", "phone", "612", {"name": None}, True, "x", {}, True)
    assert State.from_notes(json.loads(json.dumps(state.to_notes()))) == state


def test_without_notes_a_call_begins() -> None:
    assert State.from_notes({"other": 1}) == State()


def test_what_the_assistant_still_has_is_kept() -> None:
    clinic = load(CLINIC)
    state = State(question="menu", form="appointment", asking="time", filling={"date": "2026-11-24"})
    assert state.fitted(clinic) == state
    read_back = State(form="appointment", filling=dict.fromkeys(("date", "time", "name", "phone"), "x"))
    assert read_back.fitted(clinic) == read_back


def test_what_the_assistant_no_longer_has_is_dropped_and_what_is_missing_is_asked_for() -> None:
    clinic = load(CLINIC)
    state = State(question="gone", form="appointment", asking="gone", filling={"date": "2026-11-24", "gone": 1})
    fitted = state.fitted(clinic)
    assert (fitted.question, fitted.asking, fitted.filling) == (None, "time", {"date": "2026-11-24"})
    assert replace(state, form="gone").fitted(clinic) == State()
