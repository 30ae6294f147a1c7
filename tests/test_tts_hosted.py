"""Every hosted voice: the real SDK against a server that speaks the true protocol, and against the real service."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from assist.provider import Kind, Opened
from assist.tts import TextToSpeech
from tests.contracts import hosted, tts
from tests.contracts.faculties import FACULTIES
from tests.contracts.hosted import Way
from tests.providers import Fault, ProviderServer
from tests.providers.everyone import service
from tests.providers.speaker import pico_speaking

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper

WAYS = {
    "google": Way("google"),
    "google classic": Way("google", {"voices": tts.CLASSIC}),
    "polly": Way("polly"),
    "openai": Way("openai"),
}
STREAMING = ["google", "polly", "openai"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return WAYS[request.param]


@pytest.fixture
async def server(way: Way) -> AsyncIterator[ProviderServer]:
    async with service(Kind.TTS, way.engine, FACULTIES) as running:
        yield running


@pytest.fixture
async def opened(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Opened[TextToSpeech]]:
    async with tts.examined(server, monkeypatch, **way.options) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def voice(
    request: pytest.FixtureRequest, way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TextToSpeech]:
    local = request.param == "local"
    lent = tts.examined(server, monkeypatch, **way.options) if local else hosted.real(Kind.TTS, way)
    async with lent as engine:
        yield engine.engine


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_it_does_what_every_voice_does(voice: TextToSpeech, behaviour: tts.Voice) -> None:
    await behaviour(voice)


@pytest.mark.parametrize("behaviour", [*tts.SERVED, *hosted.WARMING], ids=tts.name)
async def test_it_does_what_every_service_does(
    server: ProviderServer, opened: Opened[TextToSpeech], behaviour: tts.Served
) -> None:
    await behaviour(server, opened)


@pytest.mark.parametrize("way", STREAMING, indirect=True)
@pytest.mark.parametrize("behaviour", tts.STREAMED, ids=tts.name)
async def test_it_does_what_every_voice_that_streams_does(
    server: ProviderServer, opened: Opened[TextToSpeech], behaviour: tts.Served
) -> None:
    await behaviour(server, opened)


@pytest.mark.parametrize("fault", hosted.FAULTS)
async def test_it_fails_as_every_service_does(
    server: ProviderServer, opened: Opened[TextToSpeech], fault: Fault
) -> None:
    await tts.fails(server, opened, fault)


async def test_after_being_warmed_it_needs_no_new_connection(
    server: ProviderServer, opened: Opened[TextToSpeech]
) -> None:
    await hosted.after_being_warmed_it_needs_no_new_connection(
        server, opened, lambda: tts.said(opened.engine, tts.SHORT)
    )


async def test_without_its_key_it_is_not_opened(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hosted.without_its_key_it_is_not_opened(Kind.TTS, way, server, monkeypatch)


async def test_neither_the_key_nor_the_words_are_logged(
    way: Way, server: ProviderServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        hosted.logging_all(caplog, server, tts.GREETING),
        tts.examined(server, monkeypatch, **way.options) as engine,
    ):
        await engine.warm()
        await tts.said(engine.engine, tts.GREETING)


@pytest.mark.models
@pytest.mark.parametrize("way", STREAMING, indirect=True)
@pytest.mark.parametrize("language", tts.SENTENCES)
async def test_the_words_arrive(whisper: "Whisper", monkeypatch: pytest.MonkeyPatch, way: Way, language: str) -> None:
    async with (
        pico_speaking(language) as speak,
        service(Kind.TTS, way.engine, replace(FACULTIES, speak=speak)) as server,
        tts.examined(server, monkeypatch, **way.options) as opened,
    ):
        await tts.words_arrive(opened.engine, whisper, language)
