"""What a caller is asked for: dates, times, numbers, names, telephone numbers, closed choices, in Spanish and English.

Each module reads one kind from what speech to text wrote down, and puts it back into words for the read-back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from assist.flow.slots import dates, names, numbers, phones, times
from assist.flow.slots.choices import choose
from assist.llm import Json

__all__ = ["KINDS", "Slot", "choose"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A kind of value that can be asked for."""

    parse: Callable[[str, str, datetime], Json | None]
    """Reads the value out of a text, given language (``es``, ``en``) and the caller's time; None if there is none."""
    spot: Callable[[str, str, datetime], Json | None]
    """The same where something else was asked for: what would be read only into an answer, as "four", is not."""
    say: Callable[[Json, str], str]
    """Puts a value into words, given the language."""


KINDS: Mapping[str, Slot] = {
    "date": Slot(dates.parse, partial(dates.parse, asked=False), dates.say),
    "time": Slot(times.parse, partial(times.parse, asked=False), times.say),
    "number": Slot(numbers.parse, numbers.parse, numbers.say),
    "name": Slot(names.parse, partial(names.parse, asked=False), names.say),
    "phone": Slot(phones.parse, phones.parse, phones.say),
}
