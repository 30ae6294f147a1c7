"""A turn in the middle of a form: an answer to its question, a correction, a yes to the read-back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from assist.assistant.defaults import YES_NO
from assist.assistant.hours import Hours
from assist.assistant.script import Form, Slot, Translated
from assist.flow import proposing, spoken
from assist.flow.filling import Listener, objections
from assist.flow.scene import Answer, Heard, Scene, sentence
from assist.flow.slots import choose, kinds
from assist.flow.slots.corrections import starts_over
from assist.flow.slots.text import plain
from assist.flow.slots.vague import Rough, part_of_day, refuses, rough
from assist.flow.state import State
from assist.llm import Json

PATIENCE_WITH_A_GROUP = 2
"""Times in a row not to understand how a number goes on before it is asked for from the beginning."""

CONFIRM_KEYS = {"1": "yes", "2": "no"}


@dataclass(frozen=True, slots=True)
class FormTurn:
    """One turn of a form that is being filled."""

    scene: Scene
    form: Form

    def found(self, text: str) -> Mapping[str, Json]:
        """Return what *text* holds for the form, though it was not asked."""
        return self._listener.unasked(text)

    def begin(self, name: str, heard: Heard, opening: str) -> Answer:
        """Open the form, with what the caller said already."""
        found = {} if heard.keyed else self.found(heard.text)
        if self.scene.state.form == name:
            return self._take(self.scene.state, found, heard.text)
        return self._take(replace(self.scene.state, form=name, filling={}), found, heard.text, opening)

    def answer(self, heard: Heard) -> Answer | None:
        """Return the answer to what concerns the form; None when nothing in *heard* does."""
        state = self.scene.state
        if state.asking is None:
            return self._to_read_back(heard)
        if self._interrupts(heard, self.form.slots[state.asking]):
            return None
        if found := self._listener.answer(state.asking, heard.readings, state.begun):
            return self._take(state, found, heard.text, self._well)
        return None if heard.keyed and not heard.text.isdigit() else self._left_open(heard.text, state.asking)

    def prompt(self, state: State) -> Answer:
        """Ask for the first slot that is empty, or read all of them back."""
        for name, slot in self.form.slots.items():
            if name in state.filling:
                continue
            if slot.kind == "phone" and state.asking == name and state.begun:
                so_far = self.scene.phrases.so_far.format(part=self._say(name, state.begun))
                return Answer(state, (so_far,), keys=slot.keys)
            return Answer(replace(state, asking=name), (self.scene.pick(slot.ask),))
        text = self.scene.pick(self.form.confirm, self._spoken(state.filling))
        return Answer(replace(state, asking=None, changing=False), (text,), keys=1)

    def again(self, state: State) -> Answer:
        """Ask the same in other words."""
        if state.asking is None:
            return self.prompt(state).after(self.scene.phrases.sorry)
        slot = self.form.slots[state.asking]
        if slot.kind == "phone" and state.begun and state.missed < PATIENCE_WITH_A_GROUP:
            return self.prompt(state)
        return Answer(replace(state, begun=""), (self.scene.pick(slot.again or slot.ask),), keys=slot.keys)

    def cancel(self) -> Answer:
        """Close the form and forget what was in it."""
        return self._close(self.form.cancelled, {})

    def belongs(self, intent: str) -> bool:
        """Whether *intent* is what opened this form."""
        return self.scene.assistant.intents[intent].form == self.scene.state.form

    def _left_open(self, text: str, name: str) -> Answer | None:
        """Return the answer to what answers the question for slot *name*, but with no value, or not yet."""
        state, slot = self.scene.state, self.form.slots[name]
        if slot.optional and refuses(text, self.scene.language):
            return self._take(state, {name: None}, text, self._well)
        if answer := self._left_to_us(text, name):
            return answer
        begun = self._listener.begun(name, text, state.begun)
        if begun and slot.kind == "phone":
            return Answer(
                replace(self.scene.understood(), begun=begun),
                (self.scene.variant(self.scene.phrases.go_on),),
                keys=slot.keys,
            )
        if begun:
            return self.prompt(replace(state, begun=begun, missed=state.missed + 1)).after(self._well)
        if state.begun and starts_over(text, self.scene.language):
            return self.prompt(replace(self.scene.understood(), begun="")).after(self._well)
        return None

    def _left_to_us(self, text: str, name: str) -> Answer | None:
        """Choose the value of slot *name* by the opening hours, if *text* says no more than roughly when."""
        slot, hours = self.form.slots[name], self.scene.assistant.hours
        if not hours or not slot.in_hours:
            return None
        return self._any_day(text, name, hours) if slot.kind == "date" else self._any_time(text, name, hours)

    def _any_day(self, text: str, name: str, hours: Hours) -> Answer | None:
        """Take the first day that can be, if the caller leaves it open."""
        scene = self.scene
        if rough(text, scene.language) is not Rough.FIRST:
            return None
        day = proposing.soonest(hours, scene.now)
        if day is None:
            return None
        opening = scene.phrases.then_on.format(date=spoken.day(day, scene.now, scene.language))
        return self._take(scene.state, {name: day.isoformat()}, "", opening)

    def _any_time(self, text: str, name: str, hours: Hours) -> Answer | None:
        """Take the first or the last time that can be, or tell the hours of the part of the day."""
        scene, state, day = self.scene, self.scene.state, self._day()
        if not day:
            return None
        wish, part = rough(text, scene.language), part_of_day(text, scene.language)
        openings = proposing.open_in(hours, day, part or state.begun, scene.language, scene.now)
        if part and part == state.begun:
            # Said again, it is all that the caller cares for.
            wish = wish or Rough.FIRST
        if wish and (at := proposing.at(wish, openings)):
            opening = scene.phrases.then_at.format(time=spoken.clock(at, scene.language))
            return self._take(state, {name: f"{at:%H:%M}"}, "", opening)
        if not wish and not part:
            return None
        told = scene.phrases.open_on if openings else scene.phrases.outside_hours
        all_day = tuple(openings) or hours.on(day)
        when = sentence(spoken.day(day, scene.now, scene.language))
        text = told.format(date=when, hours=spoken.openings(all_day, scene.language))
        return self.prompt(replace(scene.understood(), begun=part if openings else "")).after(text)

    def _day(self) -> date | None:
        """Return the day that is in the form already."""
        filling = self.scene.state.filling
        days = (filling.get(name) for name, slot in self.form.slots.items() if slot.kind == "date")
        return next((date.fromisoformat(str(day)) for day in days if day), None)

    def _interrupts(self, heard: Heard, slot: Slot) -> bool:
        """Whether this is no answer to the form's question, though an answer might be read into it."""
        intent = heard.sure_intent
        if not intent or self.belongs(intent):
            return False
        if slot.kind == "name":
            # Any words could be one.
            return True
        # A question that holds a date is still a question; "as soon as possible?" is an answer.
        return "?" in heard.text and not rough(heard.text, self.scene.language)

    def _to_read_back(self, heard: Heard) -> Answer | None:
        if heard.keyed:
            chosen = CONFIRM_KEYS.get(heard.text)
        elif changed := self._changes(heard.text):
            return self._take(self.scene.state, changed, heard.text, self._well)
        else:
            yes_no = {name: words[self.scene.language] for name, words in YES_NO.items()}
            chosen = choose(heard.readings, yes_no, self.scene.language)
        state, filling = self.scene.state, self.scene.state.filling
        if chosen == "yes":
            # After a no it is not yet known what was agreed to.
            return self.prompt(self.scene.understood()) if state.changing else self._close(self.form.done, filling)
        if named := self._named(heard.text):
            return self.prompt(replace(self.scene.understood(), filling=_without(filling, named)))
        if chosen == "no" and not state.changing and not heard.sure_intent:
            return Answer(replace(self.scene.understood(), changing=True), (self.scene.pick(self.form.change),))
        return None

    def _changes(self, text: str) -> dict[str, Json]:
        found = self.found(text)
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

    def _take(self, state: State, found: Mapping[str, Json], text: str, opening: str = "") -> Answer:
        """Put *found*, of *text*, into the form, say what speaks against it, and ask for what is missing."""
        scene = self.scene
        filling: Mapping[str, Json] = {**state.filling, **found}
        hours = scene.assistant.hours
        against = tuple(objections(self.form, filling, hours, scene.phrases, scene.language, scene.now))
        for objection in against:
            filling = _without(filling, objection.slot)
        prompt = self.prompt(replace(state, filling=filling, begun="", missed=0, question=None, topic=None))
        if against:
            return prompt.after(*(objection.text for objection in against))
        # "Mañana por la tarde" says something of the time too.
        asking = prompt.state.asking
        begun = self._listener.begun(asking, text) if asking else ""
        prompt = replace(prompt, state=replace(prompt.state, begun=begun))
        if asking and rough(text, scene.language):
            # "El viernes a última hora" leaves the time to us in the same breath.
            left_open = FormTurn(replace(scene, state=prompt.state), self.form)._left_to_us(text, asking)
            prompt = left_open or prompt
        return prompt.after(opening)

    def _close(self, texts: Translated, slots: Mapping[str, Json]) -> Answer:
        text = self.scene.pick(texts, self._spoken(slots))
        state = replace(self.scene.understood(), form=None, asking=None, begun="", changing=False, filling={})
        if slots:
            kept = {name: value for name, value in slots.items() if value is not None}
            state = replace(state, slots=kept, booked=True)
        return (self.scene.ask(state, self.form.then) if self.form.then else Answer(state)).after(text)

    def _spoken(self, values: Mapping[str, Json]) -> dict[str, str]:
        return {name: self._say(name, value) for name, value in values.items() if value is not None}

    def _say(self, slot: str, value: Json) -> str:
        kind = kinds(self.scene.assistant.home)[self.form.slots[slot].kind]
        return kind.say(value, self.scene.language)

    @property
    def _well(self) -> str:
        return self.scene.variant(self.scene.phrases.understood)

    @property
    def _listener(self) -> Listener:
        return Listener(self.form, self.scene.language, self.scene.now, self.scene.assistant.home)


def _without(filling: Mapping[str, Json], slot: str) -> dict[str, Json]:
    return {name: value for name, value in filling.items() if name != slot}
