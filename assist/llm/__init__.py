"""The brain: the contract of language models, and the dialog they are given. One file per engine beside it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeAlias

from pydantic import JsonValue

from assist.aio import Stream
from assist.assistant import Assistant

Json: TypeAlias = JsonValue


class Speaker(StrEnum):
    """Who a message is from."""

    CALLER = "caller"
    ASSISTANT = "assistant"
    LINE = "line"
    """The call itself: how a transfer ended, that the caller is silent."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something said, keyed or reported."""

    speaker: Speaker
    text: str
    """Of an interrupted reply, only what was heard. Of keyed digits, the digits."""
    alternatives: tuple[str, ...] = ()
    """Other readings of what the caller said, best first, `text` among them; for matching closed answers."""
    keyed: bool = False
    """The caller pressed keys instead of speaking."""


@dataclass(slots=True)
class Dialog:
    """A conversation so far: all that is needed to go on with it in another process."""

    language: str
    """ISO 639-1, what is being spoken now."""
    messages: list[Message] = field(default_factory=list)
    notes: dict[str, Json] = field(default_factory=dict)
    """What the brain wrote down for itself, by `Notes`."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the brain wants to find in `Dialog.notes` at the next turn; replaces all of it."""

    values: dict[str, Json]


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller to a destination of the assistant's allow-list, by its name there."""

    destination: str


@dataclass(frozen=True, slots=True)
class CollectDigits:
    """Take the next *count* keys as one answer; ``#`` ends it early."""

    count: int


@dataclass(frozen=True, slots=True)
class Pace:
    """Speak so much slower (below 1) or faster from now on, in this reply already."""

    factor: float


@dataclass(frozen=True, slots=True)
class Language:
    """Speak and listen in this language from now on, ISO 639-1."""

    code: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call once everything before it has been heard."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the reply cost so far; for the bill, nobody hears of it."""

    input: int
    cached: int
    """Of `input`, those that the server still knew."""
    output: int

    def plus(self, more: "Usage") -> "Usage":
        """Return both together."""
        return Usage(self.input + more.input, self.cached + more.cached, self.output + more.output)


Part: TypeAlias = str | Notes | Transfer | CollectDigits | Pace | Language | HangUp | Usage
"""A piece of a reply: text to speak, cut anywhere, or something to do after the text before it was heard."""


class LanguageModel(Protocol):
    """Answers the caller, as one assistant."""

    def reply(self, dialog: Dialog) -> Stream[Part]:
        """Yield the answer to the last message, starting before all of it is known.

        If the last message is the assistant's, it is the beginning of the answer to the one before it, which the
        caller hears already: only the rest is yielded. *dialog* is not changed. At most one of `Transfer` and
        `HangUp`, as the last part. Raises `ProviderError`.
        """
        ...


Brains: TypeAlias = Callable[[Assistant], LanguageModel]
"""Makes the brain of one call, which costs nothing."""
