"""OpenAI's text to speech: the real SDK against a server that speaks the true protocol, or against the real one."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ConfigurationError, ProviderError
from assist.provider import Kind, Opened
from assist.settings import read_settings
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import SHORT, examined, pico_speaking, said
from tests.providers import Fault
from tests.providers.http import HttpService
from tests.providers.openai_tts import Speech, openai_speech

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper


@pytest.fixture
def speech() -> Speech:
    return Speech(tts.beeps)


@pytest.fixture
async def server(speech: Speech) -> AsyncIterator[HttpService]:
    async with openai_speech(speech) as running:
        yield running


@pytest.fixture
async def opened(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[TextToSpeech]]:
    async with examined(server, monkeypatch) as engine:
        yield engine


@pytest.fixture(params=["local", "real"])
async def voice(
    request: pytest.FixtureRequest, server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[TextToSpeech]:
    async with AsyncExitStack() as stack:
        if request.param == "local":
            yield (await stack.enter_async_context(examined(server, monkeypatch))).engine
        elif "OPENAI_API_KEY" not in os.environ:
            pytest.skip("set OPENAI_API_KEY to ask the real service")
        else:
            pool = await stack.enter_async_context(Pool(read_settings()))
            yield (await pool.open(Kind.TTS, Choice("openai"))).engine


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_it_does_what_every_voice_does(voice: TextToSpeech, behaviour: tts.Voice) -> None:
    await behaviour(voice)


@pytest.mark.parametrize("behaviour", tts.SERVED, ids=tts.name)
async def test_it_does_what_every_service_does(
    server: HttpService, opened: Opened[TextToSpeech], behaviour: tts.Served
) -> None:
    await behaviour(server, opened)


@pytest.mark.parametrize("fault", tts.FAULTS)
async def test_it_fails_as_every_service_does(server: HttpService, opened: Opened[TextToSpeech], fault: Fault) -> None:
    await tts.fails(server, opened, fault)


@pytest.mark.models
@pytest.mark.parametrize("language", tts.SENTENCES)
async def test_the_words_arrive(whisper: "Whisper", monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    async with (
        pico_speaking(language) as speak,
        openai_speech(Speech(speak)) as server,
        examined(server, monkeypatch) as opened,
    ):
        await tts.words_arrive(opened.engine, whisper, language)


async def test_after_being_warmed_it_needs_no_new_connection(server: HttpService, opened: Opened[TextToSpeech]) -> None:
    await opened.warm()
    for _ in range(3):
        await said(opened.engine, SHORT)
    assert server.connections == 1


# What it asks for


async def test_it_asks_for_raw_sound_and_says_how_to_speak(speech: Speech, opened: Opened[TextToSpeech]) -> None:
    await said(opened.engine, SHORT, "es")
    await said(opened.engine, "Good morning.", "en", pace=0.8)
    spanish, english = speech.diary
    manner = spanish.pop("instructions")
    assert spanish == {
        "input": SHORT,
        "model": "gpt-4o-mini-tts",
        "voice": "coral",
        "response_format": "pcm",
        "speed": 1.0,
    }
    assert "Spanish as spoken in Spain" in manner
    assert "American English" in english["instructions"]
    assert english["speed"] == 0.8
    assert opened.model == "gpt-4o-mini-tts"


async def test_an_assistant_chooses_how_it_sounds(
    speech: Speech, server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen: dict[str, JsonValue] = {
        "voice": "nova",
        "accents": {"es": "Mexican Spanish"},
        "instructions": "Whisper.",
        "speed": 2.0,
    }
    async with examined(server, monkeypatch, **chosen) as opened:
        await said(opened.engine, SHORT, "es", pace=3.0)
    (asked,) = speech.diary
    assert (asked["voice"], asked["speed"]) == ("nova", 4.0)
    assert asked["instructions"].startswith("Whisper. ")
    assert "Mexican Spanish" in asked["instructions"]


async def test_older_models_are_given_no_instructions(
    speech: Speech, server: HttpService, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with examined(server, monkeypatch, model="tts-1") as opened:
        await opened.warm()
        await said(opened.engine, SHORT)
    assert "instructions" not in speech.diary[0]


# What goes wrong


async def test_a_wrong_key_is_refused(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> None:
    server.environment = {"OPENAI_API_KEY": "sk-of-nobody"}
    async with examined(server, monkeypatch) as opened:
        for asked in (opened.warm(), said(opened.engine, SHORT)):
            with pytest.raises(ProviderError) as error:
                await asked
            assert error.value.refused


async def test_without_a_key_there_is_no_voice(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    async with Pool(read_settings()) as pool:
        with pytest.raises(ConfigurationError, match="OPENAI_API_KEY: is missing"):
            await pool.open(Kind.TTS, Choice("openai"))


async def test_a_model_that_is_gone_is_told(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> None:
    async with examined(server, monkeypatch, model="tts-0") as opened:
        with pytest.raises(ProviderError, match="404") as error:
            await opened.warm()
        assert not error.value.temporary
