"""What happens in a call, as told to whoever follows it: the terminal, the store, metrics.

These hold what was said: they go only where that has a time to live, never to a log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from assist.call.answer_words import Kind
from assist.provider.member import TookOver


@dataclass(frozen=True, slots=True)
class Started:
    """The assistant took the call, or took it over from a worker that is gone."""

    assistant: str
    language: str
    resumed: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """The caller said something, or pressed keys."""

    text: str
    keyed: bool
    language: str = ""
    """ISO 639-1: the one that is spoken from now on."""


@dataclass(frozen=True, slots=True)
class Said:
    """The caller heard this of a reply."""

    text: str
    interrupted: bool


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer.

    Times in milliseconds, each from the end of the one before; `None`: did not happen.
    """

    heard: str
    said: str
    interrupted: bool
    end_of_turn_ms: int | None
    """From the caller's last sound until the turn was taken to be over."""
    stt_ms: int | None
    """From there to the transcript."""
    llm_ms: int | None
    """From there to the first sentence of the reply."""
    tts_ms: int | None
    """From there to its first audio."""
    first_audio_ms: int | None
    """All of these: from the caller's last sound to the first audio on its way."""
    spoken_ms: int | None = None
    """From there until all of the answer was heard, or it was broken off."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """The caller was connected to somebody else, or that failed, and is back."""

    destination: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Answered:
    """Who or what answered a call that we placed, as far as is known by now: the last one told counts.

    A call that is over without any was answered, and nobody was heard.
    """

    kind: Kind


@dataclass(frozen=True, slots=True)
class OptedOut:
    """The person does not want to be called again."""

    kept: bool
    """Whoever placed the call knows it by now; otherwise whoever reads this must see to it."""


@dataclass(frozen=True, slots=True)
class CallBack:
    """The person wants to be called another time, and that was confirmed. The last one told counts."""

    at: float | None
    """Seconds since the epoch; None: some time later."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""

    cause: str
    """FreeSWITCH's hang-up cause."""
    slots: dict[str, object]
    """What was found out, as the brain noted it down."""


Event: TypeAlias = Started | Heard | Said | Turn | Transferred | TookOver | Answered | OptedOut | CallBack | Ended

Diary: TypeAlias = Callable[[Event], None]
"""Takes an event and returns at once."""
