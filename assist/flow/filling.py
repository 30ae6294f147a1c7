"""A form on its way to being full: what the caller's words put into its slots, and what speaks against a value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from assist.assistant.declaration import Phrases
from assist.assistant.hours import Hours
from assist.assistant.script import Form
from assist.flow import spoken
from assist.flow.slots import Slot, kinds
from assist.flow.slots.corrections import starts_over
from assist.llm import Json

TOGETHER = ("date", "time")
"""Kinds that are said in one breath: "el martes a las diez"."""

UNASKED = (*TOGETHER, "phone", "name")
"""Kinds that are recognised without having been asked for."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Reads slots out of what was said in one language at one time."""

    form: Form
    language: str
    now: datetime
    country: str

    def answer(self, slot: str, readings: Sequence[str], begun: str = "") -> dict[str, Json]:
        """Return what *readings*, the answer to the question for *slot*, say of it and of what goes with it.

        *begun* is what was said of it before.
        """
        kind = self.form.slots[slot].kind
        if begun and self.begun(slot, readings[0], begun):
            # Of a piece that was understood, another reading may be one digit more.
            readings = readings[:1]
        found = next((value for reading in readings if (value := self._read(kind, reading, begun)) is not None), None)
        if found is None:
            # A group of digits is more of a telephone number, and no date.
            return {} if self.begun(slot, readings[0], begun) else self._all(readings[0], UNASKED)
        return {**(self._all(readings[0], TOGETHER) if kind in TOGETHER else {}), slot: found}

    def begun(self, slot: str, text: str, begun: str = "") -> str:
        """Return what *text* begins to say of *slot*, or goes on to say after what was *begun*; maybe nothing."""
        return self._kind(self.form.slots[slot].kind).begin(begun, text, self.language) or ""

    def unasked(self, text: str) -> dict[str, Json]:
        """Return what *text* says though nothing was asked: a first sentence, or a correction."""
        return self._all(text, UNASKED)

    def _all(self, text: str, wanted: Sequence[str]) -> dict[str, Json]:
        return {
            name: value
            for name, slot in self.form.slots.items()
            if slot.kind in wanted and (value := self._kind(slot.kind).spot(text, self.language, self.now)) is not None
        }

    def _read(self, name: str, text: str, begun: str) -> Json | None:
        kind = self._kind(name)
        if begun and not starts_over(text, self.language):
            whole = kind.parse(f"{begun}, {text}", self.language, self.now)
            if whole is not None:
                return whole
        return kind.parse(text, self.language, self.now)

    def _kind(self, name: str) -> Slot:
        return kinds(self.country)[name]


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a value cannot be."""

    slot: str
    text: str


def objections(
    form: Form, values: Mapping[str, Json], hours: Hours | None, phrases: Phrases, language: str, now: datetime
) -> Iterator[Objection]:
    """Yield what speaks against *values*: the place is closed then, or it is over."""
    if hours is None:
        return
    days = [
        (name, date.fromisoformat(str(values[name])))
        for name, slot in form.slots.items()
        if slot.kind == "date" and slot.in_hours and values.get(name)
    ]
    for name, day in days:
        if against := _closed(day, hours, phrases, language, now):
            yield Objection(name, against)
            return
    for name, slot in form.slots.items():
        if slot.kind == "time" and slot.in_hours and values.get(name) and days:
            at = time.fromisoformat(str(values[name]))
            if against := _out_of_hours(days[0][1], at, hours, phrases, language, now):
                yield Objection(name, against)


def _closed(day: date, hours: Hours, phrases: Phrases, language: str, now: datetime) -> str | None:
    if not hours.on(day):
        return phrases.closed_on.format(date=spoken.day(day, now, language))
    if day == now.date() and spoken.today_over(hours, now):
        return phrases.over_today
    return None


def _out_of_hours(day: date, at: time, hours: Hours, phrases: Phrases, language: str, now: datetime) -> str | None:
    if not any(span.start <= at < span.end for span in hours.on(day)):
        open_then = spoken.openings(hours.on(day), language)
        text = phrases.outside_hours
        # The date stands at the beginning of a sentence.
        said = spoken.day(day, now, language)
        return text.format(date=said[:1].upper() + said[1:], hours=open_then)
    if day == now.date() and at <= now.time():
        return phrases.past
    return None
