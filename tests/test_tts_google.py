"""What is Google's alone of its text to speech; what every voice shows: test_tts_hosted."""

import io
import wave
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.cloud.texttospeech_v1 import (
    AudioEncoding,
    SynthesizeSpeechRequest,
    SynthesizeSpeechResponse,
)

from assist.errors import ProviderError
from assist.provider import Opened
from assist.tts import TextToSpeech
from tests.contracts import tts
from tests.contracts.tts import examined
from tests.providers.google import Context, GoogleServer, google_server, serialized
from tests.providers.google_tts import AUDIENCE, SERVICE, google_tts_server
from tests.providers.speaker import BEEP, beeps

if TYPE_CHECKING:
    pass


@pytest.fixture
async def server() -> AsyncIterator[GoogleServer]:
    async with google_tts_server(beeps) as running:
        yield running


opened = tts.opened


@pytest.fixture
async def classic(server: GoogleServer, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opened[TextToSpeech]]:
    async with examined(server, monkeypatch, voices=tts.CLASSIC) as engine:
        yield engine


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


# What comes back


def wav(rate: int, channels: int = 1) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setframerate(rate)
        file.setsampwidth(2)
        file.setnchannels(channels)
        file.writeframes(BEEP)
    return content.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"RIFF", wav(24000), wav(8000, 2), BEEP, wav(8000)[:30]], ids=lambda content: len(content)
)
async def test_a_sound_that_is_not_of_the_line_is_malformed(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    async def synthesize(request: SynthesizeSpeechRequest, context: Context) -> Any:
        return SynthesizeSpeechResponse(audio_content=content)

    handler = grpc.unary_unary_rpc_method_handler(synthesize, SynthesizeSpeechRequest.deserialize, serialized)
    async with (
        google_server(SERVICE, AUDIENCE, lambda _: {"SynthesizeSpeech": handler}) as server,
        examined(server, monkeypatch, voices=tts.CLASSIC) as engine,
    ):
        with pytest.raises(ProviderError, match="malformed") as caught:
            await tts.said(engine.engine, tts.SHORT)
    assert caught.value.temporary
