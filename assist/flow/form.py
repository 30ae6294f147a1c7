"""A turn in the middle of a form: an answer to its question, a correction, a yes to the read-back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from assist.assistant.defaults import YES_NO
from assist.assistant.script import Form, Slot, Translated
from assist.flow.filling import Listener, objections
from assist.flow.scene import Answer, Heard, Scene
from assist.flow.slots import KINDS, choose
from assist.flow.slots.text import plain
from assist.flow.state import State
from assist.llm import Json

CONFIRM_KEYS = {"1": "yes", "2": "no"}


@dataclass(frozen=True, slots=True)
class FormTurn:
    """One turn of a form that is being filled."""

    scene: Scene
    form: Form

    def begin(self, name: str, heard: Heard, opening: str) -> Answer:
        """Open the form, with what the caller said already."""
        found = {} if heard.keyed else self._listener.unasked(heard.text)
        if self.scene.state.form == name:
            return self._take(self.scene.state, found)
        return self._take(replace(self.scene.state, form=name, filling={}), found, opening)

    def answer(self, heard: Heard) -> Answer | None:
        """Return the answer to what concerns the form; None when nothing in *heard* does."""
        if self.scene.state.asking is None:
            return self._to_read_back(heard)
        slot = self.form.slots[self.scene.state.asking]
        if self._interrupts(heard, slot):
            return None
        found = self._listener.answer(self.scene.state.asking, heard.readings)
        return self._take(self.scene.state, found, self.scene.variant(self.scene.phrases.understood)) if found else None

    def prompt(self, state: State) -> Answer:
        """Ask for the first slot that is empty, or read all of them back."""
        for name, slot in self.form.slots.items():
            if name not in state.filling:
                return Answer(replace(state, asking=name), (self.scene.pick(slot.ask),))
        text = self.scene.pick(self.form.confirm, self._spoken(state.filling))
        return Answer(replace(state, asking=None), (text,), keys=1)

    def again(self, state: State) -> Answer:
        """Ask the same in other words."""
        if state.asking is None:
            return self.prompt(state).after(self.scene.variant(self.scene.phrases.not_understood))
        slot = self.form.slots[state.asking]
        return Answer(state, (self.scene.pick(slot.again or slot.ask),), keys=slot.keys)

    def cancel(self) -> Answer:
        """Close the form and forget what was in it."""
        return self._close(self.form.cancelled, {})

    def belongs(self, intent: str) -> bool:
        """Whether *intent* is what opened this form."""
        return self.scene.assistant.intents[intent].form == self.scene.state.form

    def _interrupts(self, heard: Heard, slot: Slot) -> bool:
        """Whether this is no answer to the form's question, though an answer might be read into it."""
        intent = heard.sure_intent
        if not intent or self.belongs(intent):
            return False
        # Any words could be a name; a question that holds a date is still a question.
        return slot.kind == "name" or "?" in heard.text

    def _to_read_back(self, heard: Heard) -> Answer | None:
        if heard.keyed:
            chosen = CONFIRM_KEYS.get(heard.text)
        elif changed := self._changes(heard.text):
            return self._take(self.scene.state, changed, self.scene.variant(self.scene.phrases.understood))
        else:
            yes_no = {name: words[self.scene.language] for name, words in YES_NO.items()}
            chosen = choose(heard.readings, yes_no, self.scene.language)
        filling = self.scene.state.filling
        if chosen == "yes":
            return self._close(self.form.done, filling)
        if named := self._named(heard.text):
            return self.prompt(replace(self.scene.understood(), filling=_without(filling, named)))
        return Answer(self.scene.understood(), (self.scene.pick(self.form.change),)) if chosen == "no" else None

    def _changes(self, text: str) -> dict[str, Json]:
        found = self._listener.unasked(text)
        return {name: value for name, value in found.items() if value != self.scene.state.filling.get(name)}

    def _named(self, text: str) -> str | None:
        """Return the slot that the caller speaks of: "la hora no es"."""
        said = f" {plain(text)} "
        named = [
            name
            for name, slot in self.form.slots.items()
            if any(f" {plain(word)} " in said for word in slot.words[self.scene.language])
        ]
        return named[0] if len(named) == 1 else None

    def _take(self, state: State, found: Mapping[str, Json], opening: str = "") -> Answer:
        """Put *found* into the form, say what speaks against it, and ask for what is missing."""
        scene = self.scene
        filling: Mapping[str, Json] = {**state.filling, **found}
        hours = scene.assistant.hours
        against = tuple(objections(self.form, filling, hours, scene.phrases, scene.language, scene.now))
        for objection in against:
            filling = _without(filling, objection.slot)
        prompt = self.prompt(replace(state, filling=filling, missed=0, question=None))
        return prompt.after(*(objection.text for objection in against)) if against else prompt.after(opening)

    def _close(self, texts: Translated, slots: Mapping[str, Json]) -> Answer:
        text = self.scene.pick(texts, self._spoken(slots))
        state = replace(self.scene.understood(), form=None, asking=None, filling={})
        if slots:
            state = replace(state, slots=slots, booked=True)
        return (self.scene.ask(state, self.form.then) if self.form.then else Answer(state)).after(text)

    def _spoken(self, values: Mapping[str, Json]) -> dict[str, str]:
        return {
            name: KINDS[self.form.slots[name].kind].say(value, self.scene.language) for name, value in values.items()
        }

    @property
    def _listener(self) -> Listener:
        return Listener(self.form, self.scene.language, self.scene.now)


def _without(filling: Mapping[str, Json], slot: str) -> dict[str, Json]:
    return {name: value for name, value in filling.items() if name != slot}
