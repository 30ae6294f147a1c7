"""Where a conversation is, as the flow notes it down between two turns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from assist.assistant.declaration import Assistant
from assist.llm import Json


@dataclass(frozen=True, slots=True)
class State:
    """All that the flow knows of a call beyond its messages."""

    turn: int = 0
    """Answers so far; which variant is said goes by it."""
    said: str = ""
    """The last answer, whole, though the caller may have spoken over it."""
    missed: int = 0
    """Times in a row that the caller was not understood."""
    pace: float = 1.0
    question: str | None = None
    """Name of the closed question that was asked."""
    form: str | None = None
    """Name of the form that is being filled."""
    asking: str | None = None
    """Slot of it that was asked for; none during the read-back."""
    begun: str = ""
    """What the caller has begun to say of that slot, and goes on with."""
    filling: Mapping[str, Json] = field(default_factory=dict)
    """Values of its slots so far; None of one that the caller leaves empty."""
    changing: bool = False
    """The read-back was refused, and what is to be changed was asked."""
    topic: str | None = None
    """The intent of the opening hours, when they were just told: "and on Saturdays?" is about them."""
    slots: Mapping[str, Json] = field(default_factory=dict)
    """What the caller has confirmed."""
    booked: bool = False
    """A form was confirmed."""

    def to_notes(self) -> dict[str, Json]:
        """Return it as `Dialog.notes`."""
        return {name: dict(value) if isinstance(value, Mapping) else value for name, value in _values(self)}

    @staticmethod
    def from_notes(notes: Mapping[str, Json]) -> "State":
        """Return what `to_notes` wrote, the beginning of a call if it wrote nothing."""
        known = {name: notes[name] for name, _ in _values(State()) if name in notes}
        return State(**known)  # type: ignore[arg-type]  # each is what `to_notes` took from the field of its name

    def fitted(self, assistant: Assistant) -> "State":
        """Return it without what *assistant* does not have: its file may have changed while a worker died."""
        form = assistant.forms.get(self.form or "")
        state = self if self.question in assistant.questions else replace(self, question=None)
        if state.topic not in assistant.intents:
            state = replace(state, topic=None)
        if form is None:
            return replace(state, form=None, asking=None, begun="", changing=False, filling={})
        filling = {name: value for name, value in state.filling.items() if name in form.slots}
        missing = next((name for name in form.slots if name not in filling), None)
        return replace(state, filling=filling, asking=state.asking if state.asking in form.slots else missing)


def _values(state: State) -> list[tuple[str, Json]]:
    return [(part.name, getattr(state, part.name)) for part in fields(state)]
