"""What is written of calls and workers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """How long the caller waited in one turn, and for what, in milliseconds; `None`: that did not happen."""

    end_of_turn_ms: int | None
    stt_ms: int | None
    llm_ms: int | None
    tts_ms: int | None
    first_audio_ms: int | None
    """From the caller's last sound to the first of the answer."""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class UseRecord:
    """What one engine did for a call."""

    kind: str
    """``stt``, ``llm`` or ``tts``."""
    engine: str
    model: str
    """Empty for an embedded engine."""
    cost_usd: Decimal | None
    """None: nobody wrote down the price."""
    amount: Mapping[str, float]
    """Requests, seconds, characters and tokens."""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call as the history knows it: no words, no numbers. Times know their zone."""

    id: str
    assistant: str
    direction: str
    started: datetime
    answered: datetime | None
    ended: datetime
    cause: str
    """FreeSWITCH's hang-up cause."""
    turns: tuple[TurnRecord, ...] = ()
    cost_usd: Decimal = Decimal(0)
    used: tuple[UseRecord, ...] = ()
    answered_by: str = ""
    """Who or what answered a call that we placed, as `assist.call.answer_words.Kind`."""


@dataclass(frozen=True, slots=True)
class Worker:
    """One worker, alive."""

    name: str
    """Of all workers on all machines, no other has it."""
    calls: int
    """In progress."""
    capacity: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What the calls of one assistant used up that began on one day, in UTC."""

    day: date
    assistant: str
    calls: int
    seconds: float
    """Of talk."""
    cost_usd: Decimal
    used: tuple[UseRecord, ...]
    """By each engine."""
