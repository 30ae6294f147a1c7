"""What a caller is asked for: dates, times, numbers, names, telephone numbers, closed choices, in Spanish and English.

Each module reads one kind from what speech to text wrote down, and puts it back into words for the read-back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from assist.flow.slots import dates, names, numbers, phones, times
from assist.flow.slots.choices import choose
from assist.llm import Json

__all__ = ["KINDS", "Slot", "choose"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A kind of value that can be asked for."""

    parse: Callable[[str, str, datetime], Json | None]
    """Reads the value out of a text, given language (``es``, ``en``) and the caller's time; None if there is none."""
    say: Callable[[Json, str], str]
    """Puts a value into words, given the language."""


KINDS: Mapping[str, Slot] = {
    "date": Slot(dates.parse, dates.say),
    "time": Slot(times.parse, times.say),
    "number": Slot(numbers.parse, numbers.say),
    "name": Slot(names.parse, names.say),
    "phone": Slot(phones.parse, phones.say),
}
