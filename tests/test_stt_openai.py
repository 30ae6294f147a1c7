"""OpenAI's speech to text: the real SDK against a server that speaks the true protocol, or against the real one."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError
from assist.provider import Kind
from assist.settings import read_settings
from assist.stt import Pause
from assist.stt.whisper import Whisper
from tests.contracts.stt import (
    FAULTS,
    FRAME,
    HEARING,
    SERVED,
    TAIL,
    Behaviour,
    ServedBehaviour,
    Subject,
    Talk,
    a_fault_is_told,
    a_human_is_understood,
    assert_words,
    examined,
    listening,
    real,
    spoken,
    understood,
)
from tests.line_audio import frames
from tests.providers import Fault
from tests.providers.http import HttpService
from tests.providers.listener import listener
from tests.providers.openai import KEY
from tests.providers.openai_stt import Transcriptions, openai_transcriptions
from tests.recordings import recording

MODELS = ("gpt-transcribe", "gpt-4o-mini-transcribe", "whisper-1")
SAID = recording("es", "vm-nobodyavail")
AUDIO = frames(SAID.audio, FRAME)


@pytest.fixture
def transcriptions() -> Transcriptions:
    return Transcriptions(listener)


@pytest.fixture(params=MODELS)
async def server(request: pytest.FixtureRequest, transcriptions: Transcriptions) -> AsyncIterator[HttpService]:
    async with openai_transcriptions(transcriptions, request.param) as running:
        yield running


@pytest.fixture
async def subject(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Subject]:
    async with examined(server, monkeypatch, partials=False) as engine:
        yield engine


@pytest.fixture(params=[*MODELS, "real"])
async def any_subject(
    request: pytest.FixtureRequest, transcriptions: Transcriptions, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Subject]:
    async with AsyncExitStack() as stack:
        if request.param == "real":
            yield await stack.enter_async_context(real("openai", "OPENAI_API_KEY", partials=False))
        else:
            local = await stack.enter_async_context(openai_transcriptions(transcriptions, request.param))
            yield await stack.enter_async_context(examined(local, monkeypatch, partials=False))


# As every engine


@pytest.mark.parametrize("behaviour", HEARING, ids=lambda behaviour: behaviour.__name__)
async def test_as_every_engine(behaviour: Behaviour, any_subject: Subject) -> None:
    await behaviour(any_subject)


@pytest.mark.parametrize("behaviour", SERVED, ids=lambda behaviour: behaviour.__name__)
async def test_as_every_hosted_engine(behaviour: ServedBehaviour, subject: Subject, server: HttpService) -> None:
    await behaviour(subject, server)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
async def test_a_fault_is_told(fault: Fault, subject: Subject, server: HttpService) -> None:
    await a_fault_is_told(subject, server, fault)


@pytest.mark.models
async def test_a_human_is_understood_when_a_model_listens(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        openai_transcriptions(Transcriptions(listening(whisper)), "gpt-transcribe") as server,
        examined(server, monkeypatch, partials=False, errors=0.25) as subject,
    ):
        await a_human_is_understood(subject)


# What is asked for


ASKED: dict[str, dict[str, str | list[str]]] = {
    "gpt-transcribe": {"languages": ["es"], "response_format": "json", "stream": "true"},
    "gpt-4o-mini-transcribe": {
        "language": "es",
        "response_format": "json",
        "stream": "true",
        "include": ["logprobs"],
    },
    "whisper-1": {"language": "es", "response_format": "verbose_json"},
}
MANY = {
    "gpt-transcribe": ({"languages": ["es", "en"]}, "en"),
    "gpt-4o-mini-transcribe": ({}, ""),
    "whisper-1": ({}, "en"),
}


async def test_each_model_is_asked_for_what_it_knows(subject: Subject, transcriptions: Transcriptions) -> None:
    await understood(subject, spoken(SAID), "es")
    model = subject.opened.model
    assert transcriptions.diary == [{"model": model, **ASKED[model]}]


async def test_where_several_languages_may_be_spoken_the_model_tells_which_if_it_can(
    subject: Subject, transcriptions: Transcriptions
) -> None:
    hints, language = MANY[subject.opened.model]
    transcriptions.spoken = "en"
    said = recording("en", "vm-delete")
    heard = await understood(subject, spoken(said), "es", "en")
    assert_words(subject, said, heard)
    assert heard.language == language
    (asked,) = transcriptions.diary
    assert {name: asked[name] for name in asked if name.startswith("language")} == hints


async def test_keywords_are_asked_for(transcriptions: Transcriptions, monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        openai_transcriptions(transcriptions, "gpt-transcribe") as server,
        examined(server, monkeypatch, partials=False, keywords=["Peláez", "cita previa"]) as subject,
    ):
        await understood(subject, spoken(SAID))
    assert transcriptions.diary[0]["keywords"] == ["Peláez", "cita previa"]


async def test_next_to_nothing_is_not_sent(subject: Subject, server: HttpService) -> None:
    assert (await understood(subject, [bytes(FRAME - 2), Pause.BEGAN])).text == ""
    assert server.requests == 0


# Uploads


async def test_the_upload_starts_at_the_pause_and_holds_what_was_said_before_it(
    subject: Subject, server: HttpService, transcriptions: Transcriptions
) -> None:
    lengths: list[int] = []

    async def hear(audio: bytes) -> str:
        lengths.append(len(audio))
        return await listener(audio)

    transcriptions.hear = hear
    talk = Talk(*AUDIO, Pause.BEGAN, server.asked, TAIL)
    async with asyncio.timeout(5), aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        *_, last = [transcript async for transcript in heard]
    assert_words(subject, SAID, last)
    assert lengths == [len(SAID.audio)]


async def test_the_upload_of_a_caller_who_goes_on_is_dropped(subject: Subject, server: HttpService) -> None:
    server.fault = Fault.SILENT
    half = len(SAID.audio) // 4 * 2
    goes_on = asyncio.Event()
    talk = Talk(SAID.audio[:half], Pause.BEGAN, server.asked, Pause.OVER, goes_on, SAID.audio[half:])
    async with asyncio.timeout(5), aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        rest = asyncio.ensure_future(anext(heard))
        await server.client_left.wait()
        server.fault = None
        goes_on.set()
        transcripts_left = [await rest, *[transcript async for transcript in heard]]
    assert_words(subject, SAID, transcripts_left[-1])
    assert server.requests == 2


@pytest.mark.parametrize("server", MODELS[:2], indirect=True)
async def test_words_are_told_as_the_model_finds_them(subject: Subject, server: HttpService) -> None:
    server.fault = Fault.STALLED
    talk = Talk(*spoken(SAID))
    async with asyncio.timeout(5), aclosing(subject.opened.engine.transcribe(talk.speech(), ("es",))) as heard:
        transcript = await anext(heard)
    assert SAID.words.startswith(transcript.text.strip())
    assert not transcript.final


@pytest.mark.parametrize("server", MODELS[:2], indirect=True)
@pytest.mark.parametrize("rest", [b"", b"data: [DONE]\n\n", b"data: garbage\n\n"])
async def test_what_follows_the_last_event_is_nothing(
    subject: Subject, transcriptions: Transcriptions, rest: bytes
) -> None:
    transcriptions.rest = rest
    assert_words(subject, SAID, await understood(subject, spoken(SAID)))


async def test_one_connection_serves_one_utterance_after_the_other(subject: Subject, server: HttpService) -> None:
    await subject.opened.warm()
    for _ in range(3):
        await understood(subject, spoken(SAID))
    assert server.connections == 1


# What is no speech


@pytest.mark.parametrize(
    ("model", "sure", "no_speech", "words"),
    [
        ("gpt-4o-mini-transcribe", -0.4, 0.0, True),
        ("gpt-4o-mini-transcribe", -1.4, 0.0, False),
        ("whisper-1", -1.4, 0.9, False),
        ("whisper-1", -0.4, 0.9, True),
        ("whisper-1", -1.4, 0.1, True),
    ],
)
async def test_words_that_the_model_doubts_are_none(
    transcriptions: Transcriptions,
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    sure: float,
    no_speech: float,
    words: bool,
) -> None:
    transcriptions.sure, transcriptions.no_speech = sure, no_speech
    async with (
        openai_transcriptions(transcriptions, model) as server,
        examined(server, monkeypatch, partials=False) as subject,
    ):
        heard = await understood(subject, spoken(SAID))
    assert heard.text == (SAID.words if words else "")
    assert heard.alternatives == ((SAID.words,) if words else ())


async def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match="OPENAI_API_KEY: is missing"):
            await pool.open(Kind.STT, Choice("openai"))


async def test_neither_the_key_nor_what_was_said_is_logged(subject: Subject, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard = await understood(subject, spoken(SAID))
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert not [secret for secret in (KEY, heard.text, heard.text.split()[-1]) if secret in logged]
