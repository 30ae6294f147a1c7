"""What whoever answered does, and what becomes of what we say, as `assist.call.answer` wants to be told.

Times are seconds of the call's audio.
"""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Began:
    """The far end speaks, or goes on after a pause."""

    utterance: int
    """Numbered as they begin."""
    at: float
    """When."""


@dataclass(frozen=True, slots=True)
class Paused:
    """It has been silent for a moment, and may go on."""

    utterance: int
    voice: float
    """Seconds of this utterance so far, without the pause."""


@dataclass(frozen=True, slots=True)
class Words:
    """An utterance is over, and this is what it said; another may have begun since."""

    utterance: int
    text: str
    """Empty: no words."""
    voice: float


@dataclass(frozen=True, slots=True)
class Keyed:
    """Keys were pressed."""


@dataclass(frozen=True, slots=True)
class Beeped:
    """A beep has ended."""

    start: float
    """When."""
    end: float


@dataclass(frozen=True, slots=True)
class Intercepted:
    """The three notes of a number that cannot be reached."""


@dataclass(frozen=True, slots=True)
class Quiet:
    """It has been silent for `Answer.patience`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What we were saying has been heard."""


Event: TypeAlias = Began | Paused | Words | Keyed | Beeped | Intercepted | Quiet | Finished
