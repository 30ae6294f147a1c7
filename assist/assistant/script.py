"""What the embedded brain does, as declared: intents, closed questions and forms."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints
from pydantic.dataclasses import dataclass

from assist.assistant.hours import STRICT


def one_or_many(value: object) -> object:
    """Return a lone text as a list of it: both are allowed in a file."""
    return [value] if isinstance(value, str) else value


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(one_or_many), Field(min_length=1)]
"""Variants of the same, said in turn; or words that mean the same."""

Translated = Mapping[str, Texts]
"""By language: every declared one, or nothing at all."""

Written = Annotated[Translated, Field(min_length=1)]
"""By language: every declared one."""

KINDS = ("date", "time", "number", "name", "phone")
"""What a slot can be; `assist.flow.slots` understands them."""


class Does(StrEnum):
    """What the brain can do by itself when an intent is recognised."""

    HOURS = "hours"
    """Tell the opening hours, of the day that the caller names or of the whole week."""
    REPEAT = "repeat"
    SLOWER = "slower"
    FASTER = "faster"
    CANCEL = "cancel"
    """Give up the form that is being filled."""
    WAIT = "wait"
    """Say the answer and no more: the caller looks for something."""
    HANG_UP = "hang_up"
    """Say the answer as a goodbye and end the call."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Intent:
    """Something callers want, and what follows. At most one of `transfer`, `form`, `speak` and `does`."""

    examples: Written
    answers: Translated = Field(default_factory=dict)
    transfer: str | None = None
    """Name of a destination: connect the caller, in opening hours."""
    form: str | None = None
    """Name of a form to fill."""
    speak: str | None = None
    """Language to speak from then on."""
    does: Does | None = None
    then: str | None = None
    """Name of a closed question to ask after the answer."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Option:
    """One of the answers of a closed question: said in any of `words`, or keyed."""

    words: Translated = Field(default_factory=dict)
    """Those of `YES_NO` when none are declared for an option of that name."""
    key: Annotated[str, Field(pattern=r"^[0-9*#]$")] | None = None
    intent: str | None = None
    """Name of the intent it stands for."""
    answers: Translated = Field(default_factory=dict)
    """What is said when it stands for none."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Question:
    """A question with a closed list of answers."""

    ask: Written
    options: Annotated[Mapping[str, Option], Field(min_length=1)]


@dataclass(frozen=True, slots=True, config=STRICT)
class Slot:
    """One thing a form asks for."""

    kind: str
    """One of `KINDS`."""
    words: Written
    """How callers call it: "la hora, the time"."""
    ask: Written
    again: Translated = Field(default_factory=dict)
    """How to ask when the answer was not understood; `ask` otherwise."""
    in_hours: bool = False
    """Of a date or a time: it must be within the opening hours."""
    optional: bool = False
    """The caller may leave it empty: "I have no telephone"."""
    keys: Annotated[int, Field(ge=1, le=20)] | None = None
    """After a misunderstanding, let the caller press so many keys instead."""


@dataclass(frozen=True, slots=True, config=STRICT)
class Form:
    """Slots asked for in their order, read back, and confirmed."""

    slots: Annotated[Mapping[str, Slot], Field(min_length=1)]
    confirm: Written
    """The read-back, as a question; ``{slot}`` stands for what was understood.

    ``[slot: …]`` is said only if the slot, which is optional, was filled, ``[no slot: …]`` only if it was not.
    """
    change: Written
    """Asks what is to be changed after a plain no."""
    done: Written
    cancelled: Written
    then: str | None = None
    """Name of a closed question to ask once it is done."""
