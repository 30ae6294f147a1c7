"""Spans of a call, made of its events: no library, no clock."""

import json
from decimal import Decimal

import pytest

from assist.call.channel import TransferOutcome
from assist.call.events import Ended, Heard, Said, Transferred, Turn
from assist.provider import Kind
from assist.provider.bill import Item
from assist.provider.member import TookOver
from assist.provider.usage import Amount
from assist.tracing.spans import About, Span, Trace

ABOUT = About("the-call", "clinica", "inbound")
TURN = Turn("¿Horario?", "De nueve a seis.", False, 600, 300, 400, 100, 1400, 2000)
NOW = 1_795_424_400.0
ITEMS = (
    Item(Kind.STT, "google", "telephony", Amount(1, 2.0), Decimal(0)),
    Item(Kind.LLM, "openai", "gpt-4.1", Amount(1, input=500, cached=100, output=20), None),
    Item(Kind.TTS, "pico", "", Amount(1, 2.0, 16), Decimal(0)),
)


def turn_of(turn: Turn = TURN, items: tuple[Item, ...] = ITEMS, *, content: bool = False) -> Span:
    span = Trace(ABOUT, content).feed(turn, NOW, items)
    assert span
    return span


def test_a_turn_holds_its_stages_by_the_conventions_of_voice_agents() -> None:
    turn = turn_of()
    assert turn.name == "invoke_agent clinica"
    assert [child.name for child in turn.children] == [
        "end_of_turn",
        "speech_to_text telephony",
        "chat gpt-4.1",
        "text_to_speech pico",
        "playback",
    ]
    assert turn.attributes["gen_ai.operation.name"] == "invoke_agent"
    assert turn.attributes["gen_ai.agent.invocation.end_reason"] == "completed"
    _, ear, brain, voice, _ = turn.children
    assert (ear.attributes["gen_ai.provider.name"], ear.attributes["gen_ai.request.model"]) == ("google", "telephony")
    assert brain.attributes["gen_ai.usage.input_tokens"] == 500
    assert brain.attributes["gen_ai.usage.cache_read.input_tokens"] == 100
    assert brain.attributes["gen_ai.usage.output_tokens"] == 20
    assert voice.attributes["gen_ai.output.type"] == "speech"
    assert "gen_ai.request.model" not in voice.attributes, "an embedded engine has none"
    assert {span.attributes["gen_ai.conversation.id"] for span in (turn, *turn.children)} == {"the-call"}


def test_the_stages_follow_each_other_and_add_up_to_the_turn() -> None:
    turn = turn_of()
    assert (turn.began, turn.ended) == (NOW - 3.4, NOW)
    assert turn.children[0].began == turn.began
    assert turn.children[-1].ended == pytest.approx(turn.ended)
    for one, after in zip(turn.children, turn.children[1:], strict=False):
        assert one.ended == after.began
    latency = {name.rpartition(".")[2]: value for name, value in turn.attributes.items() if "latency" in name}
    assert latency == {
        "end_of_turn": 0.6,
        "speech_to_text": 0.3,
        "chat": 0.4,
        "text_to_speech": 0.1,
        "first_audio": 1.4,
    }


def test_keys_have_no_ear_and_a_turn_without_an_answer_no_voice() -> None:
    silent = turn_of(Turn("42", "", True, None, 0, None, None, None))
    assert silent.children == ()
    assert silent.attributes["gen_ai.agent.invocation.end_reason"] == "interrupted"


def test_what_was_said_is_left_out() -> None:
    assert "Horario" not in repr(turn_of())
    assert "nueve" not in repr(turn_of())


def test_what_was_said_is_in_the_attributes_for_it_if_that_is_wanted() -> None:
    turn = turn_of(content=True)
    asked = [{"role": "user", "parts": [{"type": "text", "content": "¿Horario?"}]}]
    answered = [
        {"role": "assistant", "parts": [{"type": "text", "content": "De nueve a seis."}], "finish_reason": "stop"}
    ]
    _, ear, brain, voice, playback = turn.children
    for span in (turn, brain):
        assert json.loads(str(span.attributes["gen_ai.input.messages"])) == asked
        assert json.loads(str(span.attributes["gen_ai.output.messages"])) == answered
    assert "gen_ai.output.messages" in ear.attributes
    assert "gen_ai.input.messages" in voice.attributes
    assert not any("messages" in name for name in playback.attributes)


def test_each_turn_has_only_what_it_used() -> None:
    trace = Trace(ABOUT)
    trace.feed(TURN, NOW, ITEMS)
    more = (
        ITEMS[0],
        Item(Kind.LLM, "openai", "gpt-4.1", Amount(2, input=1200, cached=600, output=50), None),
        ITEMS[2],
    )
    second = trace.feed(TURN, NOW + 10, more)
    assert second
    brain = second.children[2]
    assert brain.attributes["gen_ai.usage.input_tokens"] == 700
    assert brain.attributes["gen_ai.usage.output_tokens"] == 30
    assert second.attributes["assist.turn.number"] == 2


def test_what_another_worker_used_is_not_counted_again() -> None:
    trace = Trace(ABOUT)
    trace.resume(ITEMS)
    turn = trace.feed(TURN, NOW, ITEMS)
    assert turn
    assert [child.name for child in turn.children][1:4] == ["speech_to_text", "chat", "text_to_speech"]


def test_the_language_of_the_caller_is_told() -> None:
    trace = Trace(ABOUT)
    trace.feed(Heard("¿Horario?", keyed=False, language="es"), NOW)
    turn = trace.feed(TURN, NOW, ITEMS)
    assert turn
    assert turn.children[1].attributes["gen_ai.speech.input.language"] == "es"


def test_an_engine_that_failed_is_told_and_a_turn_without_any_left_has_failed() -> None:
    trace = Trace(ABOUT)
    trace.feed(TookOver(Kind.LLM, "openai", "down", by="flow"), NOW)
    turn = trace.feed(TURN, NOW, ITEMS)
    assert turn
    assert (turn.attributes["assist.engines.failed"], turn.error) == ("openai", "")
    trace.feed(TookOver(Kind.LLM, "flow", "down", by=""), NOW)
    failed = trace.feed(TURN, NOW, ITEMS)
    assert failed
    assert failed.error == "no_engine_left"
    assert "gen_ai.agent.invocation.end_reason" not in failed.attributes


def test_a_transfer_is_a_tool_that_took_as_long_as_they_talked() -> None:
    trace = Trace(ABOUT)
    trace.feed(TURN, NOW, ITEMS)
    transfer = trace.feed(Transferred("recepcion", TransferOutcome.ENDED), NOW + 60)
    assert transfer
    assert transfer.name == "execute_tool transfer"
    assert (transfer.began, transfer.ended) == (NOW, NOW + 60)
    assert transfer.attributes["assist.transfer.outcome"] == "ended"


def test_other_events_have_no_span_of_their_own() -> None:
    trace = Trace(ABOUT)
    assert trace.feed(Said("Hola.", interrupted=False), NOW) is None
    assert trace.feed(Ended("NORMAL_CLEARING", {}), NOW) is None
    assert (trace.turns, trace.cause) == (0, "NORMAL_CLEARING")
