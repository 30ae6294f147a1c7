"""What is OpenAI's alone of its speech to text; what every ear shows: test_stt_hosted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from assist.stt import Pause
from tests.contracts import stt
from tests.contracts.stt import Subject, assert_words, examined, understood
from tests.contracts.talk import FRAME, TAIL, Talk, spoken
from tests.line_audio import frames
from tests.providers import Fault
from tests.providers.http import HttpService
from tests.providers.listener import listener
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


subject = stt.subject


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
        examined(server, monkeypatch, keywords=["Peláez", "cita previa"]) as subject,
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
        examined(server, monkeypatch) as subject,
    ):
        heard = await understood(subject, spoken(SAID))
    assert heard.text == (SAID.words if words else "")
    assert heard.alternatives == ((SAID.words,) if words else ())
