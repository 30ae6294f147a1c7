"""Whatever a caller says, in whatever order: every turn has an answer, and can be gone on from."""

import json
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from assist.flow.intents import Match
from assist.flow.scene import Heard, Scene
from assist.flow.state import State
from assist.flow.turn import Turn, decide
from assist.llm import HangUp, Notes, Transfer
from tests.conversation import MONDAY_MORNING, clinic

SAID = st.sampled_from(
    "6 1 2|345|empiezo otra vez|no tengo|cuanto antes|por la tarde|a última hora|la semana que viene|de enero|"
    "sí|no|no, gracias|el martes|el domingo|hoy|a las diez|a las tres de la madrugada|Ana García|612 34 56 78|la hora|"
    "el nombre|no, a las once|¿abren los domingos?|una cita mañana a las diez a nombre de Luis|on Friday at noon|"
    "yes please|not at all|{date}|{|%s|¿?|…".split("|")
) | st.text(min_size=1, max_size=30)
MATCHES = st.none() | st.builds(
    Match,
    st.sampled_from(sorted(clinic().intents)),
    st.sampled_from([0.1, 0.8, 1.2]),
    st.sampled_from([None, "es", "en"]),
)
SPOKEN = st.builds(
    lambda texts, match: Heard(tuple(texts), match=match), st.lists(SAID, min_size=1, max_size=3), MATCHES
)
KEYED = st.builds(lambda keys: Heard((keys,), keyed=True), st.text("0123456789*#", min_size=1, max_size=12))
REPORTED = st.sampled_from(["transfer busy", "transfer ended", "silence", ""])


@settings(max_examples=150, deadline=None)
@given(
    st.lists(SPOKEN | KEYED | REPORTED, min_size=1, max_size=12),
    st.sampled_from(["es", "en"]),
    st.integers(0, 24 * 60 * 40),
)
def test_every_turn_has_an_answer_and_can_be_gone_on_from(
    events: list[Heard | str], language: str, minutes: int
) -> None:
    state, now = State(), MONDAY_MORNING + timedelta(minutes=minutes)
    for event in events:
        scene = Scene(clinic(), language, now, state)
        answer = decide(scene, event) if isinstance(event, Heard) else Turn(scene).report(event)
        language = answer.language or language
        notes, *rest = answer.parts()
        assert isinstance(notes, Notes)
        assert any(isinstance(part, str) and part.strip() for part in rest)
        assert not any(isinstance(part, Transfer | HangUp) for part in rest[:-1])
        state = State.from_notes(json.loads(json.dumps(notes.values)))
        assert state.fitted(clinic()) == state
        assert not state.booked or {"date", "time", "name"} <= set(state.slots) <= {"date", "time", "name", "phone"}
