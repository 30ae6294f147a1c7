"""An utterance on its way through Deepgram. Nothing here waits.

A stream hears one utterance after another, and its clock is the audio it was sent, in seconds: all that the service
says reaches from somewhere to somewhere. Nothing of an utterance is missing once what is known reaches its last voice.
"""

import json
from collections.abc import Mapping
from typing import Protocol, TypeAlias

from pydantic import BaseModel, JsonValue

from assist.errors import ProviderError
from assist.stt import Transcript

NAME = "deepgram"

SILENCE = 0.2
"""Seconds before a pause is told that hold no voice for sure."""
CRUMB = 0.05
"""Seconds that may go unanswered: the service counts in frames."""

Message: TypeAlias = Mapping[str, JsonValue]


class Draft(Protocol):
    """What a model's service says of one utterance, put together."""

    @property
    def question(self) -> BaseModel:
        """What asks for the rest of it."""
        ...

    @property
    def lag(self) -> float:
        """Seconds of audio that the service wants to hear after the last voice."""
        ...

    @property
    def progress(self) -> "Progress": ...

    @property
    def unasked(self) -> bool:
        """Whether something was said that will not be known unless it is asked for."""
        ...

    @property
    def complete(self) -> bool:
        """Whether the utterance has ended and all of it is known."""
        ...

    def ask(self, at: float) -> None:
        """The rest of what was said up to there has been asked for."""

    def hear(self, message: Message) -> Transcript | None:
        """Return what is understood now, if *message* changes that. Raises `ProviderError`."""

    def final(self) -> Transcript:
        """Return what was understood of all of it."""
        ...


class Progress:
    """How far an utterance has been spoken, and how far it is known."""

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.ended = False
        self.voice_until: float | None = None
        """Where the last voice was at the latest; `None` while the caller speaks."""
        self._known_until = begin

    def pause(self, at: float) -> None:
        """The caller has been silent for a while."""
        self.voice_until = at - SILENCE

    def resume(self) -> None:
        """The caller goes on."""
        self.voice_until = None

    def end(self, at: float) -> None:
        """The caller's turn is over."""
        self.ended = True
        if self.voice_until is None:
            self.voice_until = at - CRUMB

    def know(self, until: float) -> None:
        """All up to there is known."""
        self._known_until = max(self._known_until, until)

    def before(self, until: float) -> bool:
        """Return whether what reaches so far is of the utterance before."""
        return until <= self.begin + CRUMB

    @property
    def all_known(self) -> bool:
        """Whether no voice is unknown, unless the caller goes on."""
        return self.voice_until is not None and self._known_until >= self.voice_until


def parse(text: str | bytes) -> Message:
    """Return the message that *text* is. Raises `ProviderError`, also if it says that the service gave up."""
    try:
        message = json.loads(text)
        kind = message["type"]
    except (ValueError, TypeError, KeyError):
        raise malformed() from None
    if kind == "Error":
        raise ProviderError(NAME, "the service gave up in mid-utterance", temporary=True)
    return dict(message)


def malformed() -> ProviderError:
    """Return what to raise ``from None``: what a service answers may hold words of the caller."""
    return ProviderError(NAME, "the answer is malformed", temporary=True)


def transcript(text: str, language: str) -> Transcript:
    """Return the final one."""
    return Transcript(text, (text,) if text else (), language)


def language_of(tag: str) -> str:
    """Return ISO 639-1 of a *tag* as ``en-US``."""
    return tag.partition("-")[0].lower()
