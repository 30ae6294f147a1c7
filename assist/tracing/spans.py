"""The spans of a call, made of what is told of it. Nothing here waits, sends or knows the time."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from assist.call.events import Ended, Event, Heard, Transferred, Turn
from assist.provider import Kind
from assist.provider.bill import Item
from assist.provider.member import TookOver
from assist.provider.usage import Amount

Value: TypeAlias = str | int | float | bool

OPERATIONS: Final[Mapping[Kind, str]] = {
    Kind.STT: "speech_to_text",
    Kind.LLM: "chat",
    Kind.TTS: "text_to_speech",
}


@dataclass(frozen=True, slots=True)
class Span:
    """Something that took time, in seconds since the epoch."""

    name: str
    began: float
    ended: float
    attributes: Mapping[str, Value]
    children: tuple["Span", ...] = ()
    error: str = ""
    """A kind of error; empty: it went well."""


@dataclass(frozen=True, slots=True)
class About:
    """A call, as all of its spans know it."""

    call: str
    assistant: str
    direction: str

    def attributes(self, operation: str) -> dict[str, Value]:
        return {"gen_ai.operation.name": operation, "gen_ai.conversation.id": self.call}

    @property
    def root(self) -> tuple[str, dict[str, Value]]:
        """Name and attributes of the whole call's span, as far as they are known when it begins."""
        attributes = self.attributes("invoke_workflow")
        attributes |= {"gen_ai.agent.name": self.assistant, "assist.call.direction": self.direction}
        return f"invoke_workflow {self.assistant}", attributes


@dataclass(slots=True)
class Trace:
    """One call's. *content*: what was said goes into the spans."""

    about: About
    content: bool = False
    turns: int = 0
    cause: str = ""
    """FreeSWITCH's hang-up cause, once the call is over."""
    _now: float = 0.0
    _billed: dict[tuple[str, str, str], Amount] = field(default_factory=dict)
    _used: dict[Kind, tuple[Item, Amount]] = field(default_factory=dict)
    """What was last used of each kind, and how much of it."""
    _failed: list[TookOver] = field(default_factory=list)
    _language: dict[str, Value] = field(default_factory=dict)

    def feed(self, event: Event, now: float, items: Iterable[Item] = ()) -> Span | None:
        """Take what happened, and return its span if it is a turn or a tool. *items*: all on the call's bill so far."""
        before, self._now = self._now or now, now
        match event:
            case Turn():
                self.turns += 1
                self._charge(items)
                return self._turn(event)
            case Transferred():
                return self._transfer(event, before)
            case TookOver():
                self._failed.append(event)
            case Heard(language=str(language)) if language:
                self._language = {"gen_ai.speech.input.language": language}
            case Ended(cause):
                self.cause = cause
        return None

    def resume(self, items: Iterable[Item]) -> None:
        """What is on the bill already was used before this trace began."""
        self._charge(items)
        self._used.clear()

    def _charge(self, items: Iterable[Item]) -> None:
        """Find out what was used since the last time."""
        for kind, (item, _) in self._used.items():
            self._used[kind] = item, Amount()
        for item in items:
            key = (item.kind, item.engine, item.model)
            before = self._billed.get(key, Amount())
            if item.amount != before:
                self._used[item.kind] = item, _less(item.amount, before)
                self._billed[key] = item.amount

    def _turn(self, turn: Turn) -> Span:
        parts = [turn.end_of_turn_ms, turn.stt_ms, turn.llm_ms, turn.tts_ms, turn.spoken_ms]
        began = self._now - sum(part or 0 for part in parts) / 1000
        failed, self._failed = self._failed, []
        error = "no_engine_left" if any(not one.by for one in failed) else ""
        attributes = self.about.attributes("invoke_agent") | {
            "gen_ai.agent.name": self.about.assistant,
            "gen_ai.output.type": "speech",
            "assist.turn.number": self.turns,
            **_latencies(turn),
            **self._words(turn.heard, turn.said),
        }
        if failed:
            attributes["assist.engines.failed"] = ",".join(one.failed for one in failed)
        if not error:
            attributes["gen_ai.agent.invocation.end_reason"] = "interrupted" if turn.interrupted else "completed"
        children = tuple(_one_after_the_other(self._stages(turn), began))
        return Span(f"invoke_agent {self.about.assistant}", began, self._now, attributes, children, error)

    def _stages(self, turn: Turn) -> Iterable[tuple[int | None, str, dict[str, Value]]]:
        """Yield what the caller waited for, one after the other, and then the answer being heard."""
        own: dict[str, Value] = {"gen_ai.conversation.id": self.about.call}
        yield turn.end_of_turn_ms, "end_of_turn", own
        if turn.end_of_turn_ms is not None:
            # Keys need no engine.
            name, attributes = self._engine(Kind.STT, self._words("", turn.heard))
            yield turn.stt_ms, name, attributes | self._language
        yield turn.llm_ms, *self._engine(Kind.LLM, self._words(turn.heard, turn.said))
        yield turn.tts_ms, *self._engine(Kind.TTS, self._words(turn.said, "") | {"gen_ai.output.type": "speech"})
        yield turn.spoken_ms, "playback", own

    def _engine(self, kind: Kind, more: dict[str, Value]) -> tuple[str, dict[str, Value]]:
        """Return name and attributes of what an engine did."""
        operation = OPERATIONS[kind]
        attributes = self.about.attributes(operation) | more
        if kind not in self._used:
            # A sentence that was kept needs no voice.
            return operation, attributes
        item, amount = self._used[kind]
        attributes["gen_ai.provider.name"] = item.engine
        if item.model:
            attributes["gen_ai.request.model"] = item.model
        if amount.input or amount.output:
            attributes["gen_ai.usage.input_tokens"] = amount.input
            attributes["gen_ai.usage.cache_read.input_tokens"] = amount.cached
            attributes["gen_ai.usage.output_tokens"] = amount.output
        return f"{operation} {item.model or item.engine}", attributes

    def _transfer(self, transferred: Transferred, began: float) -> Span:
        attributes = self.about.attributes("execute_tool") | {
            "gen_ai.tool.name": "transfer",
            "gen_ai.tool.type": "function",
            "assist.transfer.destination": transferred.destination,
            "assist.transfer.outcome": str(transferred.outcome),
        }
        return Span("execute_tool transfer", began, self._now, attributes)

    def _words(self, asked: str, answered: str) -> dict[str, Value]:
        """Return what was said, in the attributes that are marked as personal; nothing unless it is wanted."""
        words: dict[str, Value] = {}
        if self.content and asked:
            words["gen_ai.input.messages"] = _messages("user", asked)
        if self.content and answered:
            words["gen_ai.output.messages"] = _messages("assistant", answered, finish_reason="stop")
        return words


def _one_after_the_other(stages: Iterable[tuple[int | None, str, Mapping[str, Value]]], began: float) -> Iterable[Span]:
    """Yield a span for each of *stages* that took place, in milliseconds; each begins where the last one ended."""
    for length, name, attributes in stages:
        if length is not None:
            yield Span(name, began, began + length / 1000, attributes)
            began += length / 1000


def _latencies(turn: Turn) -> dict[str, Value]:
    """Return how long the caller waited, in seconds, and for what: the last is the sum of the others."""
    found = {
        "end_of_turn": turn.end_of_turn_ms,
        "speech_to_text": turn.stt_ms,
        "chat": turn.llm_ms,
        "text_to_speech": turn.tts_ms,
        "first_audio": turn.first_audio_ms,
    }
    return {f"assist.latency.{name}": length / 1000 for name, length in found.items() if length is not None}


def _messages(role: str, text: str, **more: str) -> str:
    parts = [{"type": "text", "content": text}]
    return json.dumps([{"role": role, "parts": parts, **more}], ensure_ascii=False)


def _less(amount: Amount, before: Amount) -> Amount:
    return Amount(
        amount.requests - before.requests,
        amount.seconds - before.seconds,
        amount.characters - before.characters,
        amount.input - before.input,
        amount.cached - before.cached,
        amount.output - before.output,
    )
