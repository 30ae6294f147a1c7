"""What a caller is asked for: dates, times, numbers, names, telephone numbers, closed choices, in Spanish and English.

Each module reads one kind from what speech to text wrote down, and puts it back into words for the read-back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from assist.flow.slots import dates, names, numbers, phones, times
from assist.flow.slots.choices import choose
from assist.flow.slots.vague import part_of_day, week
from assist.llm import Json

__all__ = ["KINDS", "Slot", "choose", "kinds"]


def _all_at_once(begun: str, text: str, language: str) -> str | None:
    return None


def _week(begun: str, text: str, language: str) -> str | None:
    return week(text, language) or None


def _part_of_day(begun: str, text: str, language: str) -> str | None:
    return part_of_day(text, language) or None


@dataclass(frozen=True, slots=True)
class Slot:
    """A kind of value that can be asked for."""

    parse: Callable[[str, str, datetime], Json | None]
    """Reads the value out of a text, given language (``es``, ``en``) and the caller's time; None if there is none."""
    spot: Callable[[str, str, datetime], Json | None]
    """The same where something else was asked for: what would be read only into an answer, as "four", is not."""
    say: Callable[[Json, str], str]
    """Puts a value into words, given the language."""
    begin: Callable[[str, str, str], str | None] = _all_at_once
    """Returns what a text begins to say, after what was *begun* (maybe nothing, ``""``); None if it begins nothing.

    What is begun stands before the text that goes on with it, to be parsed as one.
    """


KINDS: Mapping[str, Slot] = {
    "date": Slot(dates.parse, partial(dates.parse, asked=False), dates.say, _week),
    "time": Slot(times.parse, partial(times.parse, asked=False), times.say, _part_of_day),
    "number": Slot(numbers.parse, numbers.parse, numbers.say),
    "name": Slot(names.parse, partial(names.parse, asked=False), names.say),
    "phone": Slot(phones.parse, phones.parse, phones.say, phones.begin),
}
"""Where telephone numbers are those of the language's countries."""


def kinds(country: str) -> Mapping[str, Slot]:
    """Return the kinds as they are said in *country* (ISO 3166): telephone numbers are its own."""
    here = (country,)
    parse = partial(phones.parse, regions=here)
    say, begin = partial(phones.say, regions=here), partial(phones.begin, regions=here)
    return {**KINDS, "phone": Slot(parse, parse, say, begin)}
