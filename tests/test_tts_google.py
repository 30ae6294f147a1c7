"""Google's text to speech: the SDK against a local server that speaks its protocol, or against the real one."""

import io
import logging
import os
import wave
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.cloud.texttospeech_v1 import (
    AudioEncoding,
    SynthesizeSpeechRequest,
    SynthesizeSpeechResponse,
)
from pydantic import JsonValue

from assist.assistant.choice import Choice
from assist.engines.pool import Pool
from assist.errors import ProviderError
from assist.provider import Kind, Opened
from assist.settings import read_settings
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import examined
from tests.providers import Fault
from tests.providers.google import Context, GoogleServer, google_server, serialized
from tests.providers.google_tts import AUDIENCE, SERVICE, google_tts_server

if TYPE_CHECKING:
    from assist.stt.whisper import Whisper

CLASSIC: dict[str, JsonValue] = {"es": "es-ES-Neural2-A", "en": "en-US-Neural2-C"}
"""Voices that do not stream."""
WHOLE = [
    behaviour
    for behaviour in tts.SERVED
    if behaviour
    not in (
        tts.the_beginning_is_there_before_the_end,
        tts.closing_in_mid_sentence_frees_the_connection,
        tts.cancelling_in_mid_sentence_frees_the_connection,
    )
]
"""What a voice must do that has no middle of a sentence."""


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


# Voices that do not stream


@pytest.fixture
async def classic(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[TextToSpeech]]:
    async with examined(server, monkeypatch, voices=CLASSIC) as engine:
        yield engine


@pytest.mark.parametrize("behaviour", tts.VOICE, ids=tts.name)
async def test_a_classic_voice_does_what_every_voice_does(classic: Opened[TextToSpeech], behaviour: tts.Voice) -> None:
    await behaviour(classic.engine)


@pytest.mark.parametrize("behaviour", WHOLE, ids=tts.name)
async def test_a_classic_voice_does_what_every_service_does(
    server: GoogleServer, classic: Opened[TextToSpeech], behaviour: tts.Served
) -> None:
    await behaviour(server, classic)


@pytest.mark.parametrize("fault", tts.FAULTS)
async def test_a_classic_voice_fails_as_every_service_does(
    server: GoogleServer, classic: Opened[TextToSpeech], fault: Fault
) -> None:
    await tts.fails(server, classic, fault)


# What Google is asked


async def test_it_asks_for_the_samples_of_the_line(server: GoogleServer, opened: Opened[TextToSpeech]) -> None:
    await tts.said(opened.engine, "One moment, please.", "en", pace=0.8)
    config = server.messages[-1].streaming_config
    assert (config.voice.language_code, config.voice.name) == ("en-US", "en-US-Chirp3-HD-Aoede")
    audio = config.streaming_audio_config
    assert (audio.audio_encoding, audio.sample_rate_hertz, audio.speaking_rate) == (AudioEncoding.PCM, 8000, 0.8)
    assert opened.model == "es-ES-Chirp3-HD-Aoede"


async def test_it_asks_a_classic_voice_for_the_sound_of_a_telephone(
    server: GoogleServer, classic: Opened[TextToSpeech]
) -> None:
    await tts.said(classic.engine, tts.SHORT, pace=0.1)
    request = server.messages[-1]
    assert (request.voice.language_code, request.voice.name) == ("es-ES", "es-ES-Neural2-A")
    audio = request.audio_config
    assert (audio.audio_encoding, audio.sample_rate_hertz) == (AudioEncoding.LINEAR16, 8000)
    assert list(audio.effects_profile_id) == ["telephony-class-application"]
    assert audio.speaking_rate == 0.25, "the slowest there is"
    assert classic.model == "es-ES-Neural2-A"


async def test_a_voice_that_is_not_there_is_told_when_warmed(
    server: GoogleServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with examined(server, monkeypatch, voices={"es": "es-ES-Neural2-Z"}) as engine:
        with pytest.raises(ProviderError, match="no voice es-ES-Neural2-Z") as caught:
            await engine.warm()
    assert (caught.value.temporary, caught.value.refused) == (False, False)


@pytest.mark.parametrize("voices", [{}, CLASSIC], ids=["streaming", "classic"])
async def test_what_is_said_is_in_no_log(
    server: GoogleServer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    voices: dict[str, JsonValue],
) -> None:
    caplog.set_level(logging.DEBUG)
    async with examined(server, monkeypatch, voices=voices) as engine:
        await tts.said(engine.engine, tts.GREETING)
    assert "clínica" not in caplog.text
    assert "Bearer" not in caplog.text


# What comes back


def wav(rate: int, channels: int = 1) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setframerate(rate)
        file.setsampwidth(2)
        file.setnchannels(channels)
        file.writeframes(tts.BEEP)
    return content.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", wav(24000), wav(8000, 2), tts.BEEP, wav(8000)[:30]], ids=lambda content: len(content)
)
async def test_a_sound_that_is_not_of_the_line_is_malformed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    async def synthesize(request: SynthesizeSpeechRequest, context: Context) -> Any:
        return SynthesizeSpeechResponse(audio_content=content)

    handler = grpc.unary_unary_rpc_method_handler(synthesize, SynthesizeSpeechRequest.deserialize, serialized)
    async with (
        google_server(SERVICE, AUDIENCE, lambda _: {"SynthesizeSpeech": handler}) as server,
        examined(server, monkeypatch, voices=CLASSIC) as engine,
    ):
        with pytest.raises(ProviderError, match="malformed") as caught:
            await tts.said(engine.engine, tts.SHORT)
    assert caught.value.temporary


# The whole way


@pytest.mark.models
@pytest.mark.parametrize("language", tts.SENTENCES)
async def test_the_words_arrive(whisper: "Whisper", monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    async with (
        tts.pico_speaking(language) as speak,
        google_tts_server(speak) as server,
        examined(server, monkeypatch) as engine,
    ):
        await tts.words_arrive(engine.engine, whisper, language)
