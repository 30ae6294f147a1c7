"""Speech to text: the contract. One file per engine beside it; fallback and the like are wrappers of it."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from assist.aio import Stream


class Pause(Enum):
    """A silence inside or after an utterance, told between its audio."""

    BEGAN = auto()
    """About 250 ms without a voice: the caller may have finished, so a decode may start."""
    OVER = auto()
    """The caller goes on: whatever was decoded since :attr:`BEGAN` is void."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood of one utterance."""

    text: str
    """Empty if the sound was no speech: a cough, a door, music."""
    alternatives: tuple[str, ...] = ()
    """The n best readings, best first, `text` among them."""
    language: str = ""
    """ISO 639-1, as ``es``; empty if the engine does not tell."""
    final: bool = True
    """False while the caller is still speaking and more may change."""
    turn_over: bool = False
    """The engine holds that the caller has finished, from what was said: the wait for more may be cut short."""


class SpeechToText(Protocol):
    """Writes down one utterance."""

    def transcribe(self, speech: Stream[bytes | Pause], languages: tuple[str, ...]) -> Stream[Transcript]:
        """Yield what is understood; the last one yielded, once *speech* has ended, is final.

        *speech* is audio in `assist.audio.formats.LINE`, in pieces of any size, as it is spoken,
        with the pauses between; its end is the confirmed end of the caller's turn. *languages* are
        what may be spoken, ISO 639-1: the first is spoken now, the caller may change to another.
        Closing the returned stream drops the work, and closes *speech*. Raises `ProviderError`.
        """
        ...
