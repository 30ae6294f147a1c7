"""Traces of whole calls, as a collector gets them: a real worker, the simulated line, OTLP over HTTP."""

import asyncio
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from assist.call.events import Said, Turn
from assist.errors import ConfigurationError, ProviderError
from assist.llm import HangUp
from assist.settings import Settings
from assist.settings import Tracing as TracingSettings
from assist.simulate.caller import Step
from assist.tracing.spans import About
from assist.tracing.tracing import Traced, Untraced, open_tracing
from tests.fast_time import hasten
from tests.otlp_collector import Collector, Received, collector
from tests.service import (
    MIDDLE,
    SHORT,
    answering,
    follows,
    open_files,
    open_house,
    settings_in,
    write_assistant,
)

Set: TypeAlias = Callable[..., Settings]

ABOUT = About("6f1f3c1e-6a0f-4c7e-9d57-0b1b7c7a1c55", "uno", "inbound")
TURN = Turn("¿Horario?", "De nueve a seis.", False, 600, 300, 400, 100, 1400, 2000)


@pytest.fixture
async def at(tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Set:
    """Settings of a service in the test's directory, with the assistant ``uno``, where time runs fast."""
    hasten()
    (tmp_path / "assistants").mkdir()
    write_assistant(tmp_path / "assistants", "uno")

    def settings(**more: str) -> Settings:
        return settings_in(monkeypatch, tmp_path, redis_url, **more)

    return settings


def to(endpoint: str, *, content: bool = False) -> TracingSettings:
    return TracingSettings.model_construct(endpoint=endpoint, service_name="assist", content=content)


async def sent(settings: TracingSettings, *turns: Turn, about: About = ABOUT) -> None:
    """Let a call of *turns* be traced, and what is traced be sent."""
    async with open_tracing(settings) as tracing, tracing.call(about, time.time()) as traced:
        for turn in turns:
            traced.note(turn)


@pytest.mark.slow
async def test_a_call_is_a_trace_whose_stages_add_up_to_what_the_journal_tells(at: Set, redis_url: str) -> None:
    answering(["De nueve a seis."], ["Hasta luego.", HangUp()])
    before = open_files()
    with collector() as collected:
        settings = at(OTEL_EXPORTER_OTLP_ENDPOINT=collected.endpoint)
        async with open_house(settings, redis_url) as home, home.ring("uno") as call:
            await follows(call, Step(say=SHORT), Step(say=MIDDLE))
            await call.ended()
            told = [event for event in await home.events(call) if isinstance(event, Turn)]
    assert open_files() == before
    (root,) = collected.named("invoke_workflow uno")
    turns = collected.children(root)
    assert {span.trace for span in collected.spans} == {root.trace}
    assert [span.name for span in turns] == ["invoke_agent uno"] * 2
    assert (root.attributes["gen_ai.conversation.id"], root.attributes["assist.call.turns"]) == (call.id, 2)
    assert root.attributes["assist.call.cause"] == "NORMAL_CLEARING"
    for turn, journal in zip(turns, told, strict=True):
        adds_up(collected, turn, journal)
    assert collected.service["service.name"] == "assist"
    assert not any(word in repr(collected.spans) for word in (SHORT, MIDDLE, "De nueve a seis.", "Hasta luego."))


def adds_up(collected: Collector, turn: Received, journal: Turn) -> None:
    stages = {span.name.partition(" ")[0]: span.seconds for span in collected.children(turn)}
    assert list(stages) == ["end_of_turn", "speech_to_text", "chat", "text_to_speech", "playback"]
    assert stages["end_of_turn"] == pytest.approx((journal.end_of_turn_ms or 0) / 1000, abs=1e-6)
    waited = sum(seconds for name, seconds in stages.items() if name != "playback")
    assert journal.first_audio_ms is not None
    assert waited == pytest.approx(journal.first_audio_ms / 1000, abs=0.002), "each part is rounded to a millisecond"
    assert turn.seconds == pytest.approx(sum(stages.values()), abs=1e-6)
    assert turn.attributes["assist.latency.first_audio"] == journal.first_audio_ms / 1000


@pytest.mark.slow
async def test_a_collector_that_takes_nothing_in_keeps_no_call_waiting(at: Set, redis_url: str) -> None:
    answering(["De nueve a seis."], ["Hasta luego.", HangUp()])
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings = at(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{mute.getsockname()[1]}")
        async with asyncio.timeout(60), open_house(settings, redis_url) as home, home.ring("uno") as call:
            await follows(call, Step(say=SHORT), Step(say=MIDDLE))
            assert await call.ended() == "NORMAL_CLEARING"
            said = [event for event in await home.events(call) if isinstance(event, Said)]
    assert len(said) == 3


async def test_a_dead_collector_costs_what_waits_for_it_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    """Ten thousand turns are noted at once, more than fit; and the end is not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings = to(f"http://127.0.0.1:{mute.getsockname()[1]}")
        async with asyncio.timeout(30):
            await sent(settings, *[TURN] * 3000)
    assert "Queue full" in caplog.text


async def test_what_was_said_is_sent_only_if_that_is_wanted() -> None:
    with collector() as collected:
        await sent(to(collected.endpoint), TURN)
        assert "Horario" not in repr(collected.spans)
        await sent(
            to(collected.endpoint, content=True),
            TURN,
        )
        assert "Horario" in repr(collected.spans)


async def test_whoever_takes_a_call_over_goes_on_with_its_trace() -> None:
    with collector() as collected:
        settings = to(collected.endpoint)
        async with open_tracing(settings) as tracing:
            with pytest.raises(asyncio.CancelledError):
                async with tracing.call(ABOUT, time.time()) as traced:
                    traced.note(TURN)
                    raise asyncio.CancelledError
            assert not collected.named("invoke_workflow uno")
        await sent(settings, TURN)
    (root,) = collected.named("invoke_workflow uno")
    assert len(collected.children(root)) == 2


async def test_calls_at_once_are_traces_of_their_own() -> None:
    other = About("b0c2f2b4-6a0f-4c7e-9d57-0b1b7c7a1c55", "dos", "outbound")
    with collector() as collected:
        settings = to(collected.endpoint)
        async with (
            open_tracing(settings) as tracing,
            tracing.call(ABOUT, time.time()) as one,
            tracing.call(other, time.time()) as two,
        ):
            one.note(TURN)
            two.note(TURN)
    (first,), (second,) = (collected.named(f"invoke_workflow {name}") for name in ("uno", "dos"))
    assert first.trace != second.trace
    assert [span.name for span in collected.children(second)] == ["invoke_agent dos"]
    assert (first.kind, second.kind) == (2, 3), "who calls us is a client; who is called, a server"


async def test_a_call_that_cannot_be_held_any_longer_has_failed() -> None:
    with collector() as collected:
        async with open_tracing(to(collected.endpoint)) as tracing:
            with pytest.raises(ProviderError):
                async with tracing.call(ABOUT, time.time()):
                    raise ProviderError("openai", "down", temporary=True)
    (root,) = collected.named("invoke_workflow uno")
    assert (root.failed, root.attributes["error.type"]) == (True, "ProviderError")


async def test_without_a_collector_nothing_is_traced() -> None:
    async with open_tracing(TracingSettings()) as tracing, tracing.call(ABOUT, time.time()) as call:
        assert isinstance(call, Untraced)
        assert not isinstance(call, Traced)


async def test_missing_packages_are_told_with_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    monkeypatch.delitem(sys.modules, "assist.tracing.exporting", raising=False)
    with pytest.raises(ConfigurationError, match=r'pip install "assist\[otel\]"'):
        await sent(to("http://127.0.0.1:1"))
