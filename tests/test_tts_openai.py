"""What is OpenAI's alone of its text to speech; what every voice shows: test_tts_hosted."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
from pydantic import JsonValue

from assist.errors import ProviderError
from assist.provider import Opened
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import SHORT, examined, said
from tests.providers.http import HttpService
from tests.providers.openai_tts import Speech, openai_speech
from tests.providers.speaker import beeps

if TYPE_CHECKING:
    pass


@pytest.fixture
def speech() -> Speech:
    return Speech(beeps)


@pytest.fixture
async def server(speech: Speech) -> AsyncIterator[HttpService]:
    async with openai_speech(speech) as running:
        yield running


opened = tts.opened


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


async def test_a_model_that_is_gone_is_told(server: HttpService, monkeypatch: pytest.MonkeyPatch) -> None:
    async with examined(server, monkeypatch, model="tts-0") as opened:
        with pytest.raises(ProviderError, match="404") as error:
            await opened.warm()
        assert not error.value.temporary
