"""What all engines have in common, whatever they do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

T_co = TypeVar("T_co", covariant=True)


class Kind(StrEnum):
    """What an engine does."""

    STT = "stt"
    LLM = "llm"
    TTS = "tts"


async def _nothing() -> None:
    """An embedded engine is warm when it is open."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened(Generic[T_co]):
    """An engine that is ready for many calls at once."""

    engine: T_co
    model: str = ""
    """What the provider calls the model or the voice; prices depend on it. Empty for an embedded engine."""
    warm: Callable[[], Awaitable[None]] = _nothing
    """Connects, and learns at no cost whether the key is taken, so that no caller waits for either.

    Raises `ProviderError`. May be called at any time, also when all is warm.
    """
