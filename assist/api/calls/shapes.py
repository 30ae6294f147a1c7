"""Calls as the API shows them: no numbers, and words only in transcripts and events."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from assist.call.answer_words import Kind
from assist.call.channel import Direction
from assist.store import CallRecord, TurnRecord, UseRecord

Money = Annotated[Decimal, Field(description="US dollars.", ge=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", examples=["clinica"])]


class CallState(StrEnum):
    """Where a call is."""

    CALLING = "calling"
    """It rings, or is about to."""
    IN_PROGRESS = "in_progress"
    ENDED = "ended"
    UNKNOWN = "unknown"
    """Whoever placed it was lost, and nobody knows whether it rang. It is not placed again."""


class NewCall(BaseModel):
    """A call to be placed."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(
        min_length=3,
        max_length=40,
        pattern=r"^\+?[0-9() ./-]{3,39}$",
        description="The number, best as +34612345678; without a country code it is of this installation's country.",
        examples=["+34612345678"],
    )
    assistant: Name = Field(description="Who talks.")
    reference: str = Field(
        default="", max_length=200, description="What you call it; shown with the call.", examples=["order 4711"]
    )


class Turn(BaseModel):
    """How long the caller waited in one turn, and for what, in milliseconds."""

    end_of_turn_ms: int | None = None
    stt_ms: int | None = None
    llm_ms: int | None = None
    tts_ms: int | None = None
    first_audio_ms: int | None = Field(default=None, description="From the caller's last sound to the answer's first.")
    interrupted: bool = False

    @staticmethod
    def of(turn: TurnRecord) -> "Turn":
        return Turn.model_construct(
            end_of_turn_ms=turn.end_of_turn_ms,
            stt_ms=turn.stt_ms,
            llm_ms=turn.llm_ms,
            tts_ms=turn.tts_ms,
            first_audio_ms=turn.first_audio_ms,
            interrupted=turn.interrupted,
        )


class Use(BaseModel):
    """What one engine did."""

    kind: str = Field(examples=["stt"])
    engine: str = Field(examples=["whisper"])
    model: str = ""
    cost_usd: Money | None = Field(default=None, description="None: nobody wrote down the price.")
    amount: Mapping[str, float] = Field(description="Requests, seconds, characters and tokens.")

    @staticmethod
    def of(use: UseRecord) -> "Use":
        return Use.model_construct(
            kind=use.kind, engine=use.engine, model=use.model, cost_usd=use.cost_usd, amount=dict(use.amount)
        )


class CallSummary(BaseModel):
    """A call in a list."""

    id: UUID
    state: CallState
    assistant: str
    direction: Direction
    started: datetime
    answered: datetime | None = None
    ended: datetime | None = None
    duration_s: float | None = Field(default=None, ge=0, description="Of the talk.")
    cause: str = Field(default="", description="FreeSWITCH's hang-up cause.", examples=["NORMAL_CLEARING"])
    answered_by: Kind | None = Field(default=None, description="Who or what answered a call that was placed.")
    cost_usd: Money = Decimal(0)

    @staticmethod
    def of(record: CallRecord) -> "CallSummary":
        return CallSummary.model_construct(**_fields(record))


class Call(CallSummary):
    """A call."""

    reference: str = Field(default="", description="What whoever placed it calls it.")
    turns: list[Turn] = Field(default_factory=list)
    used: list[Use] = Field(default_factory=list)

    @staticmethod
    def of(record: CallRecord) -> "Call":
        turns, used = [Turn.of(turn) for turn in record.turns], [Use.of(use) for use in record.used]
        return Call.model_construct(**_fields(record), turns=turns, used=used)


class CallPage(BaseModel):
    """Some calls, the latest beginning first."""

    items: list[CallSummary]
    next_cursor: str | None = Field(description="Where the next page begins; null: there is none.")


class LiveCalls(BaseModel):
    """The calls that are held now."""

    items: list[Call]


class Speaker(StrEnum):
    """Who said something."""

    CALLER = "caller"
    ASSISTANT = "assistant"
    LINE = "line"
    """What happened to the call, as a transfer."""


class Line(BaseModel):
    """Something that was said, or happened to the call."""

    at: datetime
    speaker: Speaker
    text: str
    keyed: bool = Field(default=False, description="Keys were pressed.")
    interrupted: bool = Field(default=False, description="The caller spoke over it; this much was heard.")


class Transcript(BaseModel):
    """What was said in a call, so far."""

    call: UUID
    items: list[Line]


class Say(BaseModel):
    """Words for the assistant to say, as soon as nobody talks."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=1000, pattern=r"\S", examples=["Le atenderemos en dos minutos."])


class TransferTo(BaseModel):
    """Whom to connect the caller with, as soon as nobody talks."""

    model_config = ConfigDict(extra="forbid")

    destination: str = Field(
        min_length=1, max_length=100, description="A name of the assistant's own list.", examples=["recepcion"]
    )


class Ordered(BaseModel):
    """Something a call was asked to do. Its events tell when it is done."""

    call: UUID
    id: str = Field(examples=["1764000000000-0"])


def _fields(record: CallRecord) -> dict[str, Any]:
    talked = record.ended - record.answered if record.answered else timedelta(0)
    return {
        "id": UUID(record.id),
        "state": CallState.ENDED,
        "assistant": record.assistant,
        "direction": Direction(record.direction),
        "started": record.started,
        "answered": record.answered,
        "ended": record.ended,
        "duration_s": max(talked.total_seconds(), 0.0),
        "cause": record.cause,
        "answered_by": Kind(record.answered_by) if record.answered_by else None,
        "cost_usd": record.cost_usd,
    }
