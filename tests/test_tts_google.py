"""Google's text to speech: the SDK against a local server that speaks its protocol, or against the real one."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.provider import Kind, Opened
from assist.settings import read_settings
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import examined
from tests.providers import Fault
from tests.providers.google import GoogleServer
from tests.providers.google_tts import google_tts_server


@pytest.fixture
async def server() -> AsyncIterator[GoogleServer]:
    async with google_tts_server(tts.beeps) as running:
        yield running


@pytest.fixture
async def opened(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[TextToSpeech]]:
    async with examined(server, monkeypatch) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def voice(
    request: pytest.FixtureRequest, server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TextToSpeech]:
    async with AsyncExitStack() as stack:
        if request.param == "local":
            yield (await stack.enter_async_context(examined(server, monkeypatch))).engine
        elif "GOOGLE_APPLICATION_CREDENTIALS" not in os.environ:
            pytest.skip("set GOOGLE_APPLICATION_CREDENTIALS to ask the real service")
        else:
            pool = await stack.enter_async_context(Pool(read_settings()))
            yield (await pool.open(Kind.TTS, Choice("google"))).engine


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_it_does_what_every_voice_does(voice: TextToSpeech, behaviour: tts.Voice) -> None:
    await behaviour(voice)


@pytest.mark.parametrize("behaviour", tts.SERVED, ids=tts.name)
async def test_it_does_what_every_service_does(
    server: GoogleServer, opened: Opened[TextToSpeech], behaviour: tts.Served
) -> None:
    await behaviour(server, opened)


@pytest.mark.parametrize("fault", tts.FAULTS)
async def test_it_fails_as_every_service_does(server: GoogleServer, opened: Opened[TextToSpeech], fault: Fault) -> None:
    await tts.fails(server, opened, fault)
